#version 460
// m[point, t, co] = sum over ci of v[point, t, ci] * u[point, ci, co], for each of the 36 points
//
// For CPU drivers: one subgroup computes 16 tiles by 4 * LANES output channels in registers; see
// lib/lanes.glsl. CIN is a multiple of 16. Tiles run fastest, so that a panel of u, which is read
// from end to end, stays in the cache for all of them.
// variants: 4 LANES=4, 8 LANES=8
#extension GL_GOOGLE_include_directive : require
#include "../abi/winograd.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"
#include "../lib/lanes.glsl"

BUFFER_IN(float, WINOGRAD_PRODUCT_V, v)
BUFFER_IN(float, WINOGRAD_PRODUCT_U, u)
BUFFER_OUT(float, WINOGRAD_PRODUCT_M, m)
PUSH(winograd_push, WINOGRAD_PRODUCT_BUFFERS)

void main()
{
    uint row_tiles = (push.count - 1) / TILE_ROWS + 1;
    uint column_tiles = (push.out_c - 1) / TILE_COLUMNS + 1;
    uint first_row = linear_group() % row_tiles * TILE_ROWS;
    uint first_column = linear_group() / row_tiles % column_tiles * TILE_COLUMNS;
    uint point = linear_group() / row_tiles / column_tiles;
    if (point >= WINOGRAD_POINTS)
        return;
    uint row[TILE_ROWS];
    [[unroll]] for (int i = 0; i < TILE_ROWS; i++)
        row[i] = (point * push.pitch + min(first_row + i, push.count - 1)) * push.in_c +
                 gl_SubgroupInvocationID;
    uint panel = linear_group() / row_tiles; // of all points
    uint at = panel * push.in_c * TILE_COLUMNS + gl_SubgroupInvocationID;
    sum_clear();
    for (uint k = 0; k < push.in_c; k += LANES) {
        float values[TILE_ROWS];
        [[unroll]] for (int i = 0; i < TILE_ROWS; i++)
            values[i] = LOAD(v, row[i] + k);
        [[unroll]] for (int l = 0; l < LANES; l++) {
            float factor[TILE_VECTORS];
            [[unroll]] for (int j = 0; j < TILE_VECTORS; j++)
                factor[j] = LOAD(u, at + j * LANES);
            [[unroll]] for (int i = 0; i < TILE_ROWS; i++) {
                float value = BROADCAST(values[i], l);
                [[unroll]] for (int j = 0; j < TILE_VECTORS; j++)
                    sum[i][j] += value * factor[j];
            }
            at += TILE_COLUMNS;
        }
    }
    uint to = (point * push.pitch + first_row) * push.out_c;
    [[unroll]] for (int j = 0; j < TILE_VECTORS; j++)
        [[unroll]] for (int i = 0; i < TILE_ROWS; i++)
            if (column_of(first_column, j) < push.out_c && first_row + i < push.count)
                STORE(m, to + i * push.out_c + column_of(first_column, j), sum[i][j]);
}
