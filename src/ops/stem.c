// Responsible for convolutions of 3x3 cells and three channels on CPU drivers, where short sums
// make the general kernels spend their time on finding cells. Which they can take is known
// here.
#include "ops/stem.h"
#include "ops/product.h"
#include "abi/stem.h"
#include "shaders.h"

const struct kernel stem_forward_kernels[PRODUCT_VARIANTS] =
    PRODUCT_LANES_KERNELS(stem_fwd_lanes, conv2d_push,
                          {[CONV2D_FWD_X] = ACCESS_READ,
                           [CONV2D_FWD_W] = ACCESS_READ,
                           [CONV2D_FWD_B] = ACCESS_READ,
                           [CONV2D_FWD_Y] = ACCESS_WRITE});
const struct kernel stem_dw_kernels[PRODUCT_VARIANTS] = PRODUCT_LANES_KERNELS(
    stem_dw_lanes, conv2d_push,
    {[CONV2D_DW_X] = ACCESS_READ, [CONV2D_DW_DY] = ACCESS_READ, [CONV2D_DW_DW] = ACCESS_WRITE});

bool stem_suits(const struct op_io *io)
{
    const struct conv2d_push *push = OP_PUSH(conv2d_push, io);
    return op_lanes(io->device) > 0 && push->kernel_h == 3 && push->kernel_w == 3 &&
           push->in_c == STEM_CHANNELS && push->stride_w == 1;
}

// Measured, times as fast as the general kernel: with 8 lanes 1.4 for 16 output channels, 0.9 for
// 32 and more; with 4 lanes 0.8 for any. Its parts are not those of the general kernel.
bool stem_dw_pays(const struct op_io *io)
{
    return !op_is_strict(io) && op_lanes(io->device) == 8 && OP_PUSH(conv2d_push, io)->out_c < 32;
}

static uint32_t line_count(const struct conv2d_push *push)
{
    return push->batch * push->out_h;
}

// Enough parts for the cores of a large CPU, and no more pixels than an invocation may walk.
uint32_t stem_dw_length(const struct conv2d_push *push)
{
    enum { PARTS_WANTED = 128, MAX_PIXELS = 65536 };
    uint32_t lines = (line_count(push) - 1) / PARTS_WANTED + 1;
    if ((uint64_t)lines * push->out_w > MAX_PIXELS)
        lines = MAX_PIXELS / push->out_w;
    return (lines ? lines : 1) * push->out_w;
}

void record_stem_forward(struct recorder *recorder, const struct conv2d_push *push, struct slice x,
                         struct slice w, struct slice bias, struct slice y)
{
    const enum product_variant variant = product_variant_for(recorder_info(recorder));
    const struct product_tile tile = {STEM_PIXELS, STEM_COLUMNS};
    record_dispatch(
        recorder, &stem_forward_kernels[variant],
        &(struct dispatch){
            .bind =
                {[CONV2D_FWD_X] = x, [CONV2D_FWD_W] = w, [CONV2D_FWD_B] = bias, [CONV2D_FWD_Y] = y},
            .push = push,
            .threads = {product_threads(variant, tile, line_count(push), push->out_w, push->out_c)},
            .flops = 2 * y.size / sizeof(float) * 9 * STEM_CHANNELS,
        });
}

void record_stem_dw(struct recorder *recorder, const struct conv2d_push *push, struct slice x,
                    struct slice dy, struct slice parts)
{
    const enum product_variant variant = product_variant_for(recorder_info(recorder));
    const struct product_tile tile = {1, STEM_VECTORS * op_lanes(recorder_info(recorder))};
    const uint32_t pixels = line_count(push) * push->out_w;
    record_dispatch(recorder, &stem_dw_kernels[variant],
                    &(struct dispatch){
                        .bind = {[CONV2D_DW_X] = x, [CONV2D_DW_DY] = dy, [CONV2D_DW_DW] = parts},
                        .push = push,
                        .threads = {product_threads(
                            variant, tile, (pixels - 1) / push->dw_length + 1, 1, push->out_c)},
                        .flops = 2 * dy.size / sizeof(float) * 9 * STEM_CHANNELS,
                    });
}
