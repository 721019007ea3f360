#version 460
// dx[part, n, k] = sum over the units u of a part of dy[n, u] * w[k, u]
//
// For GPUs: a workgroup computes a tile of rows by inputs through shared memory; see lib/tile.glsl.
// Both factors are read along u, and turned on their way into shared memory.
// also: matrices COOPERATIVE=1, emulated EMULATED=1
#extension GL_GOOGLE_include_directive : require
#include "../abi/dense.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"
#include "../lib/tile.glsl"

BUFFER_IN_FOUR(DENSE_DX_DY, dy)
BUFFER_IN_FOUR(DENSE_DX_W, w)
BUFFER_OUT_FOUR(DENSE_DX_DX, dx)
PUSH(dense_push, DENSE_DX_BUFFERS)

void fetch(uint first_row, uint first_column, uint u, uint end)
{
    u += along_step();
    [[unroll]] for (int s = 0; s < LEFT; s++) {
        uint row = first_row + along_line(s);
        if (BY_FOURS) {
            bool inside = row < push.batch && u < end;
            vec4 value = LOAD_FOUR(dy, inside ? row * push.units + u : 0);
            next_left[s] = inside ? value : vec4(0.0);
        } else {
            [[unroll]] for (int i = 0; i < 4; i++) {
                bool inside = row < push.batch && u + i < end;
                float value = LOAD(dy, inside ? row * push.units + u + i : 0);
                next_left[s][i] = inside ? value : 0.0;
            }
        }
    }
    [[unroll]] for (int s = 0; s < RIGHT; s++) {
        uint column = first_column + along_line(s);
        if (BY_FOURS) {
            bool inside = column < push.inputs && u < end;
            vec4 value = LOAD_FOUR(w, inside ? column * push.units + u : 0);
            next_right[s] = inside ? value : vec4(0.0);
        } else {
            [[unroll]] for (int i = 0; i < 4; i++) {
                bool inside = column < push.inputs && u + i < end;
                float value = LOAD(w, inside ? column * push.units + u + i : 0);
                next_right[s][i] = inside ? value : 0.0;
            }
        }
    }
}

void main()
{
    uint row_tiles = (push.batch - 1) / TILE_ROWS + 1;
    uint column_tiles = (push.inputs - 1) / TILE_COLUMNS + 1;
    uint first_row = linear_group() % row_tiles * TILE_ROWS;
    uint first_column = linear_group() / row_tiles % column_tiles * TILE_COLUMNS;
    uint part = linear_group() / row_tiles / column_tiles;
    bool is_part = part < push.dx_parts; // there may be more groups than tiles
    uint first = part * push.dx_length, end = is_part ? min(first + push.dx_length, push.units) : 0;
    tile_clear();
    fetch(first_row, first_column, first, end);
    for (uint u = first; u < end; u += TILE_DEPTH) {
        barrier();
        stage_left_along();
        stage_right_along();
        barrier();
        fetch(first_row, first_column, u + TILE_DEPTH, end);
        tile_multiply();
    }
    tile_finish();
    [[unroll]] for (int i = 0; i < SUM_ROWS; i++)
        [[unroll]] for (int v = 0; v < SUM_RUNS; v++) {
            uint row = first_row + tile_row(i), column = first_column + tile_column(v);
            uint to = (part * push.batch + row) * push.inputs + column;
            if (is_part && row < push.batch && column < push.inputs)
                STORE_RUN(dx, to, push.inputs - column, sum[i * SUM_RUNS + v])
        }
}
