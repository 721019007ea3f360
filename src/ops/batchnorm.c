// Batch normalisation over the last axis, as in Keras: with the moving statistics, as in inference
// and in a base that transfer learning keeps, or with the batch's where a layer learns its own.
//
//   y = (x - mean) * gamma / sqrt(variance + epsilon) + beta
//   dgamma = sum over rows of dy * xn,  xn = (x - mean) / sqrt(variance + epsilon)
//   dbeta  = sum over rows of dy
//   dx     = dy * gamma / sqrt(variance + epsilon)
//
// With batch_statistics, mean and variance are those of the batch's rows (the variance biased, that
// is by their number), which `saved` keeps; rows of samples from step.rows on are padding and do
// not count: their y and dx are 0. Then
//
//   moving = momentum * moving + (1 - momentum) * batch      mean and variance (biased, as in Keras
//   3) dx     = gamma / sqrt(variance + epsilon) * (dy - (dbeta + xn * dgamma) / rows)
//
// The sums over rows take two passes, parts first. The variance is summed about the mean, in a pass
// of its own, so that a mean far from 0 costs no digits. Without `scale` there is no gamma, without
// `center` no beta.
#include "ops/op.h"
#include "ops/elementwise.h"
#include "ops/scratch.h"
#include "ops/split.h"
#include "ops/sum_rows.h"
#include "abi/batchnorm.h"
#include "abi/step.h"
#include "shaders.h"

enum { MIN_PART_LENGTH = 64 };

struct params {
    float epsilon, momentum;
    uint32_t center, scale, batch_statistics;
};

static const struct field fields[] = {
    {"epsilon", offsetof(struct params, epsilon), FIELD_F32, 0.001, 1e-12, 1, "",
     "added to the variance"},
    {"momentum", offsetof(struct params, momentum), FIELD_F32, 0.99, 0, 1, "",
     "how much of the moving statistics a step keeps"},
    {"center", offsetof(struct params, center), FIELD_BOOL, 1, 0, 1, "", "add beta"},
    {"scale", offsetof(struct params, scale), FIELD_BOOL, 1, 0, 1, "", "multiply by gamma"},
    {"batch_statistics", offsetof(struct params, batch_statistics), FIELD_BOOL, 0, 0, 1, "",
     "normalise by the batch's statistics and move the others"},
    {0},
};

static const struct kernel forward_kernel = {
    KERNEL(batchnorm_fwd),
    .push_size = sizeof(struct batchnorm_push),
    .access = {[BATCHNORM_FWD_STEP] = ACCESS_READ,
               [BATCHNORM_FWD_X] = ACCESS_READ,
               [BATCHNORM_FWD_GAMMA] = ACCESS_READ,
               [BATCHNORM_FWD_BETA] = ACCESS_READ,
               [BATCHNORM_FWD_MEAN] = ACCESS_READ,
               [BATCHNORM_FWD_VARIANCE] = ACCESS_READ,
               [BATCHNORM_FWD_Y] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel mean_kernel = {
    KERNEL(batchnorm_mean),
    .push_size = sizeof(struct batchnorm_push),
    .access = {[BATCHNORM_MEAN_STEP] = ACCESS_READ,
               [BATCHNORM_MEAN_X] = ACCESS_READ,
               [BATCHNORM_MEAN_PARTS] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel variance_kernel = {
    KERNEL(batchnorm_variance),
    .push_size = sizeof(struct batchnorm_push),
    .access = {[BATCHNORM_VARIANCE_STEP] = ACCESS_READ,
               [BATCHNORM_VARIANCE_X] = ACCESS_READ,
               [BATCHNORM_VARIANCE_MEAN] = ACCESS_READ,
               [BATCHNORM_VARIANCE_PARTS] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel moving_kernel = {
    KERNEL(batchnorm_moving),
    .push_size = sizeof(struct batchnorm_push),
    .access = {[BATCHNORM_MOVING_MEAN] = ACCESS_READ,
               [BATCHNORM_MOVING_VARIANCE] = ACCESS_READ,
               [BATCHNORM_MOVING_MOVING_MEAN] = ACCESS_READ_WRITE,
               [BATCHNORM_MOVING_MOVING_VARIANCE] = ACCESS_READ_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel parts_kernel = {
    KERNEL(batchnorm_parts),
    .push_size = sizeof(struct batchnorm_push),
    .access = {[BATCHNORM_PARTS_STEP] = ACCESS_READ,
               [BATCHNORM_PARTS_X] = ACCESS_READ,
               [BATCHNORM_PARTS_DY] = ACCESS_READ,
               [BATCHNORM_PARTS_MEAN] = ACCESS_READ,
               [BATCHNORM_PARTS_VARIANCE] = ACCESS_READ,
               [BATCHNORM_PARTS_PARTS] = ACCESS_WRITE},
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

static const struct kernel batch_backward_kernel = {
    KERNEL(batchnorm_batch_bwd),
    .push_size = sizeof(struct batchnorm_push),
    .access = {[BATCHNORM_BATCH_BWD_STEP] = ACCESS_READ,
               [BATCHNORM_BATCH_BWD_X] = ACCESS_READ,
               [BATCHNORM_BATCH_BWD_DY] = ACCESS_READ,
               [BATCHNORM_BATCH_BWD_GAMMA] = ACCESS_READ,
               [BATCHNORM_BATCH_BWD_MEAN] = ACCESS_READ,
               [BATCHNORM_BATCH_BWD_VARIANCE] = ACCESS_READ,
               [BATCHNORM_BATCH_BWD_SUMS] = ACCESS_READ,
               [BATCHNORM_BATCH_BWD_DX] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel *const kernels[] = {
    &forward_kernel,        &mean_kernel,     &variance_kernel,
    &moving_kernel,         &parts_kernel,    &backward_kernel,
    &batch_backward_kernel, &sum_rows_kernel, NULL};

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

static uint64_t channels_size(const struct batchnorm_push *push)
{
    return push->channels * sizeof(float);
}

// Bytes of the parts of one sum over rows.
static uint64_t parts_size(const struct batchnorm_push *push)
{
    return push->parts * channels_size(push);
}

// The statistics that normalise.
struct statistics {
    struct slice mean, variance;
};

static struct statistics statistics_of(const struct op_call *call)
{
    const struct batchnorm_push *push = OP_PUSH(batchnorm_push, call->io);
    const struct places at = places_of(push);
    const uint64_t size = channels_size(push);
    if (!push->batch)
        return (struct statistics){call->weight[at.mean], call->weight[at.variance]};
    return (struct statistics){slice_part(call->saved, 0, size),
                               slice_part(call->saved, scratch_align(size), size)};
}

static void add_weight(struct op_io *io, const char *name, enum weight_init init, bool trainable,
                       bool written)
{
    const uint32_t channels = io->in[0].dim[io->in[0].rank - 1];
    io->weight[io->weight_count++] = (struct op_weight){.name = name,
                                                        .shape = shape_1d(channels),
                                                        .init = init,
                                                        .trainable = trainable,
                                                        .written = written};
}

static void add_weights(const struct params *p, struct op_io *io)
{
    io->weight_count = 0;
    if (p->scale)
        add_weight(io, "gamma", WEIGHT_ONES, true, false);
    if (p->center)
        add_weight(io, "beta", WEIGHT_ZEROS, true, false);
    add_weight(io, "moving_mean", WEIGHT_ZEROS, false, p->batch_statistics);
    add_weight(io, "moving_variance", WEIGHT_ONES, false, p->batch_statistics);
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
        .sample_rows = rows / io->in[0].dim[0],
        .part_length = split.length,
        .parts = split.parts,
        .scale = p->scale,
        .center = p->center,
        .batch = p->batch_statistics,
        .epsilon = p->epsilon,
        .momentum = p->momentum,
    };
    OP_SET_PUSH(io, push);
    add_weights(p, io);
    io->out = io->in[0];
    io->backward_reads_in = p->scale || p->center || p->batch_statistics;
    if (io->backward_reads_in) // parts of two sums, then the sums
        io->backward_scratch_size = scratch_align(2 * parts_size(&push)) + 2 * channels_size(&push);
    io->flops = 4 * count;
    if (!p->batch_statistics)
        return VKTL_OK;
    io->saved_size = scratch_align(channels_size(&push)) + channels_size(&push);
    io->forward_scratch_size = parts_size(&push);
    io->flops += 4 * count;
    return VKTL_OK;
}

// ---- Forward -----------------------------------------------------------------------------------

// Mean and variance of the batch into `saved`; then the moving ones follow.
static void record_statistics(struct recorder *recorder, const struct op_call *call)
{
    const struct batchnorm_push *push = OP_PUSH(batchnorm_push, call->io);
    const struct places at = places_of(push);
    const struct statistics batch = statistics_of(call);
    struct dispatch sum = {
        .bind = {[BATCHNORM_MEAN_STEP] = call->step,
                 [BATCHNORM_MEAN_X] = call->in[0],
                 [BATCHNORM_MEAN_PARTS] = call->scratch},
        .push = push,
        .threads = {push->parts * push->channels},
        .flops = (uint64_t)push->rows * push->channels,
    };
    record_dispatch(recorder, &mean_kernel, &sum);
    record_sum_of_parts(recorder, call->scratch, batch.mean, push->parts, push->channels);
    sum.bind[BATCHNORM_VARIANCE_MEAN] = batch.mean;
    sum.bind[BATCHNORM_VARIANCE_PARTS] = call->scratch;
    record_dispatch(recorder, &variance_kernel, &sum);
    record_sum_of_parts(recorder, call->scratch, batch.variance, push->parts, push->channels);
    record_dispatch(recorder, &moving_kernel,
                    &(struct dispatch){
                        .bind = {[BATCHNORM_MOVING_MEAN] = batch.mean,
                                 [BATCHNORM_MOVING_VARIANCE] = batch.variance,
                                 [BATCHNORM_MOVING_MOVING_MEAN] = call->weight[at.mean],
                                 [BATCHNORM_MOVING_MOVING_VARIANCE] = call->weight[at.variance]},
                        .push = push,
                        .threads = {push->channels},
                        .flops = 6 * push->channels,
                    });
}

static void forward(struct recorder *recorder, const struct op_call *call)
{
    const struct batchnorm_push *push = OP_PUSH(batchnorm_push, call->io);
    const struct places at = places_of(push);
    const struct statistics statistics = statistics_of(call);
    if (push->batch)
        record_statistics(recorder, call);
    record_dispatch(recorder, &forward_kernel,
                    &(struct dispatch){
                        .bind = {[BATCHNORM_FWD_STEP] = call->step,
                                 [BATCHNORM_FWD_X] = call->in[0],
                                 [BATCHNORM_FWD_GAMMA] = call->weight[at.gamma],
                                 [BATCHNORM_FWD_BETA] = call->weight[at.beta],
                                 [BATCHNORM_FWD_MEAN] = statistics.mean,
                                 [BATCHNORM_FWD_VARIANCE] = statistics.variance,
                                 [BATCHNORM_FWD_Y] = call->out},
                        .push = push,
                        .threads = {push->rows * push->channels},
                        .flops = 4 * (uint64_t)push->rows * push->channels,
                    });
}

// ---- Backward ----------------------------------------------------------------------------------

// dgamma and dbeta, in this order.
static struct slice record_sums(struct recorder *recorder, const struct op_call *call)
{
    const struct batchnorm_push *push = OP_PUSH(batchnorm_push, call->io);
    const struct statistics statistics = statistics_of(call);
    const uint64_t size = 2 * parts_size(push);
    const struct slice parts = slice_part(call->scratch, 0, size);
    const struct slice sums =
        slice_part(call->scratch, scratch_align(size), 2 * channels_size(push));
    record_dispatch(recorder, &parts_kernel,
                    &(struct dispatch){
                        .bind = {[BATCHNORM_PARTS_STEP] = call->step,
                                 [BATCHNORM_PARTS_X] = call->in[0],
                                 [BATCHNORM_PARTS_DY] = call->dout,
                                 [BATCHNORM_PARTS_MEAN] = statistics.mean,
                                 [BATCHNORM_PARTS_VARIANCE] = statistics.variance,
                                 [BATCHNORM_PARTS_PARTS] = parts},
                        .push = push,
                        .threads = {push->parts * push->channels},
                        .flops = 4 * (uint64_t)push->rows * push->channels,
                    });
    record_sum_of_parts(recorder, parts, sums, push->parts, 2 * push->channels);
    return sums;
}

static void record_dx(struct recorder *recorder, const struct op_call *call)
{
    const struct batchnorm_push *push = OP_PUSH(batchnorm_push, call->io);
    const struct places at = places_of(push);
    record_dispatch(recorder, &backward_kernel,
                    &(struct dispatch){
                        .bind = {[BATCHNORM_BWD_DY] = call->dout,
                                 [BATCHNORM_BWD_GAMMA] = call->weight[at.gamma],
                                 [BATCHNORM_BWD_VARIANCE] = call->weight[at.variance],
                                 [BATCHNORM_BWD_DX] = call->din[0]},
                        .push = push,
                        .threads = {push->rows * push->channels},
                        .flops = 4 * (uint64_t)push->rows * push->channels,
                    });
}

static void record_batch_dx(struct recorder *recorder, const struct op_call *call,
                            struct slice sums)
{
    const struct batchnorm_push *push = OP_PUSH(batchnorm_push, call->io);
    const struct places at = places_of(push);
    const struct statistics statistics = statistics_of(call);
    record_dispatch(recorder, &batch_backward_kernel,
                    &(struct dispatch){
                        .bind = {[BATCHNORM_BATCH_BWD_STEP] = call->step,
                                 [BATCHNORM_BATCH_BWD_X] = call->in[0],
                                 [BATCHNORM_BATCH_BWD_DY] = call->dout,
                                 [BATCHNORM_BATCH_BWD_GAMMA] = call->weight[at.gamma],
                                 [BATCHNORM_BATCH_BWD_MEAN] = statistics.mean,
                                 [BATCHNORM_BATCH_BWD_VARIANCE] = statistics.variance,
                                 [BATCHNORM_BATCH_BWD_SUMS] = sums,
                                 [BATCHNORM_BATCH_BWD_DX] = call->din[0]},
                        .push = push,
                        .threads = {push->rows * push->channels},
                        .flops = 8 * (uint64_t)push->rows * push->channels,
                    });
}

static void backward(struct recorder *recorder, const struct op_call *call)
{
    const struct batchnorm_push *push = OP_PUSH(batchnorm_push, call->io);
    const struct places at = places_of(push);
    const uint64_t size = channels_size(push);
    const struct slice none = {0};
    const struct slice dgamma = push->scale ? call->dweight[at.gamma] : none;
    const struct slice dbeta = push->center ? call->dweight[at.beta] : none;
    const bool wants_dx = slice_exists(call->din[0]);
    struct slice sums = none;
    if (slice_exists(dgamma) || slice_exists(dbeta) || (wants_dx && push->batch))
        sums = record_sums(recorder, call); // first: dx may overwrite dy
    if (slice_exists(dgamma))
        record_copy(recorder, dgamma, slice_part(sums, 0, size));
    if (slice_exists(dbeta))
        record_copy(recorder, dbeta, slice_part(sums, size, size));
    if (wants_dx && push->batch)
        record_batch_dx(recorder, call, sums);
    else if (wants_dx)
        record_dx(recorder, call);
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
