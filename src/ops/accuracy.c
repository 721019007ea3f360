// Whether the largest logit is the label's: 1 or 0 a row.
//
//   y[n] = 1 where the first k with the largest x[n, k] is label[n], else 0
//
// 0 for rows from step.rows on, which are padding. A NaN is never the largest.
#include "ops/op.h"
#include "ops/elementwise.h"
#include "ops/labels.h"
#include "ops/scratch.h"
#include "ops/split.h"
#include "abi/accuracy.h"
#include "abi/step.h"
#include "shaders.h"

enum { MIN_PART_LENGTH = 16 };

static const struct field fields[] = {{0}};

static const struct kernel parts_kernel = {
    KERNEL(accuracy_parts),
    .push_size = sizeof(struct accuracy_push),
    .access = {[ACCURACY_PARTS_X] = ACCESS_READ,
               [ACCURACY_PARTS_BEST] = ACCESS_WRITE,
               [ACCURACY_PARTS_COLUMN] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel forward_kernel = {
    KERNEL(accuracy_fwd),
    .push_size = sizeof(struct accuracy_push),
    .access = {[ACCURACY_FWD_STEP] = ACCESS_READ,
               [ACCURACY_FWD_BEST] = ACCESS_READ,
               [ACCURACY_FWD_COLUMN] = ACCESS_READ,
               [ACCURACY_FWD_LABELS] = ACCESS_READ,
               [ACCURACY_FWD_Y] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel *const kernels[] = {&parts_kernel, &forward_kernel, NULL};

// Bytes of `best`, and of `column` behind it.
static uint64_t part_size(const struct accuracy_push *push)
{
    return scratch_align((uint64_t)push->rows * push->parts * sizeof(float));
}

static vktl_status infer(const struct vktl_log *log, const void *params, struct op_io *io)
{
    (void)params;
    vktl_status status;
    TRY(labels_infer(log, "accuracy", io));
    const struct split split = split_evenly(io->in[0].dim[1], MIN_PART_LENGTH);
    const struct accuracy_push push = {
        .rows = io->in[0].dim[0],
        .columns = io->in[0].dim[1],
        .part_length = split.length,
        .parts = split.parts,
    };
    OP_SET_PUSH(io, push);
    io->forward_scratch_size = 2 * part_size(&push);
    io->flops = shape_count(&io->in[0]);
    return VKTL_OK;
fail:
    return status;
}

static void forward(struct recorder *recorder, const struct op_call *call)
{
    const struct accuracy_push *push = OP_PUSH(accuracy_push, call->io);
    const uint64_t size = part_size(push);
    const struct slice best = slice_part(call->scratch, 0, size);
    const struct slice column = slice_part(call->scratch, size, size);
    record_dispatch(recorder, &parts_kernel,
                    &(struct dispatch){
                        .bind = {[ACCURACY_PARTS_X] = call->in[0],
                                 [ACCURACY_PARTS_BEST] = best,
                                 [ACCURACY_PARTS_COLUMN] = column},
                        .push = push,
                        .threads = {push->rows * push->parts},
                        .flops = call->io->flops,
                    });
    record_dispatch(recorder, &forward_kernel,
                    &(struct dispatch){
                        .bind = {[ACCURACY_FWD_STEP] = call->step,
                                 [ACCURACY_FWD_BEST] = best,
                                 [ACCURACY_FWD_COLUMN] = column,
                                 [ACCURACY_FWD_LABELS] = call->in[1],
                                 [ACCURACY_FWD_Y] = call->out},
                        .push = push,
                        .threads = {push->rows},
                        .flops = (uint64_t)push->rows * push->parts,
                    });
}

const struct op op_accuracy = {
    .name = "accuracy",
    .kind = OP_METRIC,
    .fields = fields,
    .kernels = kernels,
    .infer = infer,
    .forward = forward,
};
