#version 460
// y[n, oh, ow, co] = act(b[co] + sum over kh, kw, ci of
//                        x[n, oh * sh - top + kh, ow * sw - left + kw, ci] * w[kh, kw, ci, co])
//
// For GPUs: a workgroup computes 128 pixels by 64 output channels through shared memory; see
// lib/tile.glsl, and lib/gather.glsl for how the sum is walked. The image is read in place: no
// unrolled copy of it is ever written.
#extension GL_GOOGLE_include_directive : require
#include "../abi/conv2d.h"
#include "../lib/activation.glsl"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, CONV2D_FWD_X, x)
BUFFER_IN(float, CONV2D_FWD_W, w)
BUFFER_IN(float, CONV2D_FWD_B, b)
BUFFER_OUT(float, CONV2D_FWD_Y, y)
PUSH(conv2d_push, CONV2D_FWD_BUFFERS)

#define FROM(i)   LOAD(x, i)
#define MATRIX(i) LOAD(w, i)
#include "../lib/gather_tile.glsl"

void main()
{
    gather g = gather_forward(push);
    uint rows = push.batch * push.out_h * push.out_w;
    uint column_tiles = (push.out_c - 1) / TILE_COLUMNS + 1;
    uint first_row = linear_group() / column_tiles * TILE_ROWS;
    uint first_column = linear_group() % column_tiles * TILE_COLUMNS;
    if (first_row >= rows)
        return;
    gather_sum(g, first_row, rows, first_column, push.out_c);
    [[unroll]] for (int v = 0; v < SUM_COLUMNS; v++) {
        uint column = first_column + tile_column(v);
        bool is_column = column < push.out_c;
        float bias = push.has_bias != 0 ? LOAD(b, is_column ? column : 0) : 0.0;
        [[unroll]] for (int i = 0; i < SUM_ROWS; i++) {
            uint row = first_row + tile_row(i);
            float value = sum[i][v] + bias;
            value = activate(push.activation, value);
            if (is_column && row < rows)
                STORE(y, row * push.out_c + column, value);
        }
    }
}
