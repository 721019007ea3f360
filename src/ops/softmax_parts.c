// Responsible for the first pass of softmax over rows. What is made of it is the operators'.
#include "ops/softmax_parts.h"
#include "ops/elementwise.h"
#include "shaders.h"

const struct kernel softmax_parts_kernel = {
    KERNEL(softmax_parts),
    .push_size = sizeof(struct softmax_push),
    .access = {[SOFTMAX_PARTS_X] = ACCESS_READ, [SOFTMAX_PARTS_PARTS] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

struct softmax_push softmax_push_of(uint32_t rows, uint32_t columns)
{
    const struct split split = split_evenly(columns, SOFTMAX_MIN_PART_LENGTH);
    return (struct softmax_push){rows, columns, split.length, split.parts};
}

uint64_t softmax_parts_size(const struct softmax_push *push)
{
    return (uint64_t)push->rows * push->parts * 3 * sizeof(float);
}

void record_softmax_parts(struct recorder *recorder, const struct softmax_push *push,
                          struct slice x, struct slice parts)
{
    record_dispatch(recorder, &softmax_parts_kernel,
                    &(struct dispatch){
                        .bind = {[SOFTMAX_PARTS_X] = x, [SOFTMAX_PARTS_PARTS] = parts},
                        .push = push,
                        .threads = {push->rows * push->parts},
                        .flops = (uint64_t)push->rows * push->columns * 16,
                    });
}
