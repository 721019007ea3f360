// A border of zeros around images (N, H, W, C).
//
//   y[n, h, w, c] = x[n, h - top, w - left, c], or 0 outside
//   dx[n, h, w, c] = dy[n, h + top, w + left, c]
#include "ops/op.h"
#include "ops/elementwise.h"
#include "ops/expect.h"
#include "abi/zeropad2d.h"
#include "shaders.h"

struct params {
    uint32_t padding[4]; // top, bottom, left, right
};

static const struct field fields[] = {
    {"padding", offsetof(struct params, padding), FIELD_SIDES, 1, 0, 4096, "cells",
     "zeros at the top, bottom, left and right"},
    {0},
};

static const struct kernel forward_kernel = {
    KERNEL(zeropad2d_fwd),
    .push_size = sizeof(struct zeropad2d_push),
    .access = {[ZEROPAD2D_FWD_X] = ACCESS_READ, [ZEROPAD2D_FWD_Y] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel backward_kernel = {
    KERNEL(zeropad2d_bwd),
    .push_size = sizeof(struct zeropad2d_push),
    .access = {[ZEROPAD2D_BWD_DY] = ACCESS_READ, [ZEROPAD2D_BWD_DX] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel *const kernels[] = {&forward_kernel, &backward_kernel, NULL};

static vktl_status infer(const struct vktl_log *log, const void *params, struct op_io *io)
{
    const struct params *p = params;
    const uint32_t top = p->padding[0], bottom = p->padding[1];
    const uint32_t left = p->padding[2], right = p->padding[3];
    const uint32_t *in = io->in[0].dim;
    vktl_status status;
    TRY(expect_image(log, "zeropad2d", io));
    io->out = shape_4d(in[0], in[1] + top + bottom, in[2] + left + right, in[3]);
    TRY(expect_sane(log, "zeropad2d", io));
    io->flops = shape_count(&io->out);
    const struct zeropad2d_push push = {
        .batch = in[0],
        .in_h = in[1],
        .in_w = in[2],
        .channels = in[3],
        .out_h = io->out.dim[1],
        .out_w = io->out.dim[2],
        .top = top,
        .left = left,
    };
    OP_SET_PUSH(io, push);
    return VKTL_OK;
fail:
    return status;
}

static void forward(struct recorder *recorder, const struct op_call *call)
{
    record_dispatch(recorder, &forward_kernel,
                    &(struct dispatch){
                        .bind = {[ZEROPAD2D_FWD_X] = call->in[0], [ZEROPAD2D_FWD_Y] = call->out},
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
            .bind = {[ZEROPAD2D_BWD_DY] = call->dout, [ZEROPAD2D_BWD_DX] = call->din[0]},
            .push = call->io->push,
            .threads = {(uint32_t)shape_count(&call->io->in[0])},
            .flops = call->io->flops,
        });
}

const struct op op_zeropad2d = {
    .name = "zeropad2d",
    .keras_class = "ZeroPadding2D",
    .fields = fields,
    .params_size = sizeof(struct params),
    .kernels = kernels,
    .infer = infer,
    .forward = forward,
    .backward = backward,
};
