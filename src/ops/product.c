// Responsible for the choice between kernels for GPUs and for CPU drivers, their tiles, and the
// gradient of fused activations. The sums themselves are the operators'.
#include "ops/product.h"
#include "ops/elementwise.h"
#include "abi/relu.h"
#include "abi/relu6.h"
#include "shaders.h"

enum { SCRATCH_ALIGNMENT = 256 }; // bytes, what every device allows for storage buffers

const char *const product_activations[] = {"linear", "relu", "relu6", NULL};

const struct kernel product_mask_kernels[] = {
    {
        KERNEL(relu_bwd),
        .push_size = sizeof(struct relu_push),
        .access =
            {[RELU_BWD_Y] = ACCESS_READ, [RELU_BWD_DY] = ACCESS_READ, [RELU_BWD_DX] = ACCESS_WRITE},
        .local = {ELEMENTWISE_LOCAL},
    },
    {
        KERNEL(relu6_bwd),
        .push_size = sizeof(struct relu6_push),
        .access = {[RELU6_BWD_Y] = ACCESS_READ,
                   [RELU6_BWD_DY] = ACCESS_READ,
                   [RELU6_BWD_DX] = ACCESS_WRITE},
        .local = {ELEMENTWISE_LOCAL},
    },
};

// Workgroups of the CPU kernels are one subgroup, so they need to know its size beforehand.
enum product_variant product_variant_for(const struct vktl_device_info *info)
{
    if (info->type != VKTL_DEVICE_CPU || !info->has_subgroup_shuffle || info->gpu_kernels)
        return PRODUCT_TILE;
    switch (info->subgroup_size) {
    case 4:
        return PRODUCT_LANES4;
    case 8:
        return PRODUCT_LANES8;
    default:
        return PRODUCT_TILE;
    }
}

static uint32_t lanes_of(enum product_variant variant)
{
    static const uint32_t lanes[PRODUCT_VARIANTS] = {PRODUCT_TILE_LOCAL, 4, 8};
    return lanes[variant];
}

uint32_t op_lanes(const struct vktl_device_info *info)
{
    const enum product_variant variant = info ? product_variant_for(info) : PRODUCT_TILE;
    return variant == PRODUCT_TILE ? 0 : lanes_of(variant);
}

struct product_tile product_tile_of(enum product_variant variant)
{
    if (variant == PRODUCT_TILE)
        return (struct product_tile){128, 64};
    return (struct product_tile){16, 4 * lanes_of(variant)};
}

uint32_t product_threads(enum product_variant variant, struct product_tile tile, uint32_t count,
                         uint32_t rows, uint32_t columns)
{
    const uint32_t row_tiles = (rows - 1) / tile.rows + 1;
    const uint32_t column_tiles = (columns - 1) / tile.columns + 1;
    return count * row_tiles * column_tiles * lanes_of(variant);
}

uint64_t product_scratch_size(uint64_t size)
{
    return (size + SCRATCH_ALIGNMENT - 1) / SCRATCH_ALIGNMENT * SCRATCH_ALIGNMENT;
}

struct slice product_scratch_take(struct slice *scratch, uint64_t size)
{
    const uint64_t taken = product_scratch_size(size);
    const struct slice slice = slice_part(*scratch, 0, size);
    scratch->offset += taken;
    scratch->size -= taken;
    return slice;
}

// Both kernels number their buffers alike.
void record_product_mask(struct recorder *recorder, uint32_t activation, struct slice y,
                         struct slice dy, struct slice masked, uint32_t count)
{
    const struct relu_push push = {count};
    record_dispatch(recorder, &product_mask_kernels[activation == ACTIVATION_RELU6],
                    &(struct dispatch){
                        .bind = {[RELU_BWD_Y] = y, [RELU_BWD_DY] = dy, [RELU_BWD_DX] = masked},
                        .push = &push,
                        .threads = {count},
                        .flops = count,
                    });
}
