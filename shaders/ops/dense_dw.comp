#version 460
// dw[k, u] = sum over n of x[n, k] * dy[n, u]
//
// For GPUs: a workgroup computes 128 inputs by 64 units through shared memory; see lib/tile.glsl.
// Both factors are read along their rows.
#extension GL_GOOGLE_include_directive : require
#include "../abi/dense.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"
#include "../lib/tile.glsl"

BUFFER_IN(float, DENSE_DW_X, x)
BUFFER_IN(float, DENSE_DW_DY, dy)
BUFFER_OUT(float, DENSE_DW_DW, dw)
PUSH(dense_push, DENSE_DW_BUFFERS)

const int LEFT = TILE_ROWS * TILE_DEPTH / TILE_LOCAL;
const int RIGHT = TILE_COLUMNS * TILE_DEPTH / TILE_LOCAL;

void main()
{
    uint column_tiles = (push.units - 1) / TILE_COLUMNS + 1, t = gl_LocalInvocationID.x;
    uint first_row = linear_group() / column_tiles * TILE_ROWS;
    uint first_column = linear_group() % column_tiles * TILE_COLUMNS;
    if (first_row >= push.inputs)
        return;
    uint row = first_row + t % TILE_ROWS, column = first_column + t % TILE_COLUMNS;
    tile_clear();
    for (uint n = 0; n < push.batch; n += TILE_DEPTH) {
        float left[LEFT], right[RIGHT];
        [[unroll]] for (int s = 0; s < LEFT; s++) {
            uint i = n + t / TILE_ROWS + s * 2;
            bool inside = i < push.batch && row < push.inputs;
            float value = LOAD(x, inside ? i * push.inputs + row : 0);
            left[s] = inside ? value : 0.0;
        }
        [[unroll]] for (int s = 0; s < RIGHT; s++) {
            uint i = n + t / TILE_COLUMNS + s * 4;
            bool inside = i < push.batch && column < push.units;
            float value = LOAD(dy, inside ? i * push.units + column : 0);
            right[s] = inside ? value : 0.0;
        }
        barrier();
        [[unroll]] for (int s = 0; s < LEFT; s++)
            tile_left[t / TILE_ROWS + s * 2][t % TILE_ROWS] = left[s];
        [[unroll]] for (int s = 0; s < RIGHT; s++)
            tile_right[t / TILE_COLUMNS + s * 4][t % TILE_COLUMNS] = right[s];
        barrier();
        tile_multiply();
    }
    [[unroll]] for (int i = 0; i < SUM_ROWS; i++)
        [[unroll]] for (int v = 0; v < SUM_COLUMNS; v++) {
            uint to_row = first_row + tile_row(i), to_column = first_column + tile_column(v);
            if (to_row < push.inputs && to_column < push.units)
                STORE(dw, to_row * push.units + to_column, sum[i][v]);
        }
}
