// Responsible for the fields and the geometry of pooling. What is pooled is the operators'.
#include "ops/pool2d.h"
#include "ops/expect.h"
#include "ops/window.h"

// Some CPU drivers silently stop an invocation after that many iterations of its loops.
enum { MAX_ITERATIONS = 65535 };

const struct field pool2d_fields[] = {
    {"pool_size", offsetof(struct pool2d_params, pool_size), FIELD_PAIR, 2, 1, 250, "cells",
     "height and width of the window"},
    {"strides", offsetof(struct pool2d_params, strides), FIELD_PAIR, 0, 0, 4096, "cells",
     "distance of the windows; 0: the pool size"},
    {"padding", offsetof(struct pool2d_params, padding), FIELD_CHOICE, WINDOW_VALID, 0, 0, "",
     "valid: windows lie in the image; same: one window a stride", window_paddings},
    {0},
};

// Backward visits every window that covers a cell and, in the worst case, all of its cells.
static vktl_status check_iterations(const struct vktl_log *log, const char *op,
                                    const struct window *rows, const struct window *columns)
{
    uint64_t windows = 1, cells = (uint64_t)rows->kernel * (columns->kernel + 1);
    windows *= (rows->kernel - 1) / rows->stride + 1;
    windows *= (columns->kernel - 1) / columns->stride + 1;
    if (windows * (cells + 1) <= MAX_ITERATIONS)
        return VKTL_OK;
    return log_fail(log, VKTL_INPUT,
                    "%s: windows of %u x %u cells overlap too much at strides of %u x %u; use "
                    "larger strides or smaller windows",
                    op, rows->kernel, columns->kernel, rows->stride, columns->stride);
}

static struct window window_of(const struct pool2d_params *params, const struct op_io *io,
                               uint32_t axis)
{
    const uint32_t size = params->pool_size[axis], stride = params->strides[axis];
    return (struct window){
        .in = io->in[0].dim[1 + axis],
        .kernel = size,
        .stride = stride ? stride : size,
        .padding = params->padding,
    };
}

vktl_status pool2d_infer(const struct vktl_log *log, const char *op,
                         const struct pool2d_params *params, struct op_io *io)
{
    vktl_status status;
    TRY(expect_image(log, op, io));
    struct window rows = window_of(params, io, 0), columns = window_of(params, io, 1);
    TRY(window_fit(log, op, "height", &rows));
    TRY(window_fit(log, op, "width", &columns));
    TRY(check_iterations(log, op, &rows, &columns));
    const struct pool2d_push push = {
        .batch = io->in[0].dim[0],
        .in_h = rows.in,
        .in_w = columns.in,
        .channels = io->in[0].dim[3],
        .out_h = rows.out,
        .out_w = columns.out,
        .kernel_h = rows.kernel,
        .kernel_w = columns.kernel,
        .stride_h = rows.stride,
        .stride_w = columns.stride,
        .pad_top = rows.pad,
        .pad_left = columns.pad,
    };
    OP_SET_PUSH(io, push);
    io->out = shape_4d(push.batch, push.out_h, push.out_w, push.channels);
    io->flops = shape_count(&io->out) * push.kernel_h * push.kernel_w;
    return VKTL_OK;
fail:
    return status;
}
