// A tile of a matrix product for GPUs: 256 invocations stage TILE_DEPTH steps of both factors in
// shared memory and compute TILE_ROWS by TILE_COLUMNS results, a 16th of each side in registers.
// Where a device runs no more than 128, each has twice the rows. Any subgroup size; 12.5 KiB of
// shared memory at 128 x 64, 16.5 at 128 x 128.
//
// Rows of the arrays are padded by four words: runs of four stay aligned and columns fall into
// different banks. What an invocation loads comes in runs of four, too: either four steps of one
// line ("along" the sum) or four lines of one step ("across" it), whichever lie side by side in
// memory. BY_FOURS says that all of these runs are aligned and whole, so that one load or store
// serves each; see buffer.glsl.
//
// A shader compiled with COOPERATIVE or EMULATED computes with halves; see tile_matrix.glsl.
#ifndef LIB_TILE_GLSL
#define LIB_TILE_GLSL

#extension GL_EXT_control_flow_attributes : require

layout(constant_id = 3) const int TILE_ROWS = 128; // a power of two from 32 to 128
layout(constant_id = 4) const int TILE_COLUMNS = 64; // likewise, from 64 on
layout(constant_id = 5) const bool BY_FOURS = false;

const int TILE_DEPTH = 16, TILE_LOCAL = int(gl_WorkGroupSize.x);
const int SUM_ROWS = TILE_ROWS * 16 / TILE_LOCAL, SUM_RUNS = TILE_COLUMNS / 64; // of an invocation

#if defined COOPERATIVE || defined EMULATED
#include "matrix.glsl"
const int LEFT_PITCH = TILE_ROWS + 8, RIGHT_PITCH = TILE_COLUMNS + 8; // 16 bytes
const int ROW_RUN = 1; // rows of an invocation that follow each other
#else
#define HALF    float
#define to_half(value) (value)
const int LEFT_PITCH = TILE_ROWS + 4, RIGHT_PITCH = TILE_COLUMNS + 4;
const int ROW_RUN = SUM_ROWS < 4 ? SUM_ROWS : 4;
#endif

// Runs that an invocation loads a step; of 32 rows only every other one of 256 has any.
const int LINES = TILE_LOCAL / 4; // loaded at a time along the sum
const int LEFT = (TILE_ROWS + LINES - 1) / LINES, RIGHT = TILE_COLUMNS / LINES;

vec4 sum[SUM_ROWS * SUM_RUNS];
vec4 next_left[LEFT], next_right[RIGHT];

// Where the run v of an invocation's sums of a row, its i-th, begins in the tile.
uint tile_column(int v)
{
    return gl_LocalInvocationID.x % 16 * 4 + uint(v * 64);
}

#if defined COOPERATIVE || defined EMULATED
#include "tile_matrix.glsl"
#else

shared float tile_left[TILE_DEPTH * LEFT_PITCH];
shared float tile_right[TILE_DEPTH * RIGHT_PITCH];

uint tile_row(int i)
{
    int band = TILE_LOCAL / 16 * ROW_RUN; // rows of all invocations' i-th runs
    return gl_LocalInvocationID.x / 16 * ROW_RUN + uint(i % ROW_RUN + i / ROW_RUN * band);
}

void tile_clear()
{
    [[unroll]] for (int i = 0; i < SUM_ROWS * SUM_RUNS; i++)
        sum[i] = vec4(0.0);
}

// Adds the product of what is staged. The caller puts barriers around it.
void tile_multiply()
{
    [[unroll]] for (int k = 0; k < TILE_DEPTH; k++) {
        float left[SUM_ROWS];
        vec4 right[SUM_RUNS];
        [[unroll]] for (int i = 0; i < SUM_ROWS; i++)
            left[i] = tile_left[k * LEFT_PITCH + tile_row(i)];
        [[unroll]] for (int v = 0; v < SUM_RUNS; v++)
            [[unroll]] for (int j = 0; j < 4; j++)
                right[v][j] = tile_right[k * RIGHT_PITCH + tile_column(v) + j];
        [[unroll]] for (int i = 0; i < SUM_ROWS; i++)
            [[unroll]] for (int v = 0; v < SUM_RUNS; v++)
                sum[i * SUM_RUNS + v] += left[i] * right[v];
    }
}

// Sums are where they belong already.
void tile_finish()
{
}

#endif

// The line (row or column of the tile) and step of load s of an invocation.
uint along_line(int s)
{
    return gl_LocalInvocationID.x / 4 + uint(s * LINES);
}

uint along_step()
{
    return gl_LocalInvocationID.x % 4 * 4;
}

uint across_line(int lines)
{
    return gl_LocalInvocationID.x % (lines / 4) * 4;
}

uint across_step(int s, int lines)
{
    return gl_LocalInvocationID.x / (lines / 4) + uint(s * TILE_LOCAL * 4 / lines);
}

void stage_left_along()
{
    [[unroll]] for (int s = 0; s < LEFT; s++)
        if (TILE_ROWS >= LINES || along_line(s) < TILE_ROWS)
            [[unroll]] for (int i = 0; i < 4; i++)
                tile_left[(along_step() + i) * LEFT_PITCH + along_line(s)] =
                    to_half(next_left[s][i]);
}

void stage_right_along()
{
    [[unroll]] for (int s = 0; s < RIGHT; s++)
        [[unroll]] for (int i = 0; i < 4; i++)
            tile_right[(along_step() + i) * RIGHT_PITCH + along_line(s)] =
                to_half(next_right[s][i]);
}

void stage_left_across()
{
    uint line = across_line(TILE_ROWS);
    [[unroll]] for (int s = 0; s < LEFT; s++)
        if (TILE_ROWS >= LINES || across_step(s, TILE_ROWS) < TILE_DEPTH)
            [[unroll]] for (int i = 0; i < 4; i++)
                tile_left[across_step(s, TILE_ROWS) * LEFT_PITCH + line + i] =
                    to_half(next_left[s][i]);
}

void stage_right_across()
{
    uint line = across_line(TILE_COLUMNS);
    [[unroll]] for (int s = 0; s < RIGHT; s++)
        [[unroll]] for (int i = 0; i < 4; i++)
            tile_right[across_step(s, TILE_COLUMNS) * RIGHT_PITCH + line + i] =
                to_half(next_right[s][i]);
}

// Stores a run of sums at element `at` of the buffer, of which `count` belong to it.
#define STORE_RUN(name, at, count, value)                                                          \
    if (BY_FOURS) {                                                                                \
        STORE_FOUR(name, at, value);                                                               \
    } else {                                                                                       \
        [[unroll]] for (int e = 0; e < 4; e++)                                                     \
            if (e < (count))                                                                       \
                STORE(name, (at) + e, (value)[e]);                                                 \
    }

#endif
