// The sum over steps k of left[k][row] * right[k][column] over one shared-memory tile of tile.glsl:
// both factors lie across the sum. Wants the macros LEFT_FACTOR(i) and RIGHT_FACTOR(i), elements of
// the two, and LEFT_FOUR(i) and RIGHT_FOUR(i), runs of them.
#ifndef LIB_ACROSS_TILE_GLSL
#define LIB_ACROSS_TILE_GLSL

#include "tile.glsl"

void fetch(uint k, uint steps, uint row, uint rows, uint column, uint columns)
{
    [[unroll]] for (int s = 0; s < LEFT; s++) {
        uint i = k + across_step(s, TILE_ROWS);
        if (BY_FOURS) {
            bool inside = i < steps && row < rows;
            vec4 value = LEFT_FOUR(inside ? i * rows + row : 0);
            next_left[s] = inside ? value : vec4(0.0);
        } else {
            [[unroll]] for (int e = 0; e < 4; e++) {
                bool inside = i < steps && row + e < rows;
                float value = LEFT_FACTOR(inside ? i * rows + row + e : 0);
                next_left[s][e] = inside ? value : 0.0;
            }
        }
    }
    [[unroll]] for (int s = 0; s < RIGHT; s++) {
        uint i = k + across_step(s, TILE_COLUMNS);
        if (BY_FOURS) {
            bool inside = i < steps && column < columns;
            vec4 value = RIGHT_FOUR(inside ? i * columns + column : 0);
            next_right[s] = inside ? value : vec4(0.0);
        } else {
            [[unroll]] for (int e = 0; e < 4; e++) {
                bool inside = i < steps && column + e < columns;
                float value = RIGHT_FACTOR(inside ? i * columns + column + e : 0);
                next_right[s][e] = inside ? value : 0.0;
            }
        }
    }
}

void across_sum(uint steps, uint first_row, uint rows, uint first_column, uint columns)
{
    uint row = first_row + across_line(TILE_ROWS);
    uint column = first_column + across_line(TILE_COLUMNS);
    tile_clear();
    fetch(0, steps, row, rows, column, columns);
    for (uint k = 0; k < steps; k += TILE_DEPTH) {
        barrier();
        stage_left_across();
        stage_right_across();
        barrier();
        fetch(k + TILE_DEPTH, steps, row, rows, column, columns);
        tile_multiply();
    }
    tile_finish();
}

#endif
