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

enum product_variant product_half_variant_for(const struct vktl_device_info *info)
{
    return info->matrices_emulated ? PRODUCT_EMULATED : PRODUCT_MATRICES;
}

bool product_suits_halves(const struct op_io *io)
{
    return io->mixed && io->device && io->device->matrix_rows > 0;
}

enum product_variant product_variant_of(const struct recorder *recorder, const struct op_io *io,
                                        enum op_direction direction)
{
    const struct vktl_device_info *info = recorder_info(recorder);
    return io->algorithm[direction] == 0 ? product_half_variant_for(info)
                                         : product_variant_for(info);
}

static bool has_lanes(enum product_variant variant)
{
    return variant == PRODUCT_LANES4 || variant == PRODUCT_LANES8;
}

static uint32_t lanes_of(enum product_variant variant)
{
    return variant == PRODUCT_LANES4 ? 4 : 8;
}

uint32_t op_lanes(const struct vktl_device_info *info)
{
    const enum product_variant variant = info ? product_variant_for(info) : PRODUCT_TILE;
    return variant == PRODUCT_TILE ? 0 : lanes_of(variant);
}

struct product_tile product_tile_of(enum product_variant variant)
{
    if (!has_lanes(variant))
        return (struct product_tile){128, 64};
    return (struct product_tile){16, 4 * lanes_of(variant)};
}

// ---- Tiles -------------------------------------------------------------------------------------

const struct product_tile product_tiles[PRODUCT_TILES] = {
    {128, 128}, {128, 64}, {64, 64}, {32, 64}};

// Percent of the multiply-add rate that a tile reaches: the estimates of assets/bench/amd.md.
static const uint32_t tile_percents[PRODUCT_TILES] = {90, 85, 75, 55};

static uint32_t tile_shared_size(struct product_tile tile)
{
    enum { DEPTH = 16, PADDING = 4 };
    return DEPTH * (tile.rows + tile.columns + 2 * PADDING) * (uint32_t)sizeof(float);
}

bool product_fits(const struct vktl_device_info *info, struct product_tile tile)
{
    enum { MOST_SUMS = 64 };
    const uint32_t local = gpu_local(info, PRODUCT_TILE_LOCAL);
    return tile_shared_size(tile) <= info->max_shared_size &&
           tile.rows * tile.columns <= MOST_SUMS * local;
}

static uint32_t group_count(struct product_tile tile, uint32_t count, uint32_t rows,
                            uint32_t columns)
{
    return count * ((rows - 1) / tile.rows + 1) * ((columns - 1) / tile.columns + 1);
}

uint32_t product_threads(enum product_variant variant, struct product_tile tile, uint32_t count,
                         uint32_t rows, uint32_t columns)
{
    return group_count(tile, count, rows, columns) * lanes_of(variant);
}

// Vulkan does not tell how many groups a device runs at once: these are of a middling one.
static uint32_t groups_at_once(const struct vktl_device_info *info)
{
    switch (info->type) {
    case VKTL_DEVICE_CPU:
        return 1;
    case VKTL_DEVICE_INTEGRATED:
        return 24;
    default:
        return 128;
    }
}

struct product_tile product_choose_tile(const struct vktl_device_info *info,
                                        const struct product_size *size)
{
    const uint32_t at_once = groups_at_once(info);
    struct product_tile best = product_tiles[PRODUCT_TILES - 1];
    double least = 0;
    for (uint32_t i = 0; i < PRODUCT_TILES; i++) {
        const struct product_tile tile = product_tiles[i];
        const uint32_t groups = group_count(tile, size->count, size->rows, size->columns);
        const uint32_t rounds = (groups - 1) / at_once + 1;
        const double cost = (double)rounds * tile.rows * tile.columns / tile_percents[i];
        if (!product_fits(info, tile) || (least > 0 && cost >= least))
            continue;
        least = cost;
        best = tile;
    }
    return best;
}

static bool goes_by_fours(const struct product_size *size, const struct dispatch *dispatch)
{
    bool by_fours = size->inner[0] % 4 == 0 && size->inner[1] % 4 == 0;
    for (uint32_t i = 0; i < KERNEL_MAX_BUFFERS; i++)
        by_fours = by_fours && dispatch->bind[i].offset % (4 * sizeof(float)) == 0;
    return by_fours;
}

static void add_constant(struct dispatch *dispatch, uint32_t value)
{
    dispatch->constants[dispatch->constant_count++] = value;
}

// A group of the emulation has nothing to do with the device's subgroups.
static void add_matrices(const struct vktl_device_info *info, struct dispatch *dispatch)
{
    enum { EMULATED_LANES = 32 };
    add_constant(dispatch, info->matrices_emulated ? EMULATED_LANES : info->subgroup_size);
    add_constant(dispatch, info->matrix_rows);
    add_constant(dispatch, info->matrix_columns);
    add_constant(dispatch, info->matrix_depth);
}

void product_dispatch(const struct vktl_device_info *info, enum product_variant variant,
                      struct product_tile lanes_tile, const struct product_size *size,
                      struct dispatch *dispatch)
{
    if (has_lanes(variant)) {
        dispatch->threads[0] =
            product_threads(variant, lanes_tile, size->count, size->rows, size->columns);
        return;
    }
    const struct product_tile tile = product_choose_tile(info, size);
    add_constant(dispatch, tile.rows);
    add_constant(dispatch, tile.columns);
    add_constant(dispatch, goes_by_fours(size, dispatch));
    if (variant != PRODUCT_TILE)
        add_matrices(info, dispatch);
    dispatch->threads[0] = group_count(tile, size->count, size->rows, size->columns) *
                           gpu_local(info, PRODUCT_TILE_LOCAL);
}

// ---- Scratch and activations -------------------------------------------------------------------

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
