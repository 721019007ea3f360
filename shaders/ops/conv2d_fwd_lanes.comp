#version 460
// y[n, oh, ow, co] = act(b[co] + sum over kh, kw, ci of
//                        x[n, oh * sh - top + kh, ow * sw - left + kw, ci] * w[kh, kw, ci, co])
//
// For CPU drivers: one subgroup computes 16 pixels by 4 * LANES output channels in registers; see
// lib/lanes.glsl for why, lib/gather.glsl for how the sum is walked.
// variants: 4 LANES=4, 8 LANES=8
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
#include "../lib/gather_lanes.glsl"

void main()
{
    gather g = gather_forward(push);
    uint rows = push.batch * push.out_h * push.out_w;
    uint row_tiles = (rows - 1) / TILE_ROWS + 1;
    uint first_row = linear_group() % row_tiles * TILE_ROWS;
    uint first_column = linear_group() / row_tiles * TILE_COLUMNS;
    if (first_column >= push.out_c)
        return;
    gather_sum(g, first_row, rows, first_column, push.out_c);
    [[unroll]] for (int v = 0; v < TILE_VECTORS; v++) {
        uint column = column_of(first_column, v);
        bool is_column = column < push.out_c;
        float bias = push.has_bias != 0 ? LOAD(b, is_column ? column : 0) : 0.0;
        [[unroll]] for (int i = 0; i < TILE_ROWS; i++) {
            float value = sum[i][v] + bias;
            value = activate(push.activation, value);
            if (is_column && first_row + i < rows)
                STORE(y, (first_row + i) * push.out_c + column, value);
        }
    }
}
