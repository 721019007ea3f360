#version 460
// dw[k, u] = sum over n of x[n, k] * dy[n, u]
//
// For GPUs: a workgroup computes a tile of inputs by units through shared memory; see
// lib/across_tile.glsl.
// also: matrices COOPERATIVE=1, emulated EMULATED=1
#extension GL_GOOGLE_include_directive : require
#include "../abi/dense.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN_FOUR(DENSE_DW_X, x)
BUFFER_IN_FOUR(DENSE_DW_DY, dy)
BUFFER_OUT_FOUR(DENSE_DW_DW, dw)
PUSH(dense_push, DENSE_DW_BUFFERS)

#define LEFT_FACTOR(i)  LOAD(x, i)
#define LEFT_FOUR(i)    LOAD_FOUR(x, i)
#define RIGHT_FACTOR(i) LOAD(dy, i)
#define RIGHT_FOUR(i)   LOAD_FOUR(dy, i)
#include "../lib/across_tile.glsl"

void main()
{
    uint column_tiles = (push.units - 1) / TILE_COLUMNS + 1;
    uint first_row = linear_group() / column_tiles * TILE_ROWS;
    uint first_column = linear_group() % column_tiles * TILE_COLUMNS;
    uint steps = first_row < push.inputs ? push.batch : 0; // there may be more groups than tiles
    across_sum(steps, first_row, push.inputs, first_column, push.units);
    [[unroll]] for (int i = 0; i < SUM_ROWS; i++)
        [[unroll]] for (int v = 0; v < SUM_RUNS; v++) {
            uint row = first_row + tile_row(i), column = first_column + tile_column(v);
            if (row < push.inputs && column < push.units)
                STORE_RUN(dw, row * push.units + column, push.units - column,
                          sum[i * SUM_RUNS + v])
        }
}
