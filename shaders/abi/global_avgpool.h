// Mean over all cells of each channel; see src/ops/global_avgpool.c.
#ifndef ABI_GLOBAL_AVGPOOL_H
#define ABI_GLOBAL_AVGPOOL_H

#include "abi.h"

// Sums `part_length` cells to one; run again over the parts until one is left.
#define GLOBAL_AVGPOOL_FWD_X       0 // in   x [N, cells, C]
#define GLOBAL_AVGPOOL_FWD_Y       1 // out  y [N, parts, C]
#define GLOBAL_AVGPOOL_FWD_BUFFERS 2

#define GLOBAL_AVGPOOL_BWD_DY      0 // in   dy [N, C]
#define GLOBAL_AVGPOOL_BWD_DX      1 // out  dx [N, cells, C]
#define GLOBAL_AVGPOOL_BWD_BUFFERS 2

struct global_avgpool_push {
    uint32_t batch, cells, channels; // cells: H * W, or parts in the second pass of forward
    uint32_t part_length, parts;     // cells of a part; parts
    float scale;                     // of each sum: 1 / (H * W) in the last pass, else 1
};
ABI_WORDS(global_avgpool_push, 6)

#endif
