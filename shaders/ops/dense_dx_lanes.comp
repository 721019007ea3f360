#version 460
// dx[part, n, k] = sum over the units u of a part of dy[n, u] * w[k, u]
//
// For CPU drivers: one subgroup computes 8 rows by 8 inputs, lanes along u, along which both
// factors are contiguous: turning w, the largest tensor of many models, would cost more than the
// product. Each lane sums its own units; shuffles add the lanes at the end.
// variants: 4 LANES=4, 8 LANES=8
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_shuffle : require
#include "../abi/dense.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, DENSE_DX_DY, dy)
BUFFER_IN(float, DENSE_DX_W, w)
BUFFER_OUT(float, DENSE_DX_DX, dx)
PUSH(dense_push, DENSE_DX_BUFFERS)

const int ROWS = 8, COLUMNS = 8;
const int VECTORS = max(COLUMNS / LANES, 1); // that the columns fill

float sum[ROWS][COLUMNS];
uint row_start[ROWS], column_start[COLUMNS];

// Adds the products of LANES units from u on, those before `end`.
void add(uint u, uint end)
{
    float left[ROWS], right[COLUMNS];
    uint at = u + gl_SubgroupInvocationID;
    bool inside = at < end;
    at = inside ? at : u;
    [[unroll]] for (int i = 0; i < ROWS; i++) {
        float value = LOAD(dy, row_start[i] + at);
        left[i] = inside ? value : 0.0;
    }
    [[unroll]] for (int j = 0; j < COLUMNS; j++) {
        float value = LOAD(w, column_start[j] + at);
        right[j] = inside ? value : 0.0;
        [[unroll]] for (int i = 0; i < ROWS; i++)
            sum[i][j] += left[i] * right[j];
    }
}

float sum_lanes(float value)
{
    value += subgroupShuffleXor(value, 1);
    value += subgroupShuffleXor(value, 2);
#if LANES >= 8
    value += subgroupShuffleXor(value, 4);
#endif
#if LANES >= 16
    value += subgroupShuffleXor(value, 8);
#endif
    return value;
}

void main()
{
    uint row_tiles = (push.batch - 1) / ROWS + 1, column_tiles = (push.inputs - 1) / COLUMNS + 1;
    uint first_row = linear_group() % row_tiles * ROWS;
    uint first_column = linear_group() / row_tiles % column_tiles * COLUMNS;
    uint part = linear_group() / row_tiles / column_tiles;
    if (part >= push.dx_parts)
        return;
    [[unroll]] for (int i = 0; i < ROWS; i++)
        row_start[i] = min(first_row + i, push.batch - 1) * push.units;
    [[unroll]] for (int j = 0; j < COLUMNS; j++)
        column_start[j] = min(first_column + j, push.inputs - 1) * push.units;
    [[unroll]] for (int i = 0; i < ROWS; i++)
        [[unroll]] for (int j = 0; j < COLUMNS; j++)
            sum[i][j] = 0.0;

    uint u = part * push.dx_length, end = min(u + push.dx_length, push.units);
    for (; u + LANES <= end; u += LANES)
        add(u, u + LANES);
    if (u < end)
        add(u, end);

    [[unroll]] for (int i = 0; i < ROWS; i++) {
        float values[VECTORS]; // lane l of vector v: column v * LANES + l
        [[unroll]] for (int v = 0; v < VECTORS; v++)
            values[v] = 0.0;
        [[unroll]] for (int j = 0; j < COLUMNS; j++) {
            float value = sum_lanes(sum[i][j]);
            values[j / LANES] = gl_SubgroupInvocationID == j % LANES ? value : values[j / LANES];
        }
        [[unroll]] for (int v = 0; v < VECTORS; v++) {
            uint j = v * LANES + gl_SubgroupInvocationID, column = first_column + j;
            if (j < COLUMNS && column < push.inputs && first_row + i < push.batch)
                STORE(dx, (part * push.batch + first_row + i) * push.inputs + column, values[v]);
        }
    }
}
