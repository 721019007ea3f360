// Maximum of windows over images (N, H, W, C). Padding never counts.
//
//   y[n, oh, ow, c] = max over u, v of x[n, oh * stride - pad + u, ow * stride - pad + v, c]
//   dx[n, h, w, c]  = sum of the dy of the windows whose first maximum, in row-major order, is at
//                     (h, w)
//
// A NaN in a window makes it NaN, and it passes no gradient. Backward finds the maxima again from x
// and y, which training keeps anyway, instead of saving where they were.
#include "ops/op.h"
#include "ops/elementwise.h"
#include "ops/pool2d.h"
#include "abi/maxpool2d.h"
#include "shaders.h"

static const struct kernel forward_kernel = {
    KERNEL(maxpool2d_fwd),
    .push_size = sizeof(struct pool2d_push),
    .access = {[MAXPOOL2D_FWD_X] = ACCESS_READ, [MAXPOOL2D_FWD_Y] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel backward_kernel = {
    KERNEL(maxpool2d_bwd),
    .push_size = sizeof(struct pool2d_push),
    .access = {[MAXPOOL2D_BWD_X] = ACCESS_READ,
               [MAXPOOL2D_BWD_Y] = ACCESS_READ,
               [MAXPOOL2D_BWD_DY] = ACCESS_READ,
               [MAXPOOL2D_BWD_DX] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel *const kernels[] = {&forward_kernel, &backward_kernel, NULL};

static vktl_status infer(const struct vktl_log *log, const void *params, struct op_io *io)
{
    io->backward_reads_in = io->backward_reads_out = true;
    return pool2d_infer(log, "maxpool2d", params, io);
}

static void forward(struct recorder *recorder, const struct op_call *call)
{
    record_dispatch(recorder, &forward_kernel,
                    &(struct dispatch){
                        .bind = {[MAXPOOL2D_FWD_X] = call->in[0], [MAXPOOL2D_FWD_Y] = call->out},
                        .push = call->io->push,
                        .threads = {(uint32_t)shape_count(&call->io->out)},
                        .flops = call->io->flops,
                    });
}

static void backward(struct recorder *recorder, const struct op_call *call)
{
    if (!slice_exists(call->din[0]))
        return;
    record_dispatch(recorder, &backward_kernel,
                    &(struct dispatch){
                        .bind = {[MAXPOOL2D_BWD_X] = call->in[0],
                                 [MAXPOOL2D_BWD_Y] = call->out,
                                 [MAXPOOL2D_BWD_DY] = call->dout,
                                 [MAXPOOL2D_BWD_DX] = call->din[0]},
                        .push = call->io->push,
                        .threads = {(uint32_t)shape_count(&call->io->in[0])},
                        .flops = 2 * call->io->flops,
                    });
}

const struct op op_maxpool2d = {
    .name = "maxpool2d",
    .keras_class = "MaxPooling2D",
    .fields = pool2d_fields,
    .params_size = sizeof(struct pool2d_params),
    .kernels = kernels,
    .infer = infer,
    .forward = forward,
    .backward = backward,
};
