#version 460
// dx[n, h, w, ci] = sum over kh, kw, co of dy[n, oh, ow, co] * w[kh, kw, ci, co],
//                   where h = oh * sh - top + kh and w = ow * sw - left + kw
//
// For GPUs: a workgroup computes 128 cells of one phase by 64 input channels through shared memory;
// see lib/tile.glsl, and lib/gather.glsl for phases and for the order of the weights.
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
#include "../lib/gather_tile.glsl"

void main()
{
    // Every phase has as many tiles as the first, which has the most cells.
    uint phase_rows = push.batch * phase_cells(push.in_h, 0, push.stride_h) *
                      phase_cells(push.in_w, 0, push.stride_w);
    uint row_tiles = (phase_rows - 1) / TILE_ROWS + 1;
    uint column_tiles = (push.in_c - 1) / TILE_COLUMNS + 1;
    uint tile = linear_group() / column_tiles;
    uint first_column = linear_group() % column_tiles * TILE_COLUMNS;
    if (tile >= push.stride_h * push.stride_w * row_tiles)
        return;
    gather g = gather_backward(push, tile / row_tiles);
    uint first_row = tile % row_tiles * TILE_ROWS, rows = push.batch * g.rows_h * g.rows_w;
    if (first_row >= rows)
        return;
    gather_sum(g, first_row, rows, first_column, push.in_c);
    [[unroll]] for (int i = 0; i < SUM_ROWS; i++) {
        uint row = first_row + tile_row(i);
        uint at = gather_pixel(g, gather_first(g, row)) * push.in_c;
        [[unroll]] for (int v = 0; v < SUM_COLUMNS; v++) {
            uint column = first_column + tile_column(v);
            if (column < push.in_c && row < rows)
                STORE(dx, at + column, sum[i][v]);
        }
    }
}
