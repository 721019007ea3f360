// Responsible for sums over rows: the gradients of biases, and the parts of longer sums.
#include "ops/sum_rows.h"
#include "ops/elementwise.h"
#include "ops/split.h"
#include "abi/sum_rows.h"
#include "shaders.h"

enum { MIN_PART_LENGTH = 64 };

const struct kernel sum_rows_kernel = {
    KERNEL(sum_rows),
    .push_size = sizeof(struct sum_rows_push),
    .access = {[SUM_ROWS_FROM] = ACCESS_READ, [SUM_ROWS_TO] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static void record(struct recorder *recorder, struct slice from, struct slice to,
                   const struct sum_rows_push *push)
{
    record_dispatch(recorder, &sum_rows_kernel,
                    &(struct dispatch){
                        .bind = {[SUM_ROWS_FROM] = from, [SUM_ROWS_TO] = to},
                        .extent = {(uint64_t)push->rows * push->columns * sizeof(float),
                                   (uint64_t)push->parts * push->columns * sizeof(float)},
                        .push = push,
                        .threads = {push->parts * push->columns},
                        .flops = (uint64_t)push->rows * push->columns,
                    });
}

void record_sum_of_parts(struct recorder *recorder, struct slice from, struct slice to,
                         uint32_t parts, uint32_t columns)
{
    record(recorder, from, to, &(struct sum_rows_push){parts, columns, parts, 1});
}

void record_sum_rows(struct recorder *recorder, struct slice from, struct slice to,
                     struct slice scratch, uint32_t rows, uint32_t columns)
{
    const struct split split = split_evenly(rows, MIN_PART_LENGTH);
    if (split.parts == 1) {
        record_sum_of_parts(recorder, from, to, rows, columns);
        return;
    }
    record(recorder, from, scratch,
           &(struct sum_rows_push){rows, columns, split.length, split.parts});
    record_sum_of_parts(recorder, scratch, to, split.parts, columns);
}

uint64_t sum_rows_scratch_size(uint32_t rows, uint32_t columns)
{
    const struct split split = split_evenly(rows, MIN_PART_LENGTH);
    return split.parts == 1 ? 0 : (uint64_t)split.parts * columns * sizeof(float);
}
