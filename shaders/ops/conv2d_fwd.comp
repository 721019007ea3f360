#version 460
// y[n, oh, ow, co] = act(b[co] + sum over kh, kw, ci of
//                        x[n, oh * sh - top + kh, ow * sw - left + kw, ci] * w[kh, kw, ci, co])
//
// For GPUs: a workgroup computes a tile of pixels by output channels through shared memory; see
// lib/tile.glsl, and lib/gather.glsl for how the sum is walked. The image is read in place: no
// unrolled copy of it is ever written.
// also: matrices COOPERATIVE=1, emulated EMULATED=1
#extension GL_GOOGLE_include_directive : require
#include "../abi/conv2d.h"
#include "../lib/activation.glsl"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN_FOUR(CONV2D_FWD_X, x)
BUFFER_IN_FOUR(CONV2D_FWD_W, w)
BUFFER_IN(float, CONV2D_FWD_B, b)
BUFFER_OUT_FOUR(CONV2D_FWD_Y, y)
PUSH(conv2d_push, CONV2D_FWD_BUFFERS)

#define FROM(i)   LOAD(x, i)
#define MATRIX(i) LOAD(w, i)
#define FROM_FOUR(i)   LOAD_FOUR(x, i)
#define MATRIX_FOUR(i) LOAD_FOUR(w, i)
#include "../lib/gather_tile.glsl"

void main()
{
    gather g = gather_forward(push);
    uint rows = push.batch * push.out_h * push.out_w;
    uint column_tiles = (push.out_c - 1) / TILE_COLUMNS + 1;
    uint first_row = linear_group() / column_tiles * TILE_ROWS;
    uint first_column = linear_group() % column_tiles * TILE_COLUMNS;
    g.taps = first_row < rows ? g.taps : 0; // more groups than tiles: nothing to sum
    gather_sum(g, first_row, rows, first_column, push.out_c);
    [[unroll]] for (int v = 0; v < SUM_RUNS; v++) {
        uint column = first_column + tile_column(v);
        vec4 bias;
        [[unroll]] for (int e = 0; e < 4; e++)
            bias[e] = push.has_bias != 0 ? LOAD(b, min(column + e, push.out_c - 1)) : 0.0;
        [[unroll]] for (int i = 0; i < SUM_ROWS; i++) {
            uint row = first_row + tile_row(i);
            vec4 value = sum[i * SUM_RUNS + v] + bias;
            [[unroll]] for (int e = 0; e < 4; e++)
                value[e] = activate(push.activation, value[e]);
            if (row < rows && column < push.out_c)
                STORE_RUN(y, row * push.out_c + column, push.out_c - column, value)
        }
    }
}
