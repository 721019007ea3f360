// Mean of windows over images (N, H, W, C). Padding never counts, neither above nor below the line.
//
//   y[n, oh, ow, c] = mean of x over the cells of the window that lie in the image
//   dx[n, h, w, c]  = sum over the windows that cover (h, w) of dy / (such cells of the window)
#include "ops/op.h"
#include "ops/elementwise.h"
#include "ops/pool2d.h"
#include "abi/avgpool2d.h"
#include "shaders.h"

static const struct kernel forward_kernel = {
    KERNEL(avgpool2d_fwd),
    .push_size = sizeof(struct pool2d_push),
    .access = {[AVGPOOL2D_FWD_X] = ACCESS_READ, [AVGPOOL2D_FWD_Y] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel backward_kernel = {
    KERNEL(avgpool2d_bwd),
    .push_size = sizeof(struct pool2d_push),
    .access = {[AVGPOOL2D_BWD_DY] = ACCESS_READ, [AVGPOOL2D_BWD_DX] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel *const kernels[] = {&forward_kernel, &backward_kernel, NULL};

static vktl_status infer(const struct vktl_log *log, const void *params, struct op_io *io)
{
    return pool2d_infer(log, "avgpool2d", params, io);
}

static void forward(struct recorder *recorder, const struct op_call *call)
{
    record_dispatch(recorder, &forward_kernel,
                    &(struct dispatch){
                        .bind = {[AVGPOOL2D_FWD_X] = call->in[0], [AVGPOOL2D_FWD_Y] = call->out},
                        .push = call->io->push,
                        .threads = {(uint32_t)shape_count(&call->io->out)},
                        .flops = call->io->flops,
                    });
}

static void backward(struct recorder *recorder, const struct op_call *call)
{
    if (!slice_exists(call->din[0]))
        return;
    record_dispatch(
        recorder, &backward_kernel,
        &(struct dispatch){
            .bind = {[AVGPOOL2D_BWD_DY] = call->dout, [AVGPOOL2D_BWD_DX] = call->din[0]},
            .push = call->io->push,
            .threads = {(uint32_t)shape_count(&call->io->in[0])},
            .flops = call->io->flops,
        });
}

const struct op op_avgpool2d = {
    .name = "avgpool2d",
    .keras_class = "AveragePooling2D",
    .fields = pool2d_fields,
    .params_size = sizeof(struct pool2d_params),
    .kernels = kernels,
    .infer = infer,
    .forward = forward,
    .backward = backward,
};
