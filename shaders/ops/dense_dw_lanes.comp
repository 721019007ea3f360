#version 460
// dw[k, u] = sum over n of x[n, k] * dy[n, u]
//
// For CPU drivers: one subgroup computes 16 inputs by 4 * LANES units in registers; see
// lib/lanes.glsl. Units go first through the groups, so that dw is written row by row.
// variants: 4 LANES=4, 8 LANES=8
#extension GL_GOOGLE_include_directive : require
#include "../abi/dense.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"
#include "../lib/lanes.glsl"

BUFFER_IN(float, DENSE_DW_X, x)
BUFFER_IN(float, DENSE_DW_DY, dy)
BUFFER_OUT(float, DENSE_DW_DW, dw)
PUSH(dense_push, DENSE_DW_BUFFERS)

const int LOADS = TILE_ROWS / LANES; // of x a row

void main()
{
    uint column_tiles = (push.units - 1) / TILE_COLUMNS + 1;
    uint first_row = linear_group() / column_tiles * TILE_ROWS;
    uint first_column = linear_group() % column_tiles * TILE_COLUMNS;
    if (first_row >= push.inputs)
        return;
    uint row[LOADS], column[TILE_VECTORS];
    [[unroll]] for (int r = 0; r < LOADS; r++)
        row[r] = min(first_row + r * LANES + gl_SubgroupInvocationID, push.inputs - 1);
    [[unroll]] for (int v = 0; v < TILE_VECTORS; v++)
        column[v] = min(column_of(first_column, v), push.units - 1);
    sum_clear();
    for (uint n = 0; n < push.batch; n++) {
        float values[LOADS], factor[TILE_VECTORS];
        [[unroll]] for (int r = 0; r < LOADS; r++)
            values[r] = LOAD(x, n * push.inputs + row[r]);
        [[unroll]] for (int v = 0; v < TILE_VECTORS; v++)
            factor[v] = LOAD(dy, n * push.units + column[v]);
        [[unroll]] for (int k = 0; k < TILE_ROWS; k++) {
            float value = BROADCAST(values[k / LANES], k % LANES);
            [[unroll]] for (int v = 0; v < TILE_VECTORS; v++)
                sum[k][v] += value * factor[v];
        }
    }
    [[unroll]] for (int k = 0; k < TILE_ROWS; k++)
        [[unroll]] for (int v = 0; v < TILE_VECTORS; v++)
            if (column_of(first_column, v) < push.units && first_row + k < push.inputs)
                STORE(dw, (first_row + k) * push.units + column[v], sum[k][v]);
}
