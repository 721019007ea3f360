#version 460
// dw[part, kh, kw, ci, co] = sum over the pixels n, oh, ow of a part of
//                            x[n, oh * sh - top + kh, ow * sw - left + kw, ci] * dy[n, oh, ow, co]
//
// For GPUs: a workgroup computes 128 rows (kh, kw, ci) by 64 output channels through shared
// memory; see lib/tile.glsl. An invocation loads one row for all pixels, so its tap is found once;
// where pixels lie in x is found for 256 of them at a time, one by each invocation. Parts give GPUs
// enough to share out and are summed by sum_rows.comp.
#extension GL_GOOGLE_include_directive : require
#include "../abi/conv2d.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"
#include "../lib/tile.glsl"

BUFFER_IN(float, CONV2D_DW_X, x)
BUFFER_IN(float, CONV2D_DW_DY, dy)
BUFFER_OUT(float, CONV2D_DW_DW, dw)
PUSH(conv2d_push, CONV2D_DW_BUFFERS)

const int LEFT = TILE_ROWS * TILE_DEPTH / TILE_LOCAL;
const int RIGHT = TILE_COLUMNS * TILE_DEPTH / TILE_LOCAL;
const int OUTSIDE = -(1 << 30); // a line that no tap brings into the image

// Where the first tap of each of the next 256 pixels lies: line, column and element of x.
shared int pixel_line[TILE_LOCAL], pixel_column[TILE_LOCAL], pixel_start[TILE_LOCAL];

float next_left[LEFT], next_right[RIGHT];

void find_pixel(uint p, uint end)
{
    uint t = gl_LocalInvocationID.x, n = p / (push.out_h * push.out_w);
    int line = int(p / push.out_w % push.out_h * push.stride_h) - int(push.pad_top);
    int column = int(p % push.out_w * push.stride_w) - int(push.pad_left);
    pixel_start[t] = ((int(n * push.in_h) + line) * int(push.in_w) + column) * int(push.in_c);
    pixel_line[t] = p < end ? line : OUTSIDE;
    pixel_column[t] = column;
}

void main()
{
    uint rows = push.kernel_h * push.kernel_w * push.in_c, t = gl_LocalInvocationID.x;
    uint column_tiles = (push.out_c - 1) / TILE_COLUMNS + 1, row_tiles = (rows - 1) / TILE_ROWS + 1;
    uint first_column = linear_group() % column_tiles * TILE_COLUMNS;
    uint first_row = linear_group() / column_tiles % row_tiles * TILE_ROWS;
    uint part = linear_group() / column_tiles / row_tiles;
    uint end = push.batch * push.out_h * push.out_w, p = part * push.dw_length;
    if (p >= end)
        return;
    end = min(end, p + push.dw_length);

    uint row = first_row + t % TILE_ROWS, tap = row / push.in_c;
    int kh = row < rows ? int(tap / push.kernel_w) : OUTSIDE, kw = int(tap % push.kernel_w);
    int shift = (int(tap / push.kernel_w * push.in_w) + kw) * int(push.in_c) + int(row % push.in_c);
    uint column = first_column + t % TILE_COLUMNS;
    tile_clear();
    for (; p < end; p += TILE_LOCAL) {
        find_pixel(p + t, end); // the barriers of the last step lie behind every reader
        barrier();
        uint count = min(TILE_LOCAL, end - p);
        for (uint step = 0; step < count; step += TILE_DEPTH) {
            [[unroll]] for (int s = 0; s < LEFT; s++) {
                uint i = step + t / TILE_ROWS + s * 2;
                bool inside = uint(pixel_line[i] + kh) < push.in_h &&
                              uint(pixel_column[i] + kw) < push.in_w;
                float value = LOAD(x, inside ? pixel_start[i] + shift : 0);
                next_left[s] = inside ? value : 0.0;
            }
            [[unroll]] for (int s = 0; s < RIGHT; s++) {
                uint i = step + t / TILE_COLUMNS + s * 4;
                bool inside = i < count && column < push.out_c;
                float value = LOAD(dy, inside ? (p + i) * push.out_c + column : 0);
                next_right[s] = inside ? value : 0.0;
            }
            barrier();
            [[unroll]] for (int s = 0; s < LEFT; s++)
                tile_left[t / TILE_ROWS + s * 2][t % TILE_ROWS] = next_left[s];
            [[unroll]] for (int s = 0; s < RIGHT; s++)
                tile_right[t / TILE_COLUMNS + s * 4][t % TILE_COLUMNS] = next_right[s];
            barrier();
            tile_multiply();
        }
    }
    [[unroll]] for (int i = 0; i < SUM_ROWS; i++)
        [[unroll]] for (int v = 0; v < SUM_COLUMNS; v++) {
            uint to_row = first_row + tile_row(i), to_column = first_column + tile_column(v);
            if (to_row < rows && to_column < push.out_c)
                STORE(dw, (part * rows + to_row) * push.out_c + to_column, sum[i][v]);
        }
}
