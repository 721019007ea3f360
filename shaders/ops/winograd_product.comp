#version 460
// m[point, t, co] = sum over ci of v[point, t, ci] * u[point, ci, co], for each of the 36 points
//
// For GPUs: a workgroup computes a tile of one point through shared memory; see lib/tile.glsl. The
// weights of a point are one panel, [CIN, COUT].
#extension GL_GOOGLE_include_directive : require
#include "../abi/winograd.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN_FOUR(WINOGRAD_PRODUCT_V, v)
BUFFER_IN_FOUR(WINOGRAD_PRODUCT_U, u)
BUFFER_OUT_FOUR(WINOGRAD_PRODUCT_M, m)
PUSH(winograd_push, WINOGRAD_PRODUCT_BUFFERS)

uint v_start, u_start; // of the point

#define FROM(i)        LOAD(v, v_start + uint(i))
#define MATRIX(i)      LOAD(u, u_start + (i))
#define FROM_FOUR(i)   LOAD_FOUR(v, v_start + uint(i))
#define MATRIX_FOUR(i) LOAD_FOUR(u, u_start + (i))
#include "../lib/gather_tile.glsl"

void main()
{
    uint row_tiles = (push.count - 1) / TILE_ROWS + 1;
    uint column_tiles = (push.out_c - 1) / TILE_COLUMNS + 1;
    uint first_row = linear_group() % row_tiles * TILE_ROWS;
    uint first_column = linear_group() / row_tiles % column_tiles * TILE_COLUMNS;
    uint point = linear_group() / row_tiles / column_tiles;
    bool is_point = point < WINOGRAD_POINTS; // there may be more groups than tiles
    gather g = gather_dense(push.in_c, 0, push.in_c);
    g.taps = is_point ? 1 : 0;
    v_start = is_point ? point * push.pitch * push.in_c : 0;
    u_start = is_point ? point * push.in_c * push.out_c : 0;
    gather_sum(g, first_row, push.count, first_column, push.out_c);
    [[unroll]] for (int i = 0; i < SUM_ROWS; i++)
        [[unroll]] for (int r = 0; r < SUM_RUNS; r++) {
            uint row = first_row + tile_row(i), column = first_column + tile_column(r);
            uint to = (point * push.pitch + row) * push.out_c + column;
            if (is_point && row < push.count && column < push.out_c)
                STORE_RUN(m, to, push.out_c - column, sum[i * SUM_RUNS + r])
        }
}
