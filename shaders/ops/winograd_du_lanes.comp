#version 460
// du[point, ci, co] += sum over the tiles t of a chunk of v[point, t, ci] * z[point, t, co], for
// each of the 36 points; the first chunk starts from 0
//
// For CPU drivers: one subgroup computes 16 input channels by 4 * LANES output channels in
// registers; see lib/lanes.glsl. CIN is a multiple of 16.
// variants: 4 LANES=4, 8 LANES=8
#extension GL_GOOGLE_include_directive : require
#include "../abi/winograd.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"
#include "../lib/lanes.glsl"

BUFFER_IN(float, WINOGRAD_DU_V, v)
BUFFER_IN(float, WINOGRAD_DU_Z, z)
BUFFER_INOUT(float, WINOGRAD_DU_DU, du)
PUSH(winograd_push, WINOGRAD_DU_BUFFERS)

const int LOADS = TILE_ROWS / LANES; // of v a tile

void main()
{
    uint column_tiles = (push.out_c - 1) / TILE_COLUMNS + 1, row_tiles = push.in_c / TILE_ROWS;
    uint first_column = linear_group() % column_tiles * TILE_COLUMNS;
    uint first_row = linear_group() / column_tiles % row_tiles * TILE_ROWS;
    uint point = linear_group() / column_tiles / row_tiles;
    if (point >= WINOGRAD_POINTS)
        return;
    uint column[TILE_VECTORS], plane = point * push.pitch;
    [[unroll]] for (int j = 0; j < TILE_VECTORS; j++)
        column[j] = min(column_of(first_column, j), push.out_c - 1);
    uint from = plane * push.in_c + first_row + gl_SubgroupInvocationID, at = plane * push.out_c;
    sum_clear();
    for (uint t = 0; t < push.count; t++) {
        float values[LOADS], factor[TILE_VECTORS];
        [[unroll]] for (int l = 0; l < LOADS; l++)
            values[l] = LOAD(v, from + l * LANES);
        [[unroll]] for (int j = 0; j < TILE_VECTORS; j++)
            factor[j] = LOAD(z, at + column[j]);
        [[unroll]] for (int i = 0; i < TILE_ROWS; i++) {
            float value = BROADCAST(values[i / LANES], i % LANES);
            [[unroll]] for (int j = 0; j < TILE_VECTORS; j++)
                sum[i][j] += value * factor[j];
        }
        from += push.in_c, at += push.out_c;
    }
    uint to = (point * push.in_c + first_row) * push.out_c;
    [[unroll]] for (int j = 0; j < TILE_VECTORS; j++) {
        if (column_of(first_column, j) >= push.out_c)
            continue;
        [[unroll]] for (int i = 0; i < TILE_ROWS; i++) {
            uint index = to + i * push.out_c + column[j];
            float before = push.first > 0 ? LOAD(du, index) : 0.0;
            STORE(du, index, before + sum[i][j]);
        }
    }
}
