// Cross-entropy of softmax, computed from the logits, so that nothing overflows or is lost.
//
//   target[n, k] = (1 - s where k is label[n], else 0) + s / K        s: label_smoothing
//   loss[n]  = c[label[n]] * (log(sum over k of exp(x[n, k])) - sum over k of target[n, k] x[n, k])
//   dx[n, k] = c[label[n]] * (softmax(x[n])[k] - target[n, k]) * rows_inverse
//
// Smoothing is Keras's (label_smoothing of CategoricalCrossentropy), and so are the weights c of
// the classes (class_weight of fit): the loss of the batch is the sum of the rows' times
// rows_inverse, whatever their weights are. Rows from step.rows on are padding: loss and gradient
// are exactly 0. Labels (uint32) must be below K.
#include "ops/op.h"
#include "ops/elementwise.h"
#include "ops/labels.h"
#include "ops/softmax_parts.h"
#include "abi/softmax_cross_entropy.h"
#include "abi/step.h"
#include "shaders.h"

struct params {
    float label_smoothing;
    uint32_t weighted;
};

static const struct field fields[] = {
    {"label_smoothing", offsetof(struct params, label_smoothing), FIELD_F32, 0, 0, 1, "",
     "share of each target that is spread over all classes"},
    {"weighted", offsetof(struct params, weighted), FIELD_BOOL, 0, 0, 1, "",
     "classes have weights"},
    {0},
};

static const struct kernel forward_kernel = {
    KERNEL(softmax_cross_entropy_fwd),
    .push_size = sizeof(struct softmax_cross_entropy_push),
    .access = {[SOFTMAX_CROSS_ENTROPY_FWD_STEP] = ACCESS_READ,
               [SOFTMAX_CROSS_ENTROPY_FWD_X] = ACCESS_READ,
               [SOFTMAX_CROSS_ENTROPY_FWD_LABELS] = ACCESS_READ,
               [SOFTMAX_CROSS_ENTROPY_FWD_WEIGHTS] = ACCESS_READ,
               [SOFTMAX_CROSS_ENTROPY_FWD_PARTS] = ACCESS_READ,
               [SOFTMAX_CROSS_ENTROPY_FWD_LOSS] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel backward_kernel = {
    KERNEL(softmax_cross_entropy_bwd),
    .push_size = sizeof(struct softmax_cross_entropy_push),
    .access = {[SOFTMAX_CROSS_ENTROPY_BWD_STEP] = ACCESS_READ,
               [SOFTMAX_CROSS_ENTROPY_BWD_X] = ACCESS_READ,
               [SOFTMAX_CROSS_ENTROPY_BWD_LABELS] = ACCESS_READ,
               [SOFTMAX_CROSS_ENTROPY_BWD_WEIGHTS] = ACCESS_READ,
               [SOFTMAX_CROSS_ENTROPY_BWD_PARTS] = ACCESS_READ,
               [SOFTMAX_CROSS_ENTROPY_BWD_DX] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel *const kernels[] = {&softmax_parts_kernel, &forward_kernel,
                                               &backward_kernel, NULL};

static vktl_status infer(const struct vktl_log *log, const void *params, struct op_io *io)
{
    const struct params *p = params;
    vktl_status status;
    TRY(labels_infer(log, "softmax_cross_entropy", io));
    const struct softmax_push parts = softmax_push_of(io->in[0].dim[0], io->in[0].dim[1]);
    const struct softmax_cross_entropy_push push = {
        .rows = parts.rows,
        .columns = parts.columns,
        .part_length = parts.part_length,
        .parts = parts.parts,
        .weighted = p->weighted,
        .smoothing = p->label_smoothing,
    };
    OP_SET_PUSH(io, push);
    if (p->weighted)
        io->weight[io->weight_count++] = (struct op_weight){
            .name = "class_weight", .shape = shape_1d(parts.columns), .init = WEIGHT_ONES};
    io->forward_scratch_size = io->backward_scratch_size = softmax_parts_size(&parts);
    io->backward_reads_in = true;
    io->flops = 32 * shape_count(&io->in[0]);
    return VKTL_OK;
fail:
    return status;
}

static void record_parts(struct recorder *recorder, const struct op_call *call)
{
    const struct softmax_push push =
        softmax_push_of(call->io->in[0].dim[0], call->io->in[0].dim[1]);
    record_softmax_parts(recorder, &push, call->in[0], call->scratch);
}

static void forward(struct recorder *recorder, const struct op_call *call)
{
    const struct softmax_cross_entropy_push *push = OP_PUSH(softmax_cross_entropy_push, call->io);
    record_parts(recorder, call);
    record_dispatch(recorder, &forward_kernel,
                    &(struct dispatch){
                        .bind = {[SOFTMAX_CROSS_ENTROPY_FWD_STEP] = call->step,
                                 [SOFTMAX_CROSS_ENTROPY_FWD_X] = call->in[0],
                                 [SOFTMAX_CROSS_ENTROPY_FWD_LABELS] = call->in[1],
                                 [SOFTMAX_CROSS_ENTROPY_FWD_WEIGHTS] =
                                     push->weighted ? call->weight[0] : call->in[0],
                                 [SOFTMAX_CROSS_ENTROPY_FWD_PARTS] = call->scratch,
                                 [SOFTMAX_CROSS_ENTROPY_FWD_LOSS] = call->out},
                        .push = push,
                        .threads = {push->rows},
                        .flops = (uint64_t)push->rows * push->parts * 16,
                    });
}

// The parts are computed again: a pass over the logits is cheaper than memory kept for them.
static void backward(struct recorder *recorder, const struct op_call *call)
{
    const struct softmax_cross_entropy_push *push = OP_PUSH(softmax_cross_entropy_push, call->io);
    if (!slice_exists(call->din[0]))
        return;
    record_parts(recorder, call);
    record_dispatch(recorder, &backward_kernel,
                    &(struct dispatch){
                        .bind = {[SOFTMAX_CROSS_ENTROPY_BWD_STEP] = call->step,
                                 [SOFTMAX_CROSS_ENTROPY_BWD_X] = call->in[0],
                                 [SOFTMAX_CROSS_ENTROPY_BWD_LABELS] = call->in[1],
                                 [SOFTMAX_CROSS_ENTROPY_BWD_WEIGHTS] =
                                     push->weighted ? call->weight[0] : call->in[0],
                                 [SOFTMAX_CROSS_ENTROPY_BWD_PARTS] = call->scratch,
                                 [SOFTMAX_CROSS_ENTROPY_BWD_DX] = call->din[0]},
                        .push = push,
                        .threads = {push->rows * push->columns},
                        .flops = call->io->flops / 2,
                    });
}

const struct op op_softmax_cross_entropy = {
    .name = "softmax_cross_entropy",
    .kind = OP_LOSS,
    .fields = fields,
    .params_size = sizeof(struct params),
    .kernels = kernels,
    .infer = infer,
    .forward = forward,
    .backward = backward,
};
