#version 460
// dx[n, h, w, ci] = sum over kh, kw, co of dy[n, oh, ow, co] * w[kh, kw, ci, co],
//                   where h = oh * sh - top + kh and w = ow * sw - left + kw
//
// For GPUs: a workgroup computes a tile of cells of one phase by input channels through shared
// memory; see lib/tile.glsl, and lib/gather.glsl for phases and for the order of the weights.
// also: matrices COOPERATIVE=1, emulated EMULATED=1
#extension GL_GOOGLE_include_directive : require
#include "../abi/conv2d.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN_FOUR(CONV2D_DX_DY, dy)
BUFFER_IN_FOUR(CONV2D_DX_WT, wt)
BUFFER_OUT_FOUR(CONV2D_DX_DX, dx)
PUSH(conv2d_push, CONV2D_DX_BUFFERS)

#define FROM(i)   LOAD(dy, i)
#define MATRIX(i) LOAD(wt, i)
#define FROM_FOUR(i)   LOAD_FOUR(dy, i)
#define MATRIX_FOUR(i) LOAD_FOUR(wt, i)
#include "../lib/gather_tile.glsl"

void main()
{
    // Every phase has as many tiles as the first, which has the most cells.
    uint phases = push.stride_h * push.stride_w;
    uint phase_rows = push.batch * phase_cells(push.in_h, 0, push.stride_h) *
                      phase_cells(push.in_w, 0, push.stride_w);
    uint row_tiles = (phase_rows - 1) / TILE_ROWS + 1;
    uint column_tiles = (push.in_c - 1) / TILE_COLUMNS + 1;
    uint tile = linear_group() / column_tiles, phase_number = tile / row_tiles;
    uint first_column = linear_group() % column_tiles * TILE_COLUMNS;
    gather g = gather_backward(push, min(phase_number, phases - 1));
    uint first_row = tile % row_tiles * TILE_ROWS, rows = push.batch * g.rows_h * g.rows_w;
    bool is_tile = phase_number < phases && first_row < rows;
    g.taps = is_tile ? g.taps : 0; // more groups than tiles: nothing to sum
    rows = is_tile ? rows : 1;
    gather_sum(g, first_row, rows, first_column, push.in_c);
    gather_cell cell;
    [[unroll]] for (int i = 0; i < SUM_ROWS; i++) {
        uint row = first_row + tile_row(i);
        cell = i % ROW_RUN == 0 ? gather_first(g, row) : gather_next(g, cell);
        uint at = gather_pixel(g, cell) * push.in_c;
        [[unroll]] for (int v = 0; v < SUM_RUNS; v++) {
            uint column = first_column + tile_column(v);
            if (is_tile && row < rows && column < push.in_c)
                STORE_RUN(dx, at + column, push.in_c - column, sum[i * SUM_RUNS + v])
        }
    }
}
