// Convolution of each channel of an image (N, H, W, C) by itself, with a kernel (KH, KW, C, M),
// with bias and an activation.
//
//   y[n, oh, ow, c * M + m] = act(b[c * M + m] + sum over kh, kw of
//                             x[n, oh * stride - pad + kh, ow * stride - pad + kw, c] *
//                             w[kh, kw, c, m])
//
//   dz[n, oh, ow, c * M + m] = dy where y > 0 or there is no activation, else 0
//   dx[n, h, w, c]    = sum over kh, kw, m of dz[n, oh, ow, c * M + m] * w[kh, kw, c, m] with
//                       h = oh * stride - pad + kh and w = ow * stride - pad + kw
//   dw[kh, kw, c, m]  = sum over n, oh, ow of x[n, h, w, c] * dz[n, oh, ow, c * M + m]
//   db[c * M + m]     = sum over n, oh, ow of dz
//
// There is no matrix product in it: memory bounds it everywhere, so one kernel serves all devices.
#include "ops/elementwise.h"
#include "ops/expect.h"
#include "ops/product.h"
#include "ops/sum_rows.h"
#include "ops/window.h"
#include "abi/depthwise_conv2d.h"
#include "shaders.h"

struct depthwise_conv2d_params {
    uint32_t kernel_size[2], strides[2], padding, depth_multiplier, dilation_rate[2];
    uint32_t use_bias, activation;
    uint32_t zero_padding[4]; // top, bottom, left, right
};

static const struct field fields[] = {
    {"kernel_size", offsetof(struct depthwise_conv2d_params, kernel_size), FIELD_PAIR, 3, 1, 255,
     "cells", "height and width of the kernel"},
    {"strides", offsetof(struct depthwise_conv2d_params, strides), FIELD_PAIR, 1, 1, 255, "cells",
     "distance of the kernel's positions"},
    {"padding", offsetof(struct depthwise_conv2d_params, padding), FIELD_CHOICE, WINDOW_VALID, 0, 0,
     "", "valid: the kernel lies in the image; same: one position a stride", window_paddings},
    {"depth_multiplier", offsetof(struct depthwise_conv2d_params, depth_multiplier), FIELD_U32, 1,
     1, 4096, "", "output channels of each input channel"},
    {"dilation_rate", offsetof(struct depthwise_conv2d_params, dilation_rate), FIELD_PAIR, 1, 1, 1,
     "cells", "distance of the kernel's cells; only 1 is supported"},
    {"use_bias", offsetof(struct depthwise_conv2d_params, use_bias), FIELD_BOOL, 1, 0, 1, "",
     "add a number to each output channel"},
    {"activation", offsetof(struct depthwise_conv2d_params, activation), FIELD_CHOICE,
     ACTIVATION_LINEAR, 0, 0, "", "what is applied to the sums", product_activations},
    {"zero_padding", offsetof(struct depthwise_conv2d_params, zero_padding), FIELD_SIDES, 0, 0,
     4096, "cells", "zeros around the image besides, at the top, bottom, left and right"},
    {0},
};

// ---- Kernels -----------------------------------------------------------------------------------

static const struct kernel forward_kernel = {
    KERNEL(depthwise_conv2d_fwd),
    .push_size = sizeof(struct depthwise_conv2d_push),
    .access = {[DEPTHWISE_CONV2D_FWD_X] = ACCESS_READ,
               [DEPTHWISE_CONV2D_FWD_W] = ACCESS_READ,
               [DEPTHWISE_CONV2D_FWD_B] = ACCESS_READ,
               [DEPTHWISE_CONV2D_FWD_Y] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel dx_kernel = {
    KERNEL(depthwise_conv2d_dx),
    .push_size = sizeof(struct depthwise_conv2d_push),
    .access = {[DEPTHWISE_CONV2D_DX_DY] = ACCESS_READ,
               [DEPTHWISE_CONV2D_DX_W] = ACCESS_READ,
               [DEPTHWISE_CONV2D_DX_DX] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel dw_kernel = {
    KERNEL(depthwise_conv2d_dw),
    .push_size = sizeof(struct depthwise_conv2d_push),
    .access = {[DEPTHWISE_CONV2D_DW_X] = ACCESS_READ,
               [DEPTHWISE_CONV2D_DW_DY] = ACCESS_READ,
               [DEPTHWISE_CONV2D_DW_DW] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel *const kernels[] = {
    &forward_kernel,          &dx_kernel,       &dw_kernel, &product_mask_kernels[0],
    &product_mask_kernels[1], &sum_rows_kernel, NULL};

// ---- Shapes ------------------------------------------------------------------------------------

static uint32_t weight_count(const struct depthwise_conv2d_push *push)
{
    return push->kernel_h * push->kernel_w * push->channels * push->multiplier;
}

static uint32_t pixel_count(const struct depthwise_conv2d_push *push)
{
    return push->batch * push->out_h * push->out_w;
}

static uint32_t dw_parts(const struct depthwise_conv2d_push *push)
{
    return (pixel_count(push) - 1) / push->dw_length + 1;
}

static uint64_t dw_scratch_size(const struct depthwise_conv2d_push *push)
{
    const uint32_t parts = dw_parts(push);
    return parts == 1 ? 0 : (uint64_t)parts * weight_count(push) * sizeof(float);
}

static uint64_t backward_scratch_size(const struct depthwise_conv2d_push *push,
                                      const struct op_io *io)
{
    return product_scratch_size(io->backward_reads_out ? shape_size(&io->out) : 0) +
           product_scratch_size(dw_scratch_size(push)) +
           product_scratch_size(sum_rows_scratch_size(pixel_count(push), io->out.dim[3]));
}

static struct window window_of(const struct depthwise_conv2d_params *params, const struct op_io *io,
                               uint32_t axis)
{
    return (struct window){
        .in = io->in[0].dim[1 + axis],
        .before = params->zero_padding[2 * axis],
        .after = params->zero_padding[2 * axis + 1],
        .kernel = params->kernel_size[axis],
        .stride = params->strides[axis],
        .padding = params->padding,
    };
}

static void set_weights(const struct depthwise_conv2d_push *push, struct op_io *io)
{
    const uint64_t cells = (uint64_t)push->kernel_h * push->kernel_w;
    io->weight[0] = (struct op_weight){
        .name = "depthwise_kernel",
        .shape = shape_4d(push->kernel_h, push->kernel_w, push->channels, push->multiplier),
        .init = WEIGHT_GLOROT_UNIFORM,
        .fan_in = cells * push->channels, // as Keras computes them from the kernel's shape
        .fan_out = cells * push->multiplier,
        .trainable = true,
    };
    io->weight[1] = (struct op_weight){.name = "bias",
                                       .shape = shape_1d(push->channels * push->multiplier),
                                       .init = WEIGHT_ZEROS,
                                       .trainable = true};
    io->weight_count = push->has_bias ? 2 : 1;
}

// Some CPU drivers silently stop an invocation after 65,535 iterations of its loops.
static vktl_status check_kernel(const struct vktl_log *log, const struct op_io *io)
{
    enum { MAX_ITERATIONS = 65535 };
    const struct shape *shape = &io->weight[0].shape;
    const uint64_t cells = (uint64_t)shape->dim[0] * (shape->dim[1] + 1);
    if (shape_is_sane(shape) && cells * (shape->dim[3] + 1) <= MAX_ITERATIONS)
        return VKTL_OK;
    return log_fail(log, VKTL_INPUT,
                    "depthwise_conv2d: a kernel of %u x %u cells with depth multiplier %u is too "
                    "large",
                    shape->dim[0], shape->dim[1], shape->dim[3]);
}

// Parts of dw: as few as keep a GPU busy, since their memory grows with them.
static uint32_t dw_part_length(const struct depthwise_conv2d_push *push)
{
    enum { INVOCATIONS_WANTED = 1 << 17, MIN_LENGTH = 64, MAX_LENGTH = 65535 };
    const uint32_t pixels = pixel_count(push), weights = weight_count(push);
    const uint32_t parts = weights < INVOCATIONS_WANTED ? INVOCATIONS_WANTED / weights : 1;
    uint32_t length = (pixels - 1) / parts + 1;
    length = length > MIN_LENGTH ? length : MIN_LENGTH;
    length = length < MAX_LENGTH ? length : MAX_LENGTH;
    return length < pixels ? length : pixels;
}

static vktl_status infer(const struct vktl_log *log, const void *void_params, struct op_io *io)
{
    vktl_status status;
    const struct depthwise_conv2d_params *params = void_params;
    TRY(expect_image(log, "depthwise_conv2d", io));
    struct window rows = window_of(params, io, 0), columns = window_of(params, io, 1);
    TRY(window_fit(log, "depthwise_conv2d", "height", &rows));
    TRY(window_fit(log, "depthwise_conv2d", "width", &columns));
    const uint64_t out_c = (uint64_t)io->in[0].dim[3] * params->depth_multiplier;
    io->out = shape_4d(io->in[0].dim[0], rows.out, columns.out,
                       out_c <= INT32_MAX ? (uint32_t)out_c : UINT32_MAX);
    TRY(expect_sane(log, "depthwise_conv2d", io));
    struct depthwise_conv2d_push push = {
        .batch = io->in[0].dim[0],
        .in_h = rows.in,
        .in_w = columns.in,
        .channels = io->in[0].dim[3],
        .out_h = rows.out,
        .out_w = columns.out,
        .multiplier = params->depth_multiplier,
        .kernel_h = rows.kernel,
        .kernel_w = columns.kernel,
        .stride_h = rows.stride,
        .stride_w = columns.stride,
        .pad_top = rows.pad,
        .pad_left = columns.pad,
        .has_bias = params->use_bias,
        .activation = params->activation,
    };
    set_weights(&push, io);
    TRY(check_kernel(log, io));
    push.dw_length = dw_part_length(&push);
    OP_SET_PUSH(io, push);
    io->backward_reads_in = true;
    io->activation = push.activation;
    io->backward_reads_out = io->activation && !io->activation_taken;
    io->backward_scratch_size = backward_scratch_size(&push, io);
    io->flops = 2 * shape_count(&io->out) * push.kernel_h * push.kernel_w;
    return VKTL_OK;
fail:
    return status;
}

// ---- Forward -----------------------------------------------------------------------------------

static uint32_t run_count(uint32_t cells)
{
    return (cells - 1) / DEPTHWISE_CONV2D_RUN + 1;
}

static void forward(struct recorder *recorder, const struct op_call *call)
{
    const struct depthwise_conv2d_push *push = OP_PUSH(depthwise_conv2d_push, call->io);
    record_dispatch(
        recorder, &forward_kernel,
        &(struct dispatch){
            .bind = {[DEPTHWISE_CONV2D_FWD_X] = call->in[0],
                     [DEPTHWISE_CONV2D_FWD_W] = call->weight[0],
                     [DEPTHWISE_CONV2D_FWD_B] = push->has_bias ? call->weight[1] : call->weight[0],
                     [DEPTHWISE_CONV2D_FWD_Y] = call->out},
            .push = push,
            .threads = {push->batch * push->out_h * run_count(push->out_w) * call->io->out.dim[3]},
            .flops = call->io->flops,
        });
}

// ---- Backward ----------------------------------------------------------------------------------

static void record_dx(struct recorder *recorder, const struct op_call *call, struct slice dy)
{
    const struct depthwise_conv2d_push *push = OP_PUSH(depthwise_conv2d_push, call->io);
    const uint32_t phase_cells = (push->in_w - 1) / push->stride_w + 1; // of the largest phase
    record_dispatch(recorder, &dx_kernel,
                    &(struct dispatch){
                        .bind = {[DEPTHWISE_CONV2D_DX_DY] = dy,
                                 [DEPTHWISE_CONV2D_DX_W] = call->weight[0],
                                 [DEPTHWISE_CONV2D_DX_DX] = call->din[0]},
                        .push = push,
                        .threads = {push->batch * push->in_h * run_count(phase_cells) *
                                    push->stride_w * push->channels},
                        .flops = call->io->flops,
                    });
}

static void record_dw(struct recorder *recorder, const struct op_call *call, struct slice dy,
                      struct slice *scratch)
{
    const struct depthwise_conv2d_push *push = OP_PUSH(depthwise_conv2d_push, call->io);
    const uint32_t parts = dw_parts(push);
    const struct slice dw = call->dweight[0];
    const struct slice to = parts == 1 ? dw : product_scratch_take(scratch, dw_scratch_size(push));
    record_dispatch(recorder, &dw_kernel,
                    &(struct dispatch){
                        .bind = {[DEPTHWISE_CONV2D_DW_X] = call->in[0],
                                 [DEPTHWISE_CONV2D_DW_DY] = dy,
                                 [DEPTHWISE_CONV2D_DW_DW] = to},
                        .push = push,
                        .threads = {parts * weight_count(push)},
                        .flops = call->io->flops,
                    });
    if (parts > 1)
        record_sum_of_parts(recorder, to, dw, parts, weight_count(push));
}

static void backward(struct recorder *recorder, const struct op_call *call)
{
    const struct depthwise_conv2d_push *push = OP_PUSH(depthwise_conv2d_push, call->io);
    const bool wants_dx = slice_exists(call->din[0]), wants_dw = slice_exists(call->dweight[0]);
    const bool wants_db = push->has_bias && slice_exists(call->dweight[1]);
    const uint32_t channels = call->io->out.dim[3];
    struct slice scratch = call->scratch, dy = call->dout;
    if (!wants_dx && !wants_dw && !wants_db)
        return;
    if (call->io->backward_reads_out) {
        dy = product_scratch_take(&scratch, shape_size(&call->io->out));
        record_product_mask(recorder, push->activation, call->out, call->dout, dy,
                            pixel_count(push) * channels);
    }
    if (wants_dx)
        record_dx(recorder, call, dy);
    if (wants_dw)
        record_dw(recorder, call, dy, &scratch);
    if (wants_db)
        record_sum_rows(recorder, dy, call->dweight[1], scratch, pixel_count(push), channels);
}

const struct op op_depthwise_conv2d = {
    .name = "depthwise_conv2d",
    .keras_class = "DepthwiseConv2D",
    .fields = fields,
    .params_size = sizeof(struct depthwise_conv2d_params),
    .kernels = kernels,
    .infer = infer,
    .forward = forward,
    .backward = backward,
};
