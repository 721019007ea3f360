#version 460
// du[point, ci, co] += sum over the tiles t of a chunk of v[point, t, ci] * z[point, t, co], for
// each of the 36 points; the first chunk starts from 0
//
// For GPUs: a workgroup computes a tile of one point through shared memory; see
// lib/across_tile.glsl.
#extension GL_GOOGLE_include_directive : require
#include "../abi/winograd.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN_FOUR(WINOGRAD_DU_V, v)
BUFFER_IN_FOUR(WINOGRAD_DU_Z, z)
BUFFER_INOUT_FOUR(WINOGRAD_DU_DU, du)
PUSH(winograd_push, WINOGRAD_DU_BUFFERS)

uint v_start, z_start; // of the point

#define LEFT_FACTOR(i)  LOAD(v, v_start + (i))
#define LEFT_FOUR(i)    LOAD_FOUR(v, v_start + (i))
#define RIGHT_FACTOR(i) LOAD(z, z_start + (i))
#define RIGHT_FOUR(i)   LOAD_FOUR(z, z_start + (i))
#include "../lib/across_tile.glsl"

void main()
{
    uint column_tiles = (push.out_c - 1) / TILE_COLUMNS + 1;
    uint row_tiles = (push.in_c - 1) / TILE_ROWS + 1;
    uint first_column = linear_group() % column_tiles * TILE_COLUMNS;
    uint first_row = linear_group() / column_tiles % row_tiles * TILE_ROWS;
    uint point = linear_group() / column_tiles / row_tiles;
    bool is_point = point < WINOGRAD_POINTS; // there may be more groups than tiles
    v_start = is_point ? point * push.pitch * push.in_c : 0;
    z_start = is_point ? point * push.pitch * push.out_c : 0;
    across_sum(is_point ? push.count : 0, first_row, push.in_c, first_column, push.out_c);
    [[unroll]] for (int i = 0; i < SUM_ROWS; i++)
        [[unroll]] for (int r = 0; r < SUM_RUNS; r++) {
            uint row = first_row + tile_row(i), column = first_column + tile_column(r);
            uint to = (point * push.in_c + row) * push.out_c + column;
            if (!is_point || row >= push.in_c || column >= push.out_c)
                continue;
            vec4 value = sum[i * SUM_RUNS + r];
            if (push.first > 0 && BY_FOURS)
                value += LOAD_FOUR(du, to);
            [[unroll]] for (int e = 0; e < 4; e++)
                if (push.first > 0 && !BY_FOURS && column + e < push.out_c)
                    value[e] += LOAD(du, to + e);
            STORE_RUN(du, to, push.out_c - column, value)
        }
}
