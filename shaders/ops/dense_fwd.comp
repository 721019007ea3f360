#version 460
// y[n, u] = act(b[u] + sum over k of x[n, k] * w[k, u]), or the sums alone, part by part of k
//
// For GPUs: a workgroup computes a tile of rows by units through shared memory; see lib/tile.glsl.
// Batches are small and matrices large, so sums are split for parallelism.
// also: matrices COOPERATIVE=1, emulated EMULATED=1
#extension GL_GOOGLE_include_directive : require
#include "../abi/dense.h"
#include "../lib/activation.glsl"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN_FOUR(DENSE_FWD_X, x)
BUFFER_IN_FOUR(DENSE_FWD_W, w)
BUFFER_IN(float, DENSE_FWD_B, b)
BUFFER_OUT_FOUR(DENSE_FWD_Y, y)
PUSH(dense_push, DENSE_FWD_BUFFERS)

#define FROM(i)        LOAD(x, i)
#define MATRIX(i)      LOAD(w, i)
#define FROM_FOUR(i)   LOAD_FOUR(x, i)
#define MATRIX_FOUR(i) LOAD_FOUR(w, i)
#include "../lib/gather_tile.glsl"

void main()
{
    uint row_tiles = (push.batch - 1) / TILE_ROWS + 1;
    uint column_tiles = (push.units - 1) / TILE_COLUMNS + 1;
    uint first_row = linear_group() % row_tiles * TILE_ROWS;
    uint first_column = linear_group() / row_tiles % column_tiles * TILE_COLUMNS;
    uint part = linear_group() / row_tiles / column_tiles;
    bool is_part = part < push.fwd_parts; // there may be more groups than tiles
    uint first = is_part ? part * push.fwd_length : push.inputs;
    gather_sum(gather_dense(push.inputs, first, push.fwd_length), first_row, push.batch,
               first_column, push.units);
    bool is_whole = push.fwd_parts == 1;
    [[unroll]] for (int v = 0; v < SUM_RUNS; v++) {
        uint column = first_column + tile_column(v);
        bool has_bias = is_whole && push.has_bias != 0;
        vec4 bias;
        [[unroll]] for (int e = 0; e < 4; e++)
            bias[e] = has_bias ? LOAD(b, min(column + e, push.units - 1)) : 0.0;
        [[unroll]] for (int i = 0; i < SUM_ROWS; i++) {
            uint row = first_row + tile_row(i);
            uint to = (part * push.batch + row) * push.units + column;
            vec4 value = sum[i * SUM_RUNS + v] + bias;
            [[unroll]] for (int e = 0; e < 4; e++)
                value[e] = is_whole ? activate(push.activation, value[e]) : value[e];
            if (is_part && row < push.batch && column < push.units)
                STORE_RUN(y, to, push.units - column, value)
        }
    }
}
