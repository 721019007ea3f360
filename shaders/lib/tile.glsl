// A tile of a matrix product for GPUs: 256 invocations stage TILE_DEPTH steps of both factors in
// shared memory and compute 128 rows by 64 columns, 8 x 4 each in registers; 12.5 KiB of shared
// memory, any subgroup size. A shader of matrices with few rows may set TILE_ROWS to 32.
//
// 32 multiply-adds cost 12 words of shared memory, read as three runs of four. Rows of the arrays
// are padded by four words: runs stay aligned and columns fall into different banks.
#ifndef LIB_TILE_GLSL
#define LIB_TILE_GLSL

#extension GL_EXT_control_flow_attributes : require

#ifndef TILE_ROWS
#define TILE_ROWS 128
#endif
#define TILE_COLUMNS 64
#define TILE_DEPTH 16
#define TILE_LOCAL 256

shared float tile_left[TILE_DEPTH][TILE_ROWS + 4];
shared float tile_right[TILE_DEPTH][TILE_COLUMNS + 4];

const int SUM_ROWS = TILE_ROWS / 16, SUM_COLUMNS = 4; // of an invocation
const int ROW_RUN = min(SUM_ROWS, 4);

float sum[SUM_ROWS][SUM_COLUMNS];

// Where element (i, v) of an invocation's sums lies in the tile.
uint tile_row(int i)
{
    return gl_LocalInvocationID.x / 16 * ROW_RUN + uint(i % ROW_RUN) + uint(i / ROW_RUN) * 64;
}

uint tile_column(int v)
{
    return gl_LocalInvocationID.x % 16 * SUM_COLUMNS + uint(v);
}

void tile_clear()
{
    [[unroll]] for (int i = 0; i < SUM_ROWS; i++)
        [[unroll]] for (int v = 0; v < SUM_COLUMNS; v++)
            sum[i][v] = 0.0;
}

// Adds the product of what is staged. The caller puts barriers around it.
void tile_multiply()
{
    [[unroll]] for (int k = 0; k < TILE_DEPTH; k++) {
        float left[SUM_ROWS], right[SUM_COLUMNS];
        [[unroll]] for (int i = 0; i < SUM_ROWS; i++)
            left[i] = tile_left[k][tile_row(i)];
        [[unroll]] for (int v = 0; v < SUM_COLUMNS; v++)
            right[v] = tile_right[k][tile_column(v)];
        [[unroll]] for (int i = 0; i < SUM_ROWS; i++)
            [[unroll]] for (int v = 0; v < SUM_COLUMNS; v++)
                sum[i][v] += left[i] * right[v];
    }
}

#endif
