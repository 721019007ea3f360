#version 460
// dx[n, h, w, ci] = sum over kh, kw, co of dy[n, oh, ow, co] * w[kh, kw, ci, co],
//                   where h = oh * sh - top + kh and w = ow * sw - left + kw
//
// For CPU drivers: one subgroup computes 16 cells of one phase by 4 * LANES input channels in
// registers; see lib/lanes.glsl, and lib/gather.glsl for phases and for the order of the weights.
// variants: 4 LANES=4, 8 LANES=8
#extension GL_GOOGLE_include_directive : require
#include "../abi/conv2d.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, CONV2D_DX_DY, dy)
BUFFER_IN(float, CONV2D_DX_WT, wt)
BUFFER_OUT(float, CONV2D_DX_DX, dx)
PUSH(conv2d_push, CONV2D_DX_BUFFERS)

#define FROM(i)   LOAD(dy, i)
#define MATRIX(i) LOAD(wt, i)
#include "../lib/gather_lanes.glsl"

void main()
{
    // Every phase has as many tiles as the first, which has the most cells.
    uint phase_rows = push.batch * phase_cells(push.in_h, 0, push.stride_h) *
                      phase_cells(push.in_w, 0, push.stride_w);
    uint row_tiles = (phase_rows - 1) / TILE_ROWS + 1;
    uint column_tiles = (push.in_c - 1) / TILE_COLUMNS + 1;
    uint tile = linear_group() / row_tiles; // of columns
    if (tile >= push.stride_h * push.stride_w * column_tiles)
        return;
    gather g = gather_backward(push, tile / column_tiles);
    uint first_column = tile % column_tiles * TILE_COLUMNS;
    uint first_row = linear_group() % row_tiles * TILE_ROWS;
    uint rows = push.batch * g.rows_h * g.rows_w;
    if (first_row >= rows)
        return;
    gather_sum(g, first_row, rows, first_column, push.in_c);
    gather_cell cell = gather_first(g, first_row);
    [[unroll]] for (int i = 0; i < TILE_ROWS; i++) {
        uint at = gather_pixel(g, cell) * push.in_c;
        [[unroll]] for (int v = 0; v < TILE_VECTORS; v++) {
            uint column = column_of(first_column, v);
            if (column < push.in_c && first_row + i < rows)
                STORE(dx, at + column, sum[i][v]);
        }
        cell = gather_next(g, cell);
    }
}
