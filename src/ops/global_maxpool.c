// Maximum over all cells of each channel: (N, H, W, C) to (N, C).
//
//   y[n, c] = max over h, w of x[n, h, w, c]
//   dx[n, h, w, c] = dy[n, c] / k where x[n, h, w, c] = y[n, c], else 0; k cells are as large
//
// Sharing the gradient among equal maxima is what TensorFlow's reduce_max does. A NaN makes y NaN,
// which equals nothing: no gradient passes. Large images take two passes, parts first.
#include "ops/op.h"
#include "ops/elementwise.h"
#include "ops/global_pool.h"
#include "abi/global_maxpool.h"
#include "shaders.h"

static const struct kernel forward_kernel = {
    KERNEL(global_maxpool_fwd),
    .push_size = sizeof(struct global_maxpool_push),
    .access = {[GLOBAL_MAXPOOL_FWD_X] = ACCESS_READ, [GLOBAL_MAXPOOL_FWD_Y] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel count_kernel = {
    KERNEL(global_maxpool_count),
    .push_size = sizeof(struct global_maxpool_push),
    .access = {[GLOBAL_MAXPOOL_COUNT_X] = ACCESS_READ,
               [GLOBAL_MAXPOOL_COUNT_Y] = ACCESS_READ,
               [GLOBAL_MAXPOOL_COUNT_COUNTS] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel backward_kernel = {
    KERNEL(global_maxpool_bwd),
    .push_size = sizeof(struct global_maxpool_push),
    .access = {[GLOBAL_MAXPOOL_BWD_X] = ACCESS_READ,
               [GLOBAL_MAXPOOL_BWD_Y] = ACCESS_READ,
               [GLOBAL_MAXPOOL_BWD_DY] = ACCESS_READ,
               [GLOBAL_MAXPOOL_BWD_COUNTS] = ACCESS_READ,
               [GLOBAL_MAXPOOL_BWD_DX] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel *const kernels[] = {&forward_kernel, &count_kernel, &backward_kernel,
                                               NULL};

static vktl_status infer(const struct vktl_log *log, const void *params, struct op_io *io)
{
    struct split split;
    vktl_status status;
    TRY(global_pool_infer(log, "global_maxpool", params, io, &split));
    const struct global_maxpool_push push = {
        .batch = io->in[0].dim[0],
        .cells = io->in[0].dim[1] * io->in[0].dim[2],
        .channels = io->in[0].dim[3],
        .part_length = split.length,
        .parts = split.parts,
    };
    OP_SET_PUSH(io, push);
    io->backward_reads_in = io->backward_reads_out = true;
    io->backward_scratch_size = global_pool_parts_size(io, split);
    if (split.parts > 1)
        io->forward_scratch_size = global_pool_parts_size(io, split);
    return VKTL_OK;
fail:
    return status;
}

static uint32_t part_threads(const struct global_maxpool_push *push)
{
    return push->batch * push->parts * push->channels;
}

static void maximum(struct recorder *recorder, const struct global_maxpool_push *push,
                    struct slice from, struct slice to)
{
    record_dispatch(recorder, &forward_kernel,
                    &(struct dispatch){
                        .bind = {[GLOBAL_MAXPOOL_FWD_X] = from, [GLOBAL_MAXPOOL_FWD_Y] = to},
                        .push = push,
                        .threads = {part_threads(push)},
                        .flops = (uint64_t)push->batch * push->cells * push->channels,
                    });
}

static void forward(struct recorder *recorder, const struct op_call *call)
{
    const struct global_maxpool_push *push = OP_PUSH(global_maxpool_push, call->io);
    if (push->parts == 1) {
        maximum(recorder, push, call->in[0], call->out);
        return;
    }
    struct global_maxpool_push second = *push;
    second.cells = second.part_length = push->parts;
    second.parts = 1;
    maximum(recorder, push, call->in[0], call->scratch);
    maximum(recorder, &second, call->scratch, call->out);
}

static void backward(struct recorder *recorder, const struct op_call *call)
{
    const struct global_maxpool_push *push = OP_PUSH(global_maxpool_push, call->io);
    if (!slice_exists(call->din[0]))
        return;
    record_dispatch(recorder, &count_kernel,
                    &(struct dispatch){
                        .bind = {[GLOBAL_MAXPOOL_COUNT_X] = call->in[0],
                                 [GLOBAL_MAXPOOL_COUNT_Y] = call->out,
                                 [GLOBAL_MAXPOOL_COUNT_COUNTS] = call->scratch},
                        .push = push,
                        .threads = {part_threads(push)},
                        .flops = call->io->flops,
                    });
    record_dispatch(recorder, &backward_kernel,
                    &(struct dispatch){
                        .bind = {[GLOBAL_MAXPOOL_BWD_X] = call->in[0],
                                 [GLOBAL_MAXPOOL_BWD_Y] = call->out,
                                 [GLOBAL_MAXPOOL_BWD_DY] = call->dout,
                                 [GLOBAL_MAXPOOL_BWD_COUNTS] = call->scratch,
                                 [GLOBAL_MAXPOOL_BWD_DX] = call->din[0]},
                        .push = push,
                        .threads = {(uint32_t)shape_count(&call->io->in[0])},
                        .flops = call->io->flops,
                    });
}

const struct op op_global_maxpool = {
    .name = "global_maxpool",
    .keras_class = "GlobalMaxPooling2D",
    .fields = global_pool_fields,
    .params_size = sizeof(struct global_pool_params),
    .kernels = kernels,
    .infer = infer,
    .forward = forward,
    .backward = backward,
};
