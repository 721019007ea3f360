// The sum of gather.glsl over one shared-memory tile of tile.glsl. Wants the macros FROM(i) and
// MATRIX(i), elements of the two factors, and FROM_FOUR(i) and MATRIX_FOUR(i), runs of them.
//
// The left factor is loaded along the sum, the right one across it. Where a pixel's first tap lies
// is found once; from step to step one number moves. Loads of the next step are under way while the
// staged one is multiplied; behind the last step they find nothing inside.
#ifndef LIB_GATHER_TILE_GLSL
#define LIB_GATHER_TILE_GLSL

#include "gather.glsl"
#include "tile.glsl"

int line[LEFT], position[LEFT], start[LEFT]; // of the first tap of a row, this step's share of it
uint matrix_start[RIGHT];

void fetch_left(gather g, int kh, int j)
{
    int line_size = g.width * g.channels, walk = kh * line_size + j;
    [[unroll]] for (int s = 0; s < LEFT; s++) {
        bool on_line = uint(line[s] + kh) < uint(g.height);
        int shift = j + int(along_step()), at = start[s] + walk;
        if (BY_FOURS) {
            bool inside =
                on_line && shift < g.run && uint(position[s] + j) < uint(line_size);
            vec4 value = FROM_FOUR(inside ? at : 0);
            next_left[s] = inside ? value : vec4(0.0);
        } else {
            [[unroll]] for (int i = 0; i < 4; i++) {
                bool inside = on_line && shift + i < g.run &&
                              uint(position[s] + j + i) < uint(line_size);
                float value = FROM(inside ? at + i : 0);
                next_left[s][i] = inside ? value : 0.0;
            }
        }
    }
}

void fetch_right(gather g, int kh, int j, uint first_column, uint columns)
{
    uint walk = (g.first_tap + uint(kh) * g.tap_pitch + uint(j)) * columns;
    uint column = first_column + across_line(TILE_COLUMNS);
    [[unroll]] for (int s = 0; s < RIGHT; s++) {
        bool on_row = j + int(across_step(s, TILE_COLUMNS)) < g.run;
        if (BY_FOURS) {
            bool inside = on_row && column < columns;
            vec4 value = MATRIX_FOUR(inside ? matrix_start[s] + walk : 0);
            next_right[s] = inside ? value : vec4(0.0);
        } else {
            [[unroll]] for (int i = 0; i < 4; i++) {
                bool inside = on_row && column + i < columns;
                float value = MATRIX(inside ? matrix_start[s] + walk + i : 0);
                next_right[s][i] = inside ? value : 0.0;
            }
        }
    }
}

// Sums rows [first_row, first_row + TILE_ROWS) and the columns from first_column on.
void gather_sum(gather g, uint first_row, uint rows, uint first_column, uint columns)
{
    [[unroll]] for (int s = 0; s < LEFT; s++) {
        gather_cell cell = gather_first(g, min(first_row + along_line(s), rows - 1));
        line[s] = gather_line(g, cell);
        position[s] = gather_position(g, cell) + int(along_step());
        start[s] = (int(cell.n) * g.height + line[s]) * g.width * g.channels + position[s];
    }
    [[unroll]] for (int s = 0; s < RIGHT; s++)
        matrix_start[s] = across_step(s, TILE_COLUMNS) * columns + first_column +
                          across_line(TILE_COLUMNS);
    tile_clear();
    int kh = 0, j = 0, steps = g.taps * ((g.run + TILE_DEPTH - 1) / TILE_DEPTH);
    fetch_left(g, kh, j);
    fetch_right(g, kh, j, first_column, columns);
    for (int step = 0; step < steps; step++) {
        barrier();
        stage_left_along();
        stage_right_across();
        barrier();
        bool next_line = j + TILE_DEPTH >= g.run && kh + 1 < g.taps;
        j = next_line ? 0 : j + TILE_DEPTH;
        kh += next_line ? 1 : 0;
        fetch_left(g, kh, j);
        fetch_right(g, kh, j, first_column, columns);
        tile_multiply();
    }
    tile_finish();
}

#endif
