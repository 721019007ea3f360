// Batch normalisation over the last axis with the moving statistics, as in inference: transfer
// learning keeps those of the backbone.
//
//   y = (x - mean) * gamma / sqrt(variance + epsilon) + beta
//   dx     = dy * gamma / sqrt(variance + epsilon)
//   dgamma = sum over rows of dy * (x - mean) / sqrt(variance + epsilon)
//   dbeta  = sum over rows of dy
//
// The sums over rows take two passes, parts first. Without `scale` there is no gamma, without
// `center` no beta, as in Keras.
#include "ops/op.h"
#include "ops/elementwise.h"
#include "ops/scratch.h"
#include "ops/split.h"
#include "abi/batchnorm.h"
#include "shaders.h"

enum { MIN_PART_LENGTH = 64 };

struct params {
    float epsilon, momentum;
    uint32_t center, scale;
};

static const struct field fields[] = {
    {"epsilon", offsetof(struct params, epsilon), FIELD_F32, 0.001, 1e-12, 1, "",
     "added to the variance"},
    {"momentum", offsetof(struct params, momentum), FIELD_F32, 0.99, 0, 1, "",
     "of the moving statistics, which stay as they are"},
    {"center", offsetof(struct params, center), FIELD_BOOL, 1, 0, 1, "", "add beta"},
    {"scale", offsetof(struct params, scale), FIELD_BOOL, 1, 0, 1, "", "multiply by gamma"},
    {0},
};

static const struct kernel forward_kernel = {
    KERNEL(batchnorm_fwd),
    .push_size = sizeof(struct batchnorm_push),
    .access = {[BATCHNORM_FWD_X] = ACCESS_READ,
               [BATCHNORM_FWD_GAMMA] = ACCESS_READ,
               [BATCHNORM_FWD_BETA] = ACCESS_READ,
               [BATCHNORM_FWD_MEAN] = ACCESS_READ,
               [BATCHNORM_FWD_VARIANCE] = ACCESS_READ,
               [BATCHNORM_FWD_Y] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel backward_kernel = {
    KERNEL(batchnorm_bwd),
    .push_size = sizeof(struct batchnorm_push),
    .access = {[BATCHNORM_BWD_DY] = ACCESS_READ,
               [BATCHNORM_BWD_GAMMA] = ACCESS_READ,
               [BATCHNORM_BWD_VARIANCE] = ACCESS_READ,
               [BATCHNORM_BWD_DX] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel parts_kernel = {
    KERNEL(batchnorm_parts),
    .push_size = sizeof(struct batchnorm_push),
    .access = {[BATCHNORM_PARTS_X] = ACCESS_READ,
               [BATCHNORM_PARTS_DY] = ACCESS_READ,
               [BATCHNORM_PARTS_MEAN] = ACCESS_READ,
               [BATCHNORM_PARTS_VARIANCE] = ACCESS_READ,
               [BATCHNORM_PARTS_DGAMMA] = ACCESS_WRITE,
               [BATCHNORM_PARTS_DBETA] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel sum_kernel = {
    KERNEL(batchnorm_sum),
    .push_size = sizeof(struct batchnorm_push),
    .access = {[BATCHNORM_SUM_FROM] = ACCESS_READ, [BATCHNORM_SUM_TO] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel *const kernels[] = {&forward_kernel, &backward_kernel, &parts_kernel,
                                               &sum_kernel, NULL};

// Places of the weights; gamma and beta point at the mean where the layer has none.
struct places {
    uint32_t gamma, beta, mean, variance;
};

static struct places places_of(const struct batchnorm_push *push)
{
    const uint32_t mean = push->scale + push->center;
    return (struct places){
        .gamma = push->scale ? 0 : mean,
        .beta = push->center ? push->scale : mean,
        .mean = mean,
        .variance = mean + 1,
    };
}

// Bytes of the parts of one sum.
static uint64_t part_size(const struct batchnorm_push *push)
{
    return scratch_align((uint64_t)push->parts * push->channels * sizeof(float));
}

static void add_weight(struct op_io *io, const char *name, enum weight_init init, bool trainable)
{
    const uint32_t channels = io->in[0].dim[io->in[0].rank - 1];
    io->weight[io->weight_count++] = (struct op_weight){
        .name = name, .shape = shape_1d(channels), .init = init, .trainable = trainable};
}

static void add_weights(const struct params *p, struct op_io *io)
{
    io->weight_count = 0;
    if (p->scale)
        add_weight(io, "gamma", WEIGHT_ONES, true);
    if (p->center)
        add_weight(io, "beta", WEIGHT_ZEROS, true);
    add_weight(io, "moving_mean", WEIGHT_ZEROS, false);
    add_weight(io, "moving_variance", WEIGHT_ONES, false);
}

static vktl_status infer(const struct vktl_log *log, const void *params, struct op_io *io)
{
    (void)log;
    const struct params *p = params;
    const uint64_t count = shape_count(&io->in[0]);
    const uint32_t channels = io->in[0].dim[io->in[0].rank - 1];
    const uint32_t rows = (uint32_t)(count / channels);
    const struct split split = split_evenly(rows, MIN_PART_LENGTH);
    const struct batchnorm_push push = {
        .rows = rows,
        .channels = channels,
        .part_length = split.length,
        .parts = split.parts,
        .scale = p->scale,
        .center = p->center,
        .epsilon = p->epsilon,
    };
    OP_SET_PUSH(io, push);
    add_weights(p, io);
    io->out = io->in[0];
    io->backward_reads_in = p->scale || p->center;
    io->backward_scratch_size = io->backward_reads_in ? 2 * part_size(&push) : 0;
    io->flops = 4 * count;
    return VKTL_OK;
}

static void forward(struct recorder *recorder, const struct op_call *call)
{
    const struct batchnorm_push *push = OP_PUSH(batchnorm_push, call->io);
    const struct places at = places_of(push);
    record_dispatch(recorder, &forward_kernel,
                    &(struct dispatch){
                        .bind = {[BATCHNORM_FWD_X] = call->in[0],
                                 [BATCHNORM_FWD_GAMMA] = call->weight[at.gamma],
                                 [BATCHNORM_FWD_BETA] = call->weight[at.beta],
                                 [BATCHNORM_FWD_MEAN] = call->weight[at.mean],
                                 [BATCHNORM_FWD_VARIANCE] = call->weight[at.variance],
                                 [BATCHNORM_FWD_Y] = call->out},
                        .push = push,
                        .threads = {push->rows * push->channels},
                        .flops = call->io->flops,
                    });
}

static void sum_parts(struct recorder *recorder, const struct batchnorm_push *push,
                      struct slice from, struct slice to)
{
    if (!slice_exists(to))
        return;
    record_dispatch(recorder, &sum_kernel,
                    &(struct dispatch){
                        .bind = {[BATCHNORM_SUM_FROM] = from, [BATCHNORM_SUM_TO] = to},
                        .push = push,
                        .threads = {push->channels},
                        .flops = (uint64_t)push->parts * push->channels,
                    });
}

static void backward_weights(struct recorder *recorder, const struct op_call *call)
{
    const struct batchnorm_push *push = OP_PUSH(batchnorm_push, call->io);
    const struct places at = places_of(push);
    const struct slice none = {0};
    const struct slice dgamma = push->scale ? call->dweight[at.gamma] : none;
    const struct slice dbeta = push->center ? call->dweight[at.beta] : none;
    if (!slice_exists(dgamma) && !slice_exists(dbeta))
        return;
    const uint64_t size = part_size(push);
    const struct slice gamma_parts = slice_part(call->scratch, 0, size);
    const struct slice beta_parts = slice_part(call->scratch, size, size);
    record_dispatch(recorder, &parts_kernel,
                    &(struct dispatch){
                        .bind = {[BATCHNORM_PARTS_X] = call->in[0],
                                 [BATCHNORM_PARTS_DY] = call->dout,
                                 [BATCHNORM_PARTS_MEAN] = call->weight[at.mean],
                                 [BATCHNORM_PARTS_VARIANCE] = call->weight[at.variance],
                                 [BATCHNORM_PARTS_DGAMMA] = gamma_parts,
                                 [BATCHNORM_PARTS_DBETA] = beta_parts},
                        .push = push,
                        .threads = {push->parts * push->channels},
                        .flops = call->io->flops,
                    });
    sum_parts(recorder, push, gamma_parts, dgamma);
    sum_parts(recorder, push, beta_parts, dbeta);
}

static void backward(struct recorder *recorder, const struct op_call *call)
{
    const struct batchnorm_push *push = OP_PUSH(batchnorm_push, call->io);
    const struct places at = places_of(push);
    backward_weights(recorder, call); // first: dx may overwrite dy
    if (!slice_exists(call->din[0]))
        return;
    record_dispatch(recorder, &backward_kernel,
                    &(struct dispatch){
                        .bind = {[BATCHNORM_BWD_DY] = call->dout,
                                 [BATCHNORM_BWD_GAMMA] = call->weight[at.gamma],
                                 [BATCHNORM_BWD_VARIANCE] = call->weight[at.variance],
                                 [BATCHNORM_BWD_DX] = call->din[0]},
                        .push = push,
                        .threads = {push->rows * push->channels},
                        .flops = call->io->flops,
                    });
}

const struct op op_batchnorm = {
    .name = "batchnorm",
    .keras_class = "BatchNormalization",
    .fields = fields,
    .params_size = sizeof(struct params),
    .may_overwrite_in = true,
    .kernels = kernels,
    .infer = infer,
    .forward = forward,
    .backward = backward,
};
