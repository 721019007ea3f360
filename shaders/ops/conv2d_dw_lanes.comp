#version 460
// dw[part, kh, kw, ci, co] = sum over the pixels n, oh, ow of a part of
//                            x[n, oh * sh - top + kh, ow * sw - left + kw, ci] * dy[n, oh, ow, co]
//
// For CPU drivers: one subgroup computes 16 rows (kh, kw, ci) by 4 * LANES output channels in
// registers; see lib/lanes.glsl. A lane keeps its own tap for all pixels, so walking the pixels
// needs no division; parts bound the length of the walk and are summed by sum_rows.comp.
// variants: 4 LANES=4, 8 LANES=8
#extension GL_GOOGLE_include_directive : require
#include "../abi/conv2d.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"
#include "../lib/lanes.glsl"

BUFFER_IN(float, CONV2D_DW_X, x)
BUFFER_IN(float, CONV2D_DW_DY, dy)
BUFFER_OUT(float, CONV2D_DW_DW, dw)
PUSH(conv2d_push, CONV2D_DW_BUFFERS)

const int LOADS = TILE_ROWS / LANES; // of x a pixel

void main()
{
    uint rows = push.kernel_h * push.kernel_w * push.in_c, pixels = push.out_h * push.out_w;
    uint column_tiles = (push.out_c - 1) / TILE_COLUMNS + 1, row_tiles = (rows - 1) / TILE_ROWS + 1;
    uint first_column = linear_group() % column_tiles * TILE_COLUMNS;
    uint first_row = linear_group() / column_tiles % row_tiles * TILE_ROWS;
    uint part = linear_group() / column_tiles / row_tiles;
    uint end = push.batch * pixels, p = part * push.dw_length;
    if (p >= end)
        return;
    end = min(end, p + push.dw_length);

    int kh[LOADS], kw[LOADS], shift[LOADS];
    [[unroll]] for (int r = 0; r < LOADS; r++) {
        uint row = first_row + r * LANES + gl_SubgroupInvocationID, tap = row / push.in_c;
        kh[r] = int(tap / push.kernel_w), kw[r] = int(tap % push.kernel_w);
        shift[r] = (kh[r] * int(push.in_w) + kw[r]) * int(push.in_c) + int(row % push.in_c);
    }
    uint column[TILE_VECTORS];
    [[unroll]] for (int v = 0; v < TILE_VECTORS; v++)
        column[v] = min(column_of(first_column, v), push.out_c - 1);
    sum_clear();

    uint n = p / pixels, oh = p / push.out_w % push.out_h, ow = p % push.out_w;
    while (p < end) { // one line of pixels, or what of it belongs to the part
        uint count = min(push.out_w - ow, end - p);
        int line = int(oh * push.stride_h) - int(push.pad_top);
        int cell = int(ow * push.stride_w) - int(push.pad_left);
        int start = ((int(n * push.in_h) + line) * int(push.in_w) + cell) * int(push.in_c);
        int step = int(push.stride_w * push.in_c);
        uint at = p * push.out_c;
        int limit[LOADS];
        [[unroll]] for (int r = 0; r < LOADS; r++)
            limit[r] = uint(line + kh[r]) < push.in_h ? int(push.in_w) : 0;
        for (uint i = 0; i < count; i++) {
            float values[LOADS], factor[TILE_VECTORS];
            [[unroll]] for (int r = 0; r < LOADS; r++) {
                bool inside = uint(cell + kw[r]) < uint(limit[r]);
                float value = LOAD(x, inside ? start + shift[r] : 0);
                values[r] = inside ? value : 0.0;
            }
            [[unroll]] for (int v = 0; v < TILE_VECTORS; v++)
                factor[v] = LOAD(dy, at + column[v]);
            [[unroll]] for (int k = 0; k < TILE_ROWS; k++) {
                float value = BROADCAST(values[k / LANES], k % LANES);
                [[unroll]] for (int v = 0; v < TILE_VECTORS; v++)
                    sum[k][v] += value * factor[v];
            }
            cell += int(push.stride_w), start += step, at += push.out_c;
        }
        p += count;
        ow = 0, oh++;
        n += oh == push.out_h ? 1 : 0;
        oh = oh == push.out_h ? 0 : oh;
    }

    [[unroll]] for (int v = 0; v < TILE_VECTORS; v++)
        [[unroll]] for (int k = 0; k < TILE_ROWS; k++)
            if (column_of(first_column, v) < push.out_c && first_row + k < rows)
                STORE(dw, (part * rows + first_row + k) * push.out_c + column[v], sum[k][v]);
}
