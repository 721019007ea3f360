// Responsible for 3x3 convolutions of stride 1 by Winograd's F(4x4, 3x3): 36 multiplications where
// the definition takes 144. What it can take is known here too.
//
//   y  = A^T [(G w G^T) * (B^T x B)] A         for each tile of 4x4 outputs and 6x6 inputs,
//                                              the product summed over input channels
//   dx = the same of dy, with w turned by 180 degrees and its channels exchanged
//   dw = G^T [sum over tiles of (B^T x B) * (A dy A^T)] G       the derivative of y by w
//
// (Lavin, Gray: "Fast algorithms for convolutional neural networks", CVPR 2016.) In the transformed
// domain each of the 36 points is a matrix product. Tiles are taken in chunks, so that what is
// written by one kernel is still in the caches when the next one reads it.
#include "ops/winograd.h"
#include "ops/elementwise.h"
#include "ops/product.h"
#include "abi/winograd.h"
#include "shaders.h"

enum { TILE = 4, ROWS = 16 };

// ---- Kernels -----------------------------------------------------------------------------------

#define TRANSFORM(name, ...)                                                                       \
    {                                                                                              \
        KERNEL(name), .push_size = sizeof(struct winograd_push), .access = __VA_ARGS__, .local = { \
            ELEMENTWISE_LOCAL                                                                      \
        }                                                                                          \
    }

const struct kernel winograd_weights_kernel = TRANSFORM(
    winograd_weights, {[WINOGRAD_WEIGHTS_W] = ACCESS_READ, [WINOGRAD_WEIGHTS_U] = ACCESS_WRITE});
const struct kernel winograd_in_kernel =
    TRANSFORM(winograd_in, {[WINOGRAD_IN_X] = ACCESS_READ, [WINOGRAD_IN_V] = ACCESS_WRITE});
const struct kernel winograd_out_kernel = TRANSFORM(winograd_out, {[WINOGRAD_OUT_M] = ACCESS_READ,
                                                                   [WINOGRAD_OUT_B] = ACCESS_READ,
                                                                   [WINOGRAD_OUT_Y] = ACCESS_WRITE,
                                                                   [WINOGRAD_OUT_X] = ACCESS_READ});
const struct kernel winograd_dy_kernel =
    TRANSFORM(winograd_dy, {[WINOGRAD_DY_DY] = ACCESS_READ, [WINOGRAD_DY_Z] = ACCESS_WRITE});
const struct kernel winograd_dw_kernel =
    TRANSFORM(winograd_dw, {[WINOGRAD_DW_DU] = ACCESS_READ, [WINOGRAD_DW_DW] = ACCESS_WRITE});

const struct kernel winograd_product_kernels[PRODUCT_VARIANTS] =
    PRODUCT_KERNELS(winograd_product, winograd_push,
                    {[WINOGRAD_PRODUCT_V] = ACCESS_READ,
                     [WINOGRAD_PRODUCT_U] = ACCESS_READ,
                     [WINOGRAD_PRODUCT_M] = ACCESS_WRITE});
const struct kernel winograd_du_kernels[PRODUCT_VARIANTS] =
    PRODUCT_KERNELS(winograd_du, winograd_push,
                    {[WINOGRAD_DU_V] = ACCESS_READ,
                     [WINOGRAD_DU_Z] = ACCESS_READ,
                     [WINOGRAD_DU_DU] = ACCESS_READ_WRITE});

// ---- What --------------------------------------------------------------------------------------

static bool is_3x3(const struct conv2d_push *push)
{
    return push->kernel_h == 3 && push->kernel_w == 3 && push->stride_h == 1 && push->stride_w == 1;
}

static uint32_t tile_count(const struct conv2d_push *push)
{
    return push->batch * ((push->out_h - 1) / TILE + 1) * ((push->out_w - 1) / TILE + 1);
}

// Sums over few channels are not worth the transforms, and the sums of CPU drivers' kernels, by
// blocks of 16 channels, need them whole. The transforms' rounding grows with the size of their
// numbers, not with the channels, so that short sums would also lose more by it than they are
// allowed to.
static bool suits(const struct op_io *io, uint32_t summed, uint32_t others)
{
    enum { MIN_CHANNELS = 16 };
    return io->device && is_3x3(OP_PUSH(conv2d_push, io)) && summed >= MIN_CHANNELS &&
           others >= MIN_CHANNELS &&
           ((op_lanes(io->device) == 0 && !op_is_strict(io)) || summed % ROWS == 0);
}

// On CPU drivers always, and where all devices must do the same. GPUs count bytes, too: for each
// cell the transforms move 2 * 36 / 16 * 4 bytes a channel of x and of y, and 2 * 9 * 3 / 4
// operations are saved for each pair of channels. At some 40 operations a byte, what a GPU has,
// that is even at 64 pairs for each of the channels.
bool winograd_pays(const struct op_io *io)
{
    enum { EVEN = 64 };
    const struct conv2d_push *push = OP_PUSH(conv2d_push, io);
    return op_lanes(io->device) > 0 || op_is_strict(io) ||
           (uint64_t)push->in_c * push->out_c >= EVEN * ((uint64_t)push->in_c + push->out_c);
}

bool winograd_suits_forward(const struct op_io *io)
{
    const struct conv2d_push *push = OP_PUSH(conv2d_push, io);
    return suits(io, push->in_c, push->out_c);
}

// dx is a convolution of dy with 2 - pad cells around it: a pad of more than 2 has no such form.
bool winograd_suits_dx(const struct op_io *io)
{
    const struct conv2d_push *push = OP_PUSH(conv2d_push, io);
    return suits(io, push->out_c, push->in_c) && push->pad_top <= 2 && push->pad_left <= 2;
}

bool winograd_suits_dw(const struct op_io *io)
{
    return winograd_suits_forward(io);
}

// ---- Chunks ------------------------------------------------------------------------------------

// Tiles taken at once: as many as leave the two transformed tensors in a CPU's caches, or as keep a
// GPU busy. dw sums by chunks, so strict devices take the same ones.
static uint32_t chunk_size(const struct conv2d_push *push, const struct vktl_device_info *device)
{
    enum { CPU_BYTES = 8 << 20, GPU_BYTES = 64 << 20, MIN_TILES = 64 };
    const uint32_t bytes = op_lanes(device) > 0 || device->strict ? CPU_BYTES : GPU_BYTES;
    const uint64_t tile = (uint64_t)WINOGRAD_POINTS * (push->in_c + push->out_c) * sizeof(float);
    uint64_t tiles = bytes / tile / ROWS * ROWS;
    tiles = tiles < MIN_TILES ? MIN_TILES : tiles;
    return tiles < tile_count(push) ? (uint32_t)tiles : tile_count(push);
}

static uint64_t plane_size(const struct conv2d_push *push, const struct vktl_device_info *device,
                           uint32_t channels)
{
    return (uint64_t)WINOGRAD_POINTS * chunk_size(push, device) * channels * sizeof(float);
}

// Calls `record` for each chunk.
struct chunk_call {
    struct recorder *recorder;
    const struct conv2d_push *conv2d;
    struct winograd_push push;
    struct slice in, second, bias, out; // as the steps below need them
    struct slice x;                     // of in_activation
    struct slice v, m;
};

static void each_chunk(struct chunk_call *call, void (*record)(const struct chunk_call *call))
{
    const uint32_t total = tile_count(call->conv2d);
    const uint32_t size = chunk_size(call->conv2d, recorder_info(call->recorder));
    call->push.pitch = size;
    for (uint32_t first = 0; first < total; first += size) {
        call->push.first = first;
        call->push.count = total - first < size ? total - first : size;
        record(call);
    }
}

static struct winograd_push push_of(const struct conv2d_push *push)
{
    return (struct winograd_push){
        .in_h = push->in_h,
        .in_w = push->in_w,
        .in_c = push->in_c,
        .out_h = push->out_h,
        .out_w = push->out_w,
        .out_c = push->out_c,
        .pad_top = push->pad_top,
        .pad_left = push->pad_left,
        .has_bias = push->has_bias,
        .activation = push->activation,
    };
}

// Operations that the definition would take for a chunk: figures are comparable that way.
static uint64_t direct_flops(const struct winograd_push *push)
{
    return (uint64_t)2 * 9 * TILE * TILE * push->count * push->in_c * push->out_c;
}

// ---- Steps -------------------------------------------------------------------------------------

static void record_in(const struct chunk_call *call)
{
    const uint32_t threads = call->push.count * call->push.in_c;
    record_dispatch(call->recorder, &winograd_in_kernel,
                    &(struct dispatch){
                        .bind = {[WINOGRAD_IN_X] = call->in, [WINOGRAD_IN_V] = call->v},
                        .push = &call->push,
                        .threads = {threads},
                        .flops = threads,
                    });
}

static void record_product(const struct chunk_call *call)
{
    const enum product_variant variant = product_variant_for(recorder_info(call->recorder));
    const struct winograd_push *push = &call->push;
    const struct product_size size = {
        WINOGRAD_POINTS, push->count, push->out_c, {push->in_c, push->out_c}};
    struct dispatch dispatch = {
        .bind = {[WINOGRAD_PRODUCT_V] = call->v,
                 [WINOGRAD_PRODUCT_U] = call->second,
                 [WINOGRAD_PRODUCT_M] = call->m},
        .push = push,
        .flops = direct_flops(push),
    };
    product_dispatch(recorder_info(call->recorder), variant, product_tile_of(variant), &size,
                     &dispatch);
    record_dispatch(call->recorder, &winograd_product_kernels[variant], &dispatch);
}

static void record_out(const struct chunk_call *call)
{
    const uint32_t threads = call->push.count * call->push.out_c;
    record_dispatch(call->recorder, &winograd_out_kernel,
                    &(struct dispatch){
                        .bind = {[WINOGRAD_OUT_M] = call->m,
                                 [WINOGRAD_OUT_B] = call->push.has_bias ? call->bias : call->m,
                                 [WINOGRAD_OUT_Y] = call->out,
                                 [WINOGRAD_OUT_X] = call->push.in_activation ? call->x : call->m},
                        .push = &call->push,
                        .threads = {threads},
                        .flops = threads,
                    });
}

static void record_dy(const struct chunk_call *call)
{
    const uint32_t threads = call->push.count * call->push.out_c;
    record_dispatch(call->recorder, &winograd_dy_kernel,
                    &(struct dispatch){
                        .bind = {[WINOGRAD_DY_DY] = call->second, [WINOGRAD_DY_Z] = call->m},
                        .push = &call->push,
                        .threads = {threads},
                        .flops = threads,
                    });
}

static void record_du(const struct chunk_call *call)
{
    const enum product_variant variant = product_variant_for(recorder_info(call->recorder));
    const struct winograd_push *push = &call->push;
    const struct product_size size = {
        WINOGRAD_POINTS, push->in_c, push->out_c, {push->in_c, push->out_c}};
    struct dispatch dispatch = {
        .bind =
            {[WINOGRAD_DU_V] = call->v, [WINOGRAD_DU_Z] = call->m, [WINOGRAD_DU_DU] = call->out},
        .push = push,
        .flops = direct_flops(push),
    };
    product_dispatch(recorder_info(call->recorder), variant, product_tile_of(variant), &size,
                     &dispatch);
    record_dispatch(call->recorder, &winograd_du_kernels[variant], &dispatch);
}

// ---- Weights -----------------------------------------------------------------------------------

// In panels as wide as the tiles of CPU drivers, the widest of which divides MAX_PANEL; GPUs take
// one panel, which needs no more.
uint64_t winograd_weights_size(const struct conv2d_push *push)
{
    enum { MAX_PANEL = 32 };
    const uint64_t columns = ((uint64_t)(push->out_c - 1) / MAX_PANEL + 1) * MAX_PANEL;
    return WINOGRAD_POINTS * push->in_c * columns * sizeof(float);
}

static void record_weights(struct recorder *recorder, const struct conv2d_push *conv2d,
                           struct slice w, struct slice u, bool flipped)
{
    const enum product_variant variant = product_variant_for(recorder_info(recorder));
    struct winograd_push push = push_of(conv2d);
    const uint32_t pairs = push.in_c * push.out_c;
    push.panel = variant == PRODUCT_TILE ? push.out_c : product_tile_of(variant).columns;
    push.flipped = flipped;
    record_dispatch(recorder, &winograd_weights_kernel,
                    &(struct dispatch){
                        .bind = {[WINOGRAD_WEIGHTS_W] = w, [WINOGRAD_WEIGHTS_U] = u},
                        .push = &push,
                        .threads = {pairs},
                        .flops = pairs,
                    });
}

void record_winograd_weights(struct recorder *recorder, const struct conv2d_push *push,
                             struct slice w, struct slice u)
{
    record_weights(recorder, push, w, u, false);
}

// ---- Forward and dx ----------------------------------------------------------------------------

static void record_convolution(const struct chunk_call *call)
{
    record_in(call);
    record_product(call);
    record_out(call);
}

uint64_t winograd_forward_scratch_size(const struct conv2d_push *push,
                                       const struct vktl_device_info *device)
{
    return product_scratch_size(plane_size(push, device, push->in_c)) +
           product_scratch_size(plane_size(push, device, push->out_c));
}

static void record_chunks(struct chunk_call *call, struct slice scratch)
{
    const struct conv2d_push *push = call->conv2d;
    const struct vktl_device_info *device = recorder_info(call->recorder);
    call->v = product_scratch_take(&scratch, plane_size(push, device, push->in_c));
    call->m = product_scratch_take(&scratch, plane_size(push, device, push->out_c));
    each_chunk(call, record_convolution);
}

void record_winograd_forward(struct recorder *recorder, const struct conv2d_push *push,
                             struct slice x, struct slice u, struct slice bias, struct slice y,
                             struct slice scratch)
{
    struct chunk_call call = {.recorder = recorder,
                              .conv2d = push,
                              .push = push_of(push),
                              .in = x,
                              .second = u,
                              .bias = bias,
                              .out = y};
    record_chunks(&call, scratch);
}

// dx seen as a convolution of dy.
static struct conv2d_push turned(const struct conv2d_push *push)
{
    struct conv2d_push turned = *push;
    turned.in_h = push->out_h, turned.in_w = push->out_w, turned.in_c = push->out_c;
    turned.out_h = push->in_h, turned.out_w = push->in_w, turned.out_c = push->in_c;
    turned.pad_top = 2 - push->pad_top, turned.pad_left = 2 - push->pad_left;
    turned.has_bias = turned.activation = 0;
    return turned;
}

uint64_t winograd_dx_scratch_size(const struct conv2d_push *push,
                                  const struct vktl_device_info *device)
{
    const struct conv2d_push dx = turned(push);
    return product_scratch_size(winograd_weights_size(&dx)) +
           winograd_forward_scratch_size(&dx, device);
}

void record_winograd_dx(struct recorder *recorder, const struct conv2d_push *push, struct slice x,
                        struct slice dy, struct slice w, struct slice dx, struct slice scratch)
{
    const struct conv2d_push as_forward = turned(push);
    const struct slice u = product_scratch_take(&scratch, winograd_weights_size(&as_forward));
    record_weights(recorder, &as_forward, w, u, true);
    struct chunk_call call = {.recorder = recorder,
                              .conv2d = &as_forward,
                              .push = push_of(&as_forward),
                              .in = dy,
                              .second = u,
                              .out = dx,
                              .x = x};
    call.push.in_activation = push->in_activation;
    record_chunks(&call, scratch);
}

// ---- dw ----------------------------------------------------------------------------------------

static void record_correlation(const struct chunk_call *call)
{
    record_in(call);
    record_dy(call);
    record_du(call);
}

static uint64_t du_size(const struct conv2d_push *push)
{
    return (uint64_t)WINOGRAD_POINTS * push->in_c * push->out_c * sizeof(float);
}

uint64_t winograd_dw_scratch_size(const struct conv2d_push *push,
                                  const struct vktl_device_info *device)
{
    return product_scratch_size(du_size(push)) + winograd_forward_scratch_size(push, device);
}

void record_winograd_dw(struct recorder *recorder, const struct conv2d_push *push, struct slice x,
                        struct slice dy, struct slice dw, struct slice scratch)
{
    struct chunk_call call = {
        .recorder = recorder, .conv2d = push, .push = push_of(push), .in = x, .second = dy};
    const uint32_t pairs = push->in_c * push->out_c;
    call.out = product_scratch_take(&scratch, du_size(push));
    call.v = product_scratch_take(&scratch, plane_size(push, recorder_info(recorder), push->in_c));
    call.m = product_scratch_take(&scratch, plane_size(push, recorder_info(recorder), push->out_c));
    each_chunk(&call, record_correlation);
    record_dispatch(recorder, &winograd_dw_kernel,
                    &(struct dispatch){
                        .bind = {[WINOGRAD_DW_DU] = call.out, [WINOGRAD_DW_DW] = dw},
                        .push = &call.push,
                        .threads = {pairs},
                        .flops = pairs,
                    });
}
