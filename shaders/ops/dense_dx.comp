#version 460
// dx[part, n, k] = sum over the units u of a part of dy[n, u] * w[k, u]
//
// For GPUs: a workgroup computes 32 rows by 64 inputs through shared memory; see lib/tile.glsl.
// Both factors are read along u, 16 units of a row by neighbouring invocations, and w is turned on
// its way into shared memory.
#extension GL_GOOGLE_include_directive : require
#include "../abi/dense.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

#define TILE_ROWS 32
#include "../lib/tile.glsl"

BUFFER_IN(float, DENSE_DX_DY, dy)
BUFFER_IN(float, DENSE_DX_W, w)
BUFFER_OUT(float, DENSE_DX_DX, dx)
PUSH(dense_push, DENSE_DX_BUFFERS)

const int LEFT = TILE_ROWS * TILE_DEPTH / TILE_LOCAL;
const int RIGHT = TILE_COLUMNS * TILE_DEPTH / TILE_LOCAL;

float next_left[LEFT], next_right[RIGHT];

void fetch(uint first_row, uint first_column, uint u, uint end)
{
    uint t = gl_LocalInvocationID.x;
    u += t % TILE_DEPTH;
    [[unroll]] for (int s = 0; s < LEFT; s++) {
        uint row = first_row + t / TILE_DEPTH + s * 16;
        bool inside = row < push.batch && u < end;
        float value = LOAD(dy, inside ? row * push.units + u : 0);
        next_left[s] = inside ? value : 0.0;
    }
    [[unroll]] for (int s = 0; s < RIGHT; s++) {
        uint column = first_column + t / TILE_DEPTH + s * 16;
        bool inside = column < push.inputs && u < end;
        float value = LOAD(w, inside ? column * push.units + u : 0);
        next_right[s] = inside ? value : 0.0;
    }
}

void stage()
{
    uint t = gl_LocalInvocationID.x;
    [[unroll]] for (int s = 0; s < LEFT; s++)
        tile_left[t % TILE_DEPTH][t / TILE_DEPTH + s * 16] = next_left[s];
    [[unroll]] for (int s = 0; s < RIGHT; s++)
        tile_right[t % TILE_DEPTH][t / TILE_DEPTH + s * 16] = next_right[s];
}

void main()
{
    uint row_tiles = (push.batch - 1) / TILE_ROWS + 1;
    uint column_tiles = (push.inputs - 1) / TILE_COLUMNS + 1;
    uint first_row = linear_group() % row_tiles * TILE_ROWS;
    uint first_column = linear_group() / row_tiles % column_tiles * TILE_COLUMNS;
    uint part = linear_group() / row_tiles / column_tiles;
    if (part >= push.dx_parts)
        return;
    uint u = part * push.dx_length, end = min(u + push.dx_length, push.units);
    tile_clear();
    fetch(first_row, first_column, u, end);
    for (; u < end; u += TILE_DEPTH) {
        barrier();
        stage();
        barrier();
        if (u + TILE_DEPTH < end)
            fetch(first_row, first_column, u + TILE_DEPTH, end);
        tile_multiply();
    }
    [[unroll]] for (int i = 0; i < SUM_ROWS; i++)
        [[unroll]] for (int v = 0; v < SUM_COLUMNS; v++) {
            uint row = first_row + tile_row(i), column = first_column + tile_column(v);
            if (row < push.batch && column < push.inputs)
                STORE(dx, (part * push.batch + row) * push.inputs + column, sum[i][v]);
        }
}
