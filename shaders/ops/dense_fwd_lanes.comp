#version 460
// y[n, u] = act(b[u] + sum over k of x[n, k] * w[k, u]), or the sums alone, part by part of k
//
// For CPU drivers: one subgroup computes 16 rows, or few, by 4 * LANES units in registers; see
// lib/lanes.glsl.
// variants: 4 LANES=4, 8 LANES=8
// variants: few_4 LANES=4 TILE_ROWS=4, few_8 LANES=8 TILE_ROWS=4
#extension GL_GOOGLE_include_directive : require
#include "../abi/dense.h"
#include "../lib/activation.glsl"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, DENSE_FWD_X, x)
BUFFER_IN(float, DENSE_FWD_W, w)
BUFFER_IN(float, DENSE_FWD_B, b)
BUFFER_OUT(float, DENSE_FWD_Y, y)
PUSH(dense_push, DENSE_FWD_BUFFERS)

#define ALL_INSIDE
#define FROM(i)   LOAD(x, i)
#define MATRIX(i) LOAD(w, i)
#include "../lib/gather_lanes.glsl"

// Reads a number of every cache line of the rows of w that the part needs. A tile goes through them
// by a few lines a row, which no prefetcher follows: the processor would wait for each. Here every
// load asks for LANES lines at a time, and the part's other tiles find them in the cache.
uint touch_weights(uint first, uint length)
{
    const uint LINE = 16; // floats
    uint from = first * push.units, end = min(first + length, push.inputs) * push.units;
    uint touched = 0;
    for (uint i = from + gl_SubgroupInvocationID * LINE; i < end; i += LANES * LINE)
        touched ^= floatBitsToUint(LOAD(w, i));
    return touched;
}

void main()
{
    uint row_tiles = (push.batch - 1) / TILE_ROWS + 1;
    uint column_tiles = (push.units - 1) / TILE_COLUMNS + 1;
    uint first_row = linear_group() % row_tiles * TILE_ROWS;
    uint first_column = linear_group() / row_tiles % column_tiles * TILE_COLUMNS;
    uint part = linear_group() / row_tiles / column_tiles;
    if (part >= push.fwd_parts)
        return;
    uint first = part * push.fwd_length, touched = 0;
    if (first_row == 0 && first_column == 0)
        touched = touch_weights(first, push.fwd_length);
    gather_sum(gather_dense(push.inputs, first, push.fwd_length), first_row, push.batch,
               first_column, push.units);
    if (touched * touched == 5) // never, as a square modulo 8; so that the loads are not left out
        sum[0][0] += 1.0;
    bool is_whole = push.fwd_parts == 1;
    [[unroll]] for (int v = 0; v < TILE_VECTORS; v++) {
        uint column = column_of(first_column, v);
        bool is_column = column < push.units, has_bias = is_whole && push.has_bias != 0;
        float bias = has_bias ? LOAD(b, is_column ? column : 0) : 0.0;
        [[unroll]] for (int i = 0; i < TILE_ROWS; i++) {
            uint row = first_row + i;
            float value = sum[i][v] + bias;
            value = is_whole ? activate(push.activation, value) : value;
            if (is_column && row < push.batch)
                STORE(y, (part * push.batch + row) * push.units + column, value);
        }
    }
}
