// Maximum over all cells of each channel; see src/ops/global_maxpool.c.
#ifndef ABI_GLOBAL_MAXPOOL_H
#define ABI_GLOBAL_MAXPOOL_H

#include "abi.h"

// Reduces `part_length` cells to one; run again over the parts until one is left.
#define GLOBAL_MAXPOOL_FWD_X       0 // in   x [N, cells, C]
#define GLOBAL_MAXPOOL_FWD_Y       1 // out  y [N, parts, C]
#define GLOBAL_MAXPOOL_FWD_BUFFERS 2

#define GLOBAL_MAXPOOL_COUNT_X       0 // in   x     [N, cells, C]
#define GLOBAL_MAXPOOL_COUNT_Y       1 // in   y     [N, C]
#define GLOBAL_MAXPOOL_COUNT_COUNTS  2 // out  counts [N, parts, C], uint: cells that equal y
#define GLOBAL_MAXPOOL_COUNT_BUFFERS 3

#define GLOBAL_MAXPOOL_BWD_X       0 // in   x      [N, cells, C]
#define GLOBAL_MAXPOOL_BWD_Y       1 // in   y      [N, C]
#define GLOBAL_MAXPOOL_BWD_DY      2 // in   dy     [N, C]
#define GLOBAL_MAXPOOL_BWD_COUNTS  3 // in   counts [N, parts, C]
#define GLOBAL_MAXPOOL_BWD_DX      4 // out  dx     [N, cells, C]
#define GLOBAL_MAXPOOL_BWD_BUFFERS 5

struct global_maxpool_push {
    uint32_t batch, cells, channels; // cells: H * W, or parts in the second pass of forward
    uint32_t part_length, parts;     // cells of a part; parts
};
ABI_WORDS(global_maxpool_push, 5)

#endif
