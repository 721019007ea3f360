// Mean over all cells of each channel: (N, H, W, C) to (N, C).
//
//   y[n, c] = sum over h, w of x[n, h, w, c] / (H * W)        dx[n, h, w, c] = dy[n, c] / (H * W)
//
// Large images are summed in two passes, parts first.
#include "ops/op.h"
#include "ops/elementwise.h"
#include "ops/global_pool.h"
#include "abi/global_avgpool.h"
#include "shaders.h"

static const struct kernel forward_kernel = {
    KERNEL(global_avgpool_fwd),
    .push_size = sizeof(struct global_avgpool_push),
    .access = {[GLOBAL_AVGPOOL_FWD_X] = ACCESS_READ, [GLOBAL_AVGPOOL_FWD_Y] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel backward_kernel = {
    KERNEL(global_avgpool_bwd),
    .push_size = sizeof(struct global_avgpool_push),
    .access = {[GLOBAL_AVGPOOL_BWD_DY] = ACCESS_READ, [GLOBAL_AVGPOOL_BWD_DX] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel *const kernels[] = {&forward_kernel, &backward_kernel, NULL};

static vktl_status infer(const struct vktl_log *log, const void *params, struct op_io *io)
{
    struct split split;
    vktl_status status;
    TRY(global_pool_infer(log, "global_avgpool", params, io, &split));
    const uint32_t cells = io->in[0].dim[1] * io->in[0].dim[2];
    const struct global_avgpool_push push = {
        .batch = io->in[0].dim[0],
        .cells = cells,
        .channels = io->in[0].dim[3],
        .part_length = split.length,
        .parts = split.parts,
        .scale = 1.0f / (float)cells,
    };
    OP_SET_PUSH(io, push);
    if (split.parts > 1)
        io->forward_scratch_size = global_pool_parts_size(io, split);
    return VKTL_OK;
fail:
    return status;
}

static void sum(struct recorder *recorder, const struct global_avgpool_push *push,
                struct slice from, struct slice to)
{
    record_dispatch(recorder, &forward_kernel,
                    &(struct dispatch){
                        .bind = {[GLOBAL_AVGPOOL_FWD_X] = from, [GLOBAL_AVGPOOL_FWD_Y] = to},
                        .push = push,
                        .threads = {push->batch * push->parts * push->channels},
                        .flops = (uint64_t)push->batch * push->cells * push->channels,
                    });
}

static void forward(struct recorder *recorder, const struct op_call *call)
{
    const struct global_avgpool_push *push = OP_PUSH(global_avgpool_push, call->io);
    if (push->parts == 1) {
        sum(recorder, push, call->in[0], call->out);
        return;
    }
    struct global_avgpool_push first = *push, second = *push;
    first.scale = 1;
    second.cells = second.part_length = push->parts;
    second.parts = 1;
    sum(recorder, &first, call->in[0], call->scratch);
    sum(recorder, &second, call->scratch, call->out);
}

static void backward(struct recorder *recorder, const struct op_call *call)
{
    if (!slice_exists(call->din[0]))
        return;
    record_dispatch(
        recorder, &backward_kernel,
        &(struct dispatch){
            .bind = {[GLOBAL_AVGPOOL_BWD_DY] = call->dout, [GLOBAL_AVGPOOL_BWD_DX] = call->din[0]},
            .push = call->io->push,
            .threads = {(uint32_t)shape_count(&call->io->in[0])},
            .flops = call->io->flops,
        });
}

const struct op op_global_avgpool = {
    .name = "global_avgpool",
    .keras_class = "GlobalAveragePooling2D",
    .fields = global_pool_fields,
    .params_size = sizeof(struct global_pool_params),
    .kernels = kernels,
    .infer = infer,
    .forward = forward,
    .backward = backward,
};
