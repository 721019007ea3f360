// Sum of the squares of one or two tensors: what clipping by the global norm needs of gradients.
//
//   y[0] = sum of x0^2 + sum of x1^2
//
// Each tensor is cut into parts (split.h) that are summed each by its own invocation; then the
// parts of all are summed, in parts again where they are many.
#include "ops/sum_squares.h"
#include "ops/elementwise.h"
#include "ops/scratch.h"
#include "ops/split.h"
#include "ops/sum_rows.h"
#include "abi/sum_squares.h"
#include "shaders.h"

enum { MIN_PART_LENGTH = 64 };

static const struct field fields[] = {{0}};

static const struct kernel parts_kernel = {
    KERNEL(sum_squares),
    .push_size = sizeof(struct sum_squares_push),
    .access = {[SUM_SQUARES_X] = ACCESS_READ, [SUM_SQUARES_PARTS] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel *const kernels[] = {&parts_kernel, &sum_rows_kernel, NULL};

// ---- For plans

uint64_t square_parts_size(uint64_t count)
{
    return scratch_align(split_evenly((uint32_t)count, MIN_PART_LENGTH).parts * sizeof(float));
}

void record_square_parts(struct recorder *recorder, struct slice x, uint64_t count,
                         struct slice parts)
{
    const uint32_t part_count = (uint32_t)(square_parts_size(count) / sizeof(float));
    const struct sum_squares_push push = {.count = (uint32_t)count, .parts = part_count};
    record_dispatch(recorder, &parts_kernel,
                    &(struct dispatch){
                        .bind = {[SUM_SQUARES_X] = x, [SUM_SQUARES_PARTS] = parts},
                        .push = &push,
                        .threads = {part_count},
                        .flops = 2 * count,
                    });
}

void record_sum_of_squares(struct recorder *recorder, struct slice parts, struct slice total,
                           struct slice scratch)
{
    record_sum_rows(recorder, parts, total, scratch, (uint32_t)(parts.size / sizeof(float)), 1);
}

uint64_t sum_of_squares_scratch_size(uint64_t parts_size)
{
    return sum_rows_scratch_size((uint32_t)(parts_size / sizeof(float)), 1);
}

// ---- The operator

// Bytes of the parts of all inputs.
static uint64_t parts_size(const struct op_io *io)
{
    uint64_t size = 0;
    for (uint32_t i = 0; i < io->in_count; i++)
        size += square_parts_size(shape_count(&io->in[i]));
    return size;
}

static vktl_status infer(const struct vktl_log *log, const void *params, struct op_io *io)
{
    (void)log, (void)params;
    const uint64_t size = parts_size(io);
    const struct sum_squares_counts counts = {
        .first = (uint32_t)shape_count(&io->in[0]),
        .second = io->in_count > 1 ? (uint32_t)shape_count(&io->in[1]) : 0,
    };
    OP_SET_PUSH(io, counts);
    io->out = shape_1d(1);
    io->forward_scratch_size = size + sum_of_squares_scratch_size(size);
    return VKTL_OK;
}

static void forward(struct recorder *recorder, const struct op_call *call)
{
    const struct op_io *io = call->io;
    const uint64_t size = parts_size(io), rest = sum_of_squares_scratch_size(size);
    const struct slice scratch = rest ? slice_part(call->scratch, size, rest) : (struct slice){0};
    for (uint64_t i = 0, at = 0; i < io->in_count; i++) {
        const uint64_t count = shape_count(&io->in[i]), part_size = square_parts_size(count);
        record_square_parts(recorder, call->in[i], count, slice_part(call->scratch, at, part_size));
        at += part_size;
    }
    record_sum_of_squares(recorder, slice_part(call->scratch, 0, size), call->out, scratch);
}

const struct op op_sum_squares = {
    .name = "sum_squares",
    .kind = OP_REDUCTION,
    .fields = fields,
    .kernels = kernels,
    .infer = infer,
    .forward = forward,
};
