// Convolution of images (N, H, W, CIN) with a kernel (KH, KW, CIN, COUT), with bias and an
// activation.
//
//   y[n, oh, ow, co] = act(b[co] + sum over kh, kw, ci of
//                          x[n, oh * stride - pad + kh, ow * stride - pad + kw, ci] *
//                          w[kh, kw, ci, co])
//
//   dz[n, oh, ow, co]  = dy where y > 0 or there is no activation, else 0
//   dx[n, h, w, ci]    = sum over kh, kw, co of dz[n, oh, ow, co] * w[kh, kw, ci, co] with
//                        h = oh * stride - pad + kh and w = ow * stride - pad + kw
//   dw[kh, kw, ci, co] = sum over n, oh, ow of x[n, h, w, ci] * dz[n, oh, ow, co]
//   db[co]             = sum over n, oh, ow of dz
//
// Backward writes dz and the weights in the order that dx wants them into scratch, so that the
// products read both along rows; dw and db are summed in parts, in a fixed order. Where a 3x3
// kernel moves by single cells, winograd.c may take over y, dx or dw, and stem.c y and dw of images
// of three channels; "direct" is what stands here.
#include "ops/expect.h"
#include "ops/flip.h"
#include "ops/product.h"
#include "ops/stem.h"
#include "ops/sum_rows.h"
#include "ops/window.h"
#include "ops/winograd.h"
#include "abi/conv2d.h"
#include "shaders.h"

struct conv2d_params {
    uint32_t filters, kernel_size[2], strides[2], padding, dilation_rate[2], groups;
    uint32_t use_bias, activation;
    uint32_t zero_padding[4]; // top, bottom, left, right
};

static const struct field fields[] = {
    {"filters", offsetof(struct conv2d_params, filters), FIELD_U32, 32, 1, 1 << 20, "",
     "output channels"},
    {"kernel_size", offsetof(struct conv2d_params, kernel_size), FIELD_PAIR, 3, 1, 255, "cells",
     "height and width of the kernel"},
    {"strides", offsetof(struct conv2d_params, strides), FIELD_PAIR, 1, 1, 255, "cells",
     "distance of the kernel's positions"},
    {"padding", offsetof(struct conv2d_params, padding), FIELD_CHOICE, WINDOW_VALID, 0, 0, "",
     "valid: the kernel lies in the image; same: one position a stride", window_paddings},
    {"dilation_rate", offsetof(struct conv2d_params, dilation_rate), FIELD_PAIR, 1, 1, 1, "cells",
     "distance of the kernel's cells; only 1 is supported"},
    {"groups", offsetof(struct conv2d_params, groups), FIELD_U32, 1, 1, 1, "",
     "groups of channels; only 1 is supported (see depthwise_conv2d)"},
    {"use_bias", offsetof(struct conv2d_params, use_bias), FIELD_BOOL, 1, 0, 1, "",
     "add a number to each output channel"},
    {"activation", offsetof(struct conv2d_params, activation), FIELD_CHOICE, ACTIVATION_LINEAR, 0,
     0, "", "what is applied to the sums", product_activations},
    {"zero_padding", offsetof(struct conv2d_params, zero_padding), FIELD_SIDES, 0, 0, 4096, "cells",
     "zeros around the image besides, at the top, bottom, left and right"},
    {0},
};

// ---- Kernels -----------------------------------------------------------------------------------

static const struct kernel forward_kernels[PRODUCT_VARIANTS] =
    PRODUCT_MIXED_KERNELS(conv2d_fwd, conv2d_push,
                          {[CONV2D_FWD_X] = ACCESS_READ,
                           [CONV2D_FWD_W] = ACCESS_READ,
                           [CONV2D_FWD_B] = ACCESS_READ,
                           [CONV2D_FWD_Y] = ACCESS_WRITE});

static const struct kernel dx_kernels[PRODUCT_VARIANTS] = PRODUCT_MIXED_KERNELS(
    conv2d_dx, conv2d_push,
    {[CONV2D_DX_DY] = ACCESS_READ, [CONV2D_DX_WT] = ACCESS_READ, [CONV2D_DX_DX] = ACCESS_WRITE});

static const struct kernel dw_kernels[PRODUCT_VARIANTS] = PRODUCT_MIXED_KERNELS(
    conv2d_dw, conv2d_push,
    {[CONV2D_DW_X] = ACCESS_READ, [CONV2D_DW_DY] = ACCESS_READ, [CONV2D_DW_DW] = ACCESS_WRITE});

static const struct kernel *const kernels[] = {PRODUCT_LIST(forward_kernels),
                                               PRODUCT_LIST(dx_kernels),
                                               PRODUCT_LIST(dw_kernels),
                                               &product_mask_kernels[0],
                                               &product_mask_kernels[1],
                                               &flip_kernel,
                                               &sum_rows_kernel,
                                               &winograd_weights_kernel,
                                               &winograd_in_kernel,
                                               &winograd_out_kernel,
                                               &winograd_dy_kernel,
                                               &winograd_dw_kernel,
                                               &stem_forward_kernels[PRODUCT_LANES4],
                                               &stem_forward_kernels[PRODUCT_LANES8],
                                               &stem_dw_kernels[PRODUCT_LANES4],
                                               &stem_dw_kernels[PRODUCT_LANES8],
                                               &winograd_product_kernels[PRODUCT_TILE],
                                               &winograd_product_kernels[PRODUCT_LANES4],
                                               &winograd_product_kernels[PRODUCT_LANES8],
                                               &winograd_du_kernels[PRODUCT_TILE],
                                               &winograd_du_kernels[PRODUCT_LANES4],
                                               &winograd_du_kernels[PRODUCT_LANES8],
                                               NULL};

// ---- Algorithms --------------------------------------------------------------------------------

enum { FORWARD_HALVES, FORWARD_STEM, FORWARD_WINOGRAD, FORWARD_DIRECT };
static const struct op_algorithm forward_algorithms[] = {
    [FORWARD_HALVES] = PRODUCT_HALVES,
    [FORWARD_STEM] = {"stem", stem_suits, NULL},
    [FORWARD_WINOGRAD] = {"winograd4", winograd_suits_forward, winograd_pays},
    [FORWARD_DIRECT] = {"direct", NULL, NULL},
    {0},
};

enum { DX_HALVES, DX_WINOGRAD, DX_DIRECT };
static const struct op_algorithm dx_algorithms[] = {
    [DX_HALVES] = PRODUCT_HALVES,
    [DX_WINOGRAD] = {"winograd4", winograd_suits_dx, winograd_pays},
    [DX_DIRECT] = {"direct", NULL, NULL},
    {0},
};

enum { DW_HALVES, DW_STEM, DW_WINOGRAD, DW_DIRECT };
static const struct op_algorithm dw_algorithms[] = {
    [DW_HALVES] = PRODUCT_HALVES,
    [DW_STEM] = {"stem", stem_suits, stem_dw_pays},
    [DW_WINOGRAD] = {"winograd4", winograd_suits_dw, winograd_pays},
    [DW_DIRECT] = {"direct", NULL, NULL},
    {0},
};

// ---- Shapes ------------------------------------------------------------------------------------

static uint32_t weight_rows(const struct conv2d_push *push)
{
    return push->kernel_h * push->kernel_w * push->in_c;
}

static uint32_t pixel_count(const struct conv2d_push *push)
{
    return push->batch * push->out_h * push->out_w;
}

// Pixels in a part of dw: enough parts to keep a large GPU busy, each long enough to be worth its
// memory, and short enough for CPU drivers that stop an invocation after 65,535 iterations.
static uint32_t dw_part_length(uint32_t rows, uint32_t columns, uint32_t pixels)
{
    enum { GROUPS_WANTED = 512, MIN_LENGTH = 256, MAX_LENGTH = 32512 };
    const struct product_tile tile = product_tile_of(PRODUCT_TILE);
    const uint64_t tiles =
        ((uint64_t)(rows - 1) / tile.rows + 1) * ((uint64_t)(columns - 1) / tile.columns + 1);
    const uint64_t parts = tiles < GROUPS_WANTED ? GROUPS_WANTED / tiles : 1;
    uint64_t length = ((pixels - 1) / parts / MIN_LENGTH + 1) * MIN_LENGTH;
    length = length < MAX_LENGTH ? length : MAX_LENGTH;
    return (uint32_t)(length < pixels ? length : pixels);
}

static uint32_t dw_parts(const struct conv2d_push *push)
{
    return (pixel_count(push) - 1) / push->dw_length + 1;
}

static uint64_t dw_scratch_size(const struct conv2d_push *push)
{
    const uint64_t size = (uint64_t)weight_rows(push) * push->out_c * sizeof(float);
    return dw_parts(push) == 1 ? 0 : dw_parts(push) * size;
}

static struct window window_of(const struct conv2d_params *params, const struct op_io *io,
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

static void set_weights(const struct conv2d_push *push, struct op_io *io)
{
    const uint64_t cells = (uint64_t)push->kernel_h * push->kernel_w;
    io->weight[0] = (struct op_weight){
        .name = "kernel",
        .shape = shape_4d(push->kernel_h, push->kernel_w, push->in_c, push->out_c),
        .init = WEIGHT_GLOROT_UNIFORM,
        .fan_in = cells * push->in_c,
        .fan_out = cells * push->out_c,
        .trainable = true,
    };
    io->weight[1] = (struct op_weight){
        .name = "bias", .shape = shape_1d(push->out_c), .init = WEIGHT_ZEROS, .trainable = true};
    io->weight_count = push->has_bias ? 2 : 1;
}

// dx, dw and db follow each other and use the same room.
static uint64_t backward_scratch_size(const struct conv2d_push *push, const struct op_io *io)
{
    const uint64_t masked = io->backward_reads_out ? shape_size(&io->out) : 0;
    const uint64_t sizes[] = {
        io->algorithm[OP_DX] == DX_WINOGRAD ? winograd_dx_scratch_size(push, io->device)
                                            : shape_size(&io->weight[0].shape),
        io->algorithm[OP_DW] == DW_WINOGRAD ? winograd_dw_scratch_size(push, io->device)
                                            : dw_scratch_size(push),
        sum_rows_scratch_size(pixel_count(push), push->out_c),
    };
    uint64_t largest = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        largest = sizes[i] > largest ? sizes[i] : largest;
    return product_scratch_size(masked) + largest;
}

// An invocation walks the longest sums by 4 or more elements, and no more than 65,535 times.
static vktl_status check_kernel(const struct vktl_log *log, const struct op_io *io)
{
    enum { MAX_SUM = 200000 };
    const struct shape *shape = &io->weight[0].shape;
    const uint64_t cells = (uint64_t)shape->dim[0] * shape->dim[1];
    if (shape_is_sane(shape) && cells * shape->dim[2] <= MAX_SUM &&
        cells * shape->dim[3] <= MAX_SUM)
        return VKTL_OK;
    return log_fail(log, VKTL_INPUT,
                    "conv2d: a kernel of %u x %u cells, %u input and %u output channels is too "
                    "large; cells times channels may be %d at most",
                    shape->dim[0], shape->dim[1], shape->dim[2], shape->dim[3], MAX_SUM);
}

static vktl_status infer(const struct vktl_log *log, const void *void_params, struct op_io *io)
{
    vktl_status status;
    const struct conv2d_params *params = void_params;
    TRY(expect_image(log, "conv2d", io));
    struct window rows = window_of(params, io, 0), columns = window_of(params, io, 1);
    TRY(window_fit(log, "conv2d", "height", &rows));
    TRY(window_fit(log, "conv2d", "width", &columns));
    io->out = shape_4d(io->in[0].dim[0], rows.out, columns.out, params->filters);
    TRY(expect_sane(log, "conv2d", io));
    struct conv2d_push push = {
        .batch = io->in[0].dim[0],
        .in_h = rows.in,
        .in_w = columns.in,
        .in_c = io->in[0].dim[3],
        .out_h = rows.out,
        .out_w = columns.out,
        .out_c = params->filters,
        .kernel_h = rows.kernel,
        .kernel_w = columns.kernel,
        .stride_h = rows.stride,
        .stride_w = columns.stride,
        .pad_top = rows.pad,
        .pad_left = columns.pad,
        .has_bias = params->use_bias,
        .activation = params->activation,
        .in_activation = io->in_activation,
    };
    set_weights(&push, io);
    TRY(check_kernel(log, io));
    OP_SET_PUSH(io, push);
    op_choose(&op_conv2d, io);
    push.dw_length = io->algorithm[OP_DW] == DW_STEM
                         ? stem_dw_length(&push)
                         : dw_part_length(weight_rows(&push), push.out_c, pixel_count(&push));
    OP_SET_PUSH(io, push);
    io->backward_reads_in = true;
    io->activation = push.activation;
    io->backward_reads_out = io->activation && !io->activation_taken;
    const bool is_winograd = io->algorithm[OP_FORWARD] == FORWARD_WINOGRAD;
    io->prepared_size = is_winograd ? winograd_weights_size(&push) : 0;
    io->forward_scratch_size = is_winograd ? winograd_forward_scratch_size(&push, io->device) : 0;
    io->backward_scratch_size = backward_scratch_size(&push, io);
    io->flops = 2 * shape_count(&io->out) * weight_rows(&push);
    return VKTL_OK;
fail:
    return status;
}

// ---- Forward -----------------------------------------------------------------------------------

static void prepare(struct recorder *recorder, const struct op_call *call)
{
    const struct conv2d_push *push = OP_PUSH(conv2d_push, call->io);
    record_winograd_weights(recorder, push, call->weight[0], call->prepared);
}

static void forward(struct recorder *recorder, const struct op_call *call)
{
    const struct conv2d_push *push = OP_PUSH(conv2d_push, call->io);
    if (call->io->algorithm[OP_FORWARD] == FORWARD_WINOGRAD) {
        record_winograd_forward(recorder, push, call->in[0], call->prepared, call->weight[1],
                                call->out, call->scratch);
        return;
    }
    const struct slice bias = push->has_bias ? call->weight[1] : call->weight[0];
    if (call->io->algorithm[OP_FORWARD] == FORWARD_STEM) {
        record_stem_forward(recorder, push, call->in[0], call->weight[0], bias, call->out);
        return;
    }
    const enum product_variant variant = product_variant_of(recorder, call->io, OP_FORWARD);
    const struct product_size size = {1, pixel_count(push), push->out_c, {push->in_c, push->out_c}};
    struct dispatch dispatch = {
        .bind = {[CONV2D_FWD_X] = call->in[0],
                 [CONV2D_FWD_W] = call->weight[0],
                 [CONV2D_FWD_B] = bias,
                 [CONV2D_FWD_Y] = call->out},
        .push = push,
        .flops = call->io->flops,
    };
    product_dispatch(recorder_info(recorder), variant, product_tile_of(variant), &size, &dispatch);
    record_dispatch(recorder, &forward_kernels[variant], &dispatch);
}

// ---- Backward ----------------------------------------------------------------------------------

static void record_dx(struct recorder *recorder, const struct op_call *call, struct slice dy,
                      struct slice scratch)
{
    const struct conv2d_push *push = OP_PUSH(conv2d_push, call->io);
    const enum product_variant variant = product_variant_of(recorder, call->io, OP_DX);
    const struct slice flipped = product_scratch_take(&scratch, call->weight[0].size);
    record_flip(recorder, push, call->weight[0], flipped);
    // Tiles of the largest phase, for all phases; see shaders/lib/gather.glsl.
    const uint32_t phase_h = (push->in_h - 1) / push->stride_h + 1;
    const uint32_t phase_w = (push->in_w - 1) / push->stride_w + 1;
    const struct product_size size = {push->stride_h * push->stride_w,
                                      push->batch * phase_h * phase_w,
                                      push->in_c,
                                      {push->in_c, push->out_c}};
    struct dispatch dispatch = {
        .bind = {[CONV2D_DX_DY] = dy, [CONV2D_DX_WT] = flipped, [CONV2D_DX_DX] = call->din[0]},
        .push = push,
        .flops = call->io->flops,
    };
    product_dispatch(recorder_info(recorder), variant, product_tile_of(variant), &size, &dispatch);
    record_dispatch(recorder, &dx_kernels[variant], &dispatch);
    if (push->in_activation)
        record_product_mask(recorder, push->in_activation, call->in[0], call->din[0], call->din[0],
                            push->batch * push->in_h * push->in_w * push->in_c);
}

static void record_dw(struct recorder *recorder, const struct op_call *call, struct slice dy,
                      struct slice scratch)
{
    const struct conv2d_push *push = OP_PUSH(conv2d_push, call->io);
    const enum product_variant variant = product_variant_of(recorder, call->io, OP_DW);
    const uint32_t rows = weight_rows(push), parts = dw_parts(push);
    const struct slice dw = call->dweight[0];
    const struct slice to = parts == 1 ? dw : product_scratch_take(&scratch, dw_scratch_size(push));
    if (call->io->algorithm[OP_DW] == DW_STEM) {
        record_stem_dw(recorder, push, call->in[0], dy, to);
    } else {
        const struct product_size size = {parts, rows, push->out_c, {push->in_c, push->out_c}};
        struct dispatch dispatch = {
            .bind = {[CONV2D_DW_X] = call->in[0], [CONV2D_DW_DY] = dy, [CONV2D_DW_DW] = to},
            .push = push,
            .flops = call->io->flops,
        };
        product_dispatch(recorder_info(recorder), variant, product_tile_of(variant), &size,
                         &dispatch);
        record_dispatch(recorder, &dw_kernels[variant], &dispatch);
    }
    if (parts > 1)
        record_sum_of_parts(recorder, to, dw, parts, rows * push->out_c);
}

static void backward(struct recorder *recorder, const struct op_call *call)
{
    const struct conv2d_push *push = OP_PUSH(conv2d_push, call->io);
    const bool wants_dx = slice_exists(call->din[0]), wants_dw = slice_exists(call->dweight[0]);
    const bool wants_db = push->has_bias && slice_exists(call->dweight[1]);
    const uint32_t pixels = pixel_count(push);
    struct slice scratch = call->scratch, dy = call->dout;
    if (!wants_dx && !wants_dw && !wants_db)
        return;
    if (call->io->backward_reads_out) {
        dy = product_scratch_take(&scratch, shape_size(&call->io->out));
        record_product_mask(recorder, push->activation, call->out, call->dout, dy,
                            pixels * push->out_c);
    }
    if (wants_dx && call->io->algorithm[OP_DX] == DX_WINOGRAD)
        record_winograd_dx(recorder, push, call->in[0], dy, call->weight[0], call->din[0], scratch);
    else if (wants_dx)
        record_dx(recorder, call, dy, scratch);
    if (wants_dw && call->io->algorithm[OP_DW] == DW_WINOGRAD)
        record_winograd_dw(recorder, push, call->in[0], dy, call->dweight[0], scratch);
    else if (wants_dw)
        record_dw(recorder, call, dy, scratch);
    if (wants_db)
        record_sum_rows(recorder, dy, call->dweight[1], scratch, pixels, push->out_c);
}

const struct op op_conv2d = {
    .name = "conv2d",
    .keras_class = "Conv2D",
    .fields = fields,
    .params_size = sizeof(struct conv2d_params),
    .takes_in_activation = true,
    .multiplies_halves = true,
    .kernels = kernels,
    .algorithms = {forward_algorithms, dx_algorithms, dw_algorithms},
    .infer = infer,
    .prepare = prepare,
    .forward = forward,
    .backward = backward,
};
