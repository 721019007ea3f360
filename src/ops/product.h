// What the operators made of matrix products share: conv2d, depthwise_conv2d and dense.
#ifndef OPS_PRODUCT_H
#define OPS_PRODUCT_H

#include "ops/op.h"
#include "abi/activation.h"

// Their `activation` where it is computed in the same kernel, for fields of type FIELD_CHOICE:
// those of abi/activation.h.
extern const char *const product_activations[];

// Products come in variants: for GPUs (tiles in shared memory), for CPU drivers, whose vector units
// run 4 or 8 lanes (tiles in registers), and of halves (tiles in shared memory again), by
// cooperative matrices or by what stands for them in tests.
enum product_variant {
    PRODUCT_TILE,
    PRODUCT_LANES4,
    PRODUCT_LANES8,
    PRODUCT_MATRICES,
    PRODUCT_EMULATED
};
enum { PRODUCT_VARIANTS = 5 };
enum product_variant product_variant_for(const struct vktl_device_info *info); // of floats
enum product_variant product_half_variant_for(const struct vktl_device_info *info);

// Whether products of halves are wanted and can be had: an algorithm of its own.
bool product_suits_halves(const struct op_io *io);
#define PRODUCT_HALVES                                                                             \
    {                                                                                              \
        "matrices", product_suits_halves, NULL                                                     \
    }

// The variant that an operator's dispatch takes, whose lists of algorithms all begin with
// PRODUCT_HALVES.
enum product_variant product_variant_of(const struct recorder *recorder, const struct op_io *io,
                                        enum op_direction direction);

// Kernels of the variants of floats, or of all, with the same buffers and push constants.
#define PRODUCT_KERNEL(name, lanes, push, ...)                                                     \
    {                                                                                              \
        KERNEL(name), .push_size = sizeof(struct push), .access = __VA_ARGS__, .local = { lanes }  \
    }
#define PRODUCT_KERNELS(name, push, ...)                                                           \
    {                                                                                              \
        PRODUCT_FLOAT_ROWS(name, push, __VA_ARGS__)                                                \
    }
#define PRODUCT_MIXED_KERNELS(name, push, ...)                                                     \
    {                                                                                              \
        PRODUCT_FLOAT_ROWS(name, push, __VA_ARGS__),                                               \
            [PRODUCT_MATRICES] =                                                                   \
                PRODUCT_KERNEL(name##_matrices, PRODUCT_TILE_LOCAL, push, __VA_ARGS__),            \
            [PRODUCT_EMULATED] =                                                                   \
                PRODUCT_KERNEL(name##_emulated, PRODUCT_TILE_LOCAL, push, __VA_ARGS__),            \
    }
#define PRODUCT_FLOAT_ROWS(name, push, ...)                                                        \
    [PRODUCT_TILE] = PRODUCT_KERNEL(name, PRODUCT_TILE_LOCAL, push, __VA_ARGS__),                  \
    [PRODUCT_LANES4] = PRODUCT_KERNEL(name##_lanes_4, 4, push, __VA_ARGS__),                       \
    [PRODUCT_LANES8] = PRODUCT_KERNEL(name##_lanes_8, 8, push, __VA_ARGS__)
#define PRODUCT_LANES_KERNELS(name, push, ...)                                                     \
    {                                                                                              \
        [PRODUCT_LANES4] = PRODUCT_KERNEL(name##_4, 4, push, __VA_ARGS__),                         \
        [PRODUCT_LANES8] = PRODUCT_KERNEL(name##_8, 8, push, __VA_ARGS__),                         \
    }
#define PRODUCT_TILE_LOCAL 256

// The same kernels as rows of a list.
#define PRODUCT_LIST(kernels)                                                                      \
    &(kernels)[PRODUCT_TILE], &(kernels)[PRODUCT_LANES4], &(kernels)[PRODUCT_LANES8],              \
        &(kernels)[PRODUCT_MATRICES], &(kernels)[PRODUCT_EMULATED]

// Rows and columns of the result that a workgroup computes.
struct product_tile {
    uint32_t rows, columns;
};
struct product_tile product_tile_of(enum product_variant variant); // the usual one

// Tiles that kernels in shared memory take, the largest first: their specialization constants are
// rows, columns and whether loads and stores go by fours; see shaders/lib/tile.glsl. Those of
// halves take the matrices' invocations, rows, columns and depth besides; see lib/matrix.glsl.
enum { PRODUCT_TILES = 4 };
extern const struct product_tile product_tiles[PRODUCT_TILES];

// `count` results of `rows` by `columns` each, of factors whose innermost extents are `inner`.
struct product_size {
    uint32_t count, rows, columns;
    uint32_t inner[2];
};

// Invocations for `count` results of `rows` by `columns` each, of a variant for CPU drivers.
uint32_t product_threads(enum product_variant variant, struct product_tile tile, uint32_t count,
                         uint32_t rows, uint32_t columns);

// Whether a device has room for it, in shared memory and in the registers of an invocation.
bool product_fits(const struct vktl_device_info *info, struct product_tile tile);

// The tile of product_tiles that is expected to be fastest on a device: the fewest rounds of all
// groups that it runs at once, weighed by what a round of that tile takes.
struct product_tile product_choose_tile(const struct vktl_device_info *info,
                                        const struct product_size *size);

// Completes the dispatch of a kernel with its invocations and constants, from its `bind`. Variants
// for CPU drivers take `lanes_tile`.
void product_dispatch(const struct vktl_device_info *info, enum product_variant variant,
                      struct product_tile lanes_tile, const struct product_size *size,
                      struct dispatch *dispatch);

// Takes the next `size` bytes from the front of a scratch slice, aligned for every device.
uint64_t product_scratch_size(uint64_t size);
struct slice product_scratch_take(struct slice *scratch, uint64_t size);

// dy where the activation lets it pass, else exactly 0, into `masked`: its backward. Not for
// linear.
extern const struct kernel product_mask_kernels[2]; // of relu and of relu6
void record_product_mask(struct recorder *recorder, uint32_t activation, struct slice y,
                         struct slice dy, struct slice masked, uint32_t count);

#endif
