#version 460
// dw[part, kh, kw, ci, co] = sum over the pixels n, oh, ow of a part of
//                            x[n, oh * sh - top + kh, ow * sw - left + kw, ci] * dy[n, oh, ow, co]
//
// For GPUs: a workgroup computes a tile of rows (kh, kw, ci) by output channels through shared
// memory; see lib/tile.glsl. Both factors lie across the sum. An invocation loads the same four
// rows for all of its pixels, so their taps are found once; its pixels are 16 apart, and where they
// lie in x moves by additions, as digits of a number move: columns carry into lines, lines into
// images. Parts give GPUs enough to share out and are summed by sum_rows.comp.
// also: matrices COOPERATIVE=1, emulated EMULATED=1
#extension GL_GOOGLE_include_directive : require
#include "../abi/conv2d.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"
#include "../lib/tile.glsl"

BUFFER_IN_FOUR(CONV2D_DW_X, x)
BUFFER_IN_FOUR(CONV2D_DW_DY, dy)
BUFFER_OUT_FOUR(CONV2D_DW_DW, dw)
PUSH(conv2d_push, CONV2D_DW_BUFFERS)

const int OUTSIDE = -(1 << 30); // a line that no pixel brings into the image

// Of the pixels that an invocation loads next: line, position within it (see lib/gather.glsl) and
// element of x under the first tap.
int line[LEFT], position[LEFT], start[LEFT];
// Of its four rows: the tap's line, position and elements after the first tap.
int tap_line[4], tap_position[4], tap_start[4];
uint dy_start[RIGHT];

void find_rows(uint row, uint rows)
{
    [[unroll]] for (int e = 0; e < 4; e++) {
        uint run = push.kernel_w * push.in_c, kh = (row + e) / run;
        tap_line[e] = row + e < rows ? int(kh) : OUTSIDE;
        tap_position[e] = int((row + e) % run);
        tap_start[e] = int(kh * push.in_w * push.in_c) + tap_position[e];
    }
}

void find_pixels(uint first)
{
    [[unroll]] for (int s = 0; s < LEFT; s++) {
        uint p = first + across_step(s, TILE_ROWS), n = p / (push.out_h * push.out_w);
        line[s] = int(p / push.out_w % push.out_h * push.stride_h) - int(push.pad_top);
        position[s] = (int(p % push.out_w * push.stride_w) - int(push.pad_left)) * int(push.in_c);
        start[s] = (int(n * push.in_h) + line[s]) * int(push.in_w * push.in_c) + position[s];
    }
}

// By TILE_DEPTH pixels.
void move_pixels()
{
    int line_size = int(push.in_w * push.in_c), image = int(push.in_h) * line_size;
    int column_size = int(push.stride_w * push.in_c); // from one output column to the next
    uint lines = TILE_DEPTH / push.out_w;
    int by_position = int(TILE_DEPTH % push.out_w) * column_size;
    int by_line = int(lines % push.out_h * push.stride_h);
    int by_start = int(lines / push.out_h) * image + by_line * line_size + by_position;
    int width = int(push.out_w) * column_size, height = int(push.out_h * push.stride_h);
    int position_end = width - int(push.pad_left * push.in_c);
    int line_end = height - int(push.pad_top);
    [[unroll]] for (int s = 0; s < LEFT; s++) {
        position[s] += by_position;
        line[s] += by_line;
        start[s] += by_start;
        bool next_line = position[s] >= position_end;
        position[s] -= next_line ? width : 0;
        line[s] += next_line ? int(push.stride_h) : 0;
        start[s] += next_line ? int(push.stride_h) * line_size - width : 0;
        bool next_image = line[s] >= line_end;
        line[s] -= next_image ? height : 0;
        start[s] += next_image ? image - height * line_size : 0;
    }
}

bool is_inside(int s, int e)
{
    return uint(line[s] + tap_line[e]) < push.in_h &&
           uint(position[s] + tap_position[e]) < push.in_w * push.in_c;
}

void fetch(uint p, uint end, uint column)
{
    [[unroll]] for (int s = 0; s < LEFT; s++) {
        bool is_pixel = p + across_step(s, TILE_ROWS) < end;
        if (BY_FOURS) {
            bool inside = is_pixel && is_inside(s, 0);
            vec4 value = LOAD_FOUR(x, inside ? start[s] + tap_start[0] : 0);
            next_left[s] = inside ? value : vec4(0.0);
        } else {
            [[unroll]] for (int e = 0; e < 4; e++) {
                bool inside = is_pixel && is_inside(s, e);
                float value = LOAD(x, inside ? start[s] + tap_start[e] : 0);
                next_left[s][e] = inside ? value : 0.0;
            }
        }
    }
    uint walk = p * push.out_c;
    [[unroll]] for (int s = 0; s < RIGHT; s++) {
        bool is_pixel = p + across_step(s, TILE_COLUMNS) < end;
        if (BY_FOURS) {
            bool inside = is_pixel && column < push.out_c;
            vec4 value = LOAD_FOUR(dy, inside ? walk + dy_start[s] : 0);
            next_right[s] = inside ? value : vec4(0.0);
        } else {
            [[unroll]] for (int e = 0; e < 4; e++) {
                bool inside = is_pixel && column + e < push.out_c;
                float value = LOAD(dy, inside ? walk + dy_start[s] + e : 0);
                next_right[s][e] = inside ? value : 0.0;
            }
        }
    }
}

void main()
{
    uint rows = push.kernel_h * push.kernel_w * push.in_c;
    uint column_tiles = (push.out_c - 1) / TILE_COLUMNS + 1;
    uint row_tiles = (rows - 1) / TILE_ROWS + 1;
    uint first_column = linear_group() % column_tiles * TILE_COLUMNS;
    uint first_row = linear_group() / column_tiles % row_tiles * TILE_ROWS;
    uint part = linear_group() / column_tiles / row_tiles;
    uint pixels = push.batch * push.out_h * push.out_w, p = part * push.dw_length;
    uint end = min(pixels, p + push.dw_length); // not behind p where more groups are than tiles

    uint column = first_column + across_line(TILE_COLUMNS);
    find_rows(first_row + across_line(TILE_ROWS), rows);
    find_pixels(p);
    [[unroll]] for (int s = 0; s < RIGHT; s++)
        dy_start[s] = across_step(s, TILE_COLUMNS) * push.out_c + column;
    tile_clear();
    fetch(p, end, column);
    for (uint at = p; at < end; at += TILE_DEPTH) {
        barrier();
        stage_left_across();
        stage_right_across();
        barrier();
        move_pixels();
        fetch(at + TILE_DEPTH, end, column);
        tile_multiply();
    }
    tile_finish();
    [[unroll]] for (int i = 0; i < SUM_ROWS; i++)
        [[unroll]] for (int v = 0; v < SUM_RUNS; v++) {
            uint to_row = first_row + tile_row(i), to_column = first_column + tile_column(v);
            uint to = (part * rows + to_row) * push.out_c + to_column;
            if (p < end && to_row < rows && to_column < push.out_c)
                STORE_RUN(dw, to, push.out_c - to_column, sum[i * SUM_RUNS + v])
        }
}
