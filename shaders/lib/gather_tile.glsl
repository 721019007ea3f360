// The sum of gather.glsl over one shared-memory tile of tile.glsl. Wants the macros FROM(i) and
// MATRIX(i), elements of the two factors.
//
// The left factor is staged 16 elements of a row at a time, the right one 64 columns at a time, by
// neighbouring invocations. Loads of the next step are under way while the staged one is
// multiplied.
#ifndef LIB_GATHER_TILE_GLSL
#define LIB_GATHER_TILE_GLSL

#include "gather.glsl"
#include "tile.glsl"

const int GATHER_LEFT = TILE_ROWS * TILE_DEPTH / TILE_LOCAL;
const int GATHER_RIGHT = TILE_COLUMNS * TILE_DEPTH / TILE_LOCAL;

int line[GATHER_LEFT], position[GATHER_LEFT], start[GATHER_LEFT];
float next_left[GATHER_LEFT], next_right[GATHER_RIGHT];

void gather_fetch(gather g, int kh, int j, uint column, uint columns)
{
    int line_size = g.width * g.channels;
    int shift = j + int(gl_LocalInvocationID.x % TILE_DEPTH);
    [[unroll]] for (int s = 0; s < GATHER_LEFT; s++) {
        bool inside = shift < g.run && uint(line[s] + kh) < uint(g.height) &&
                      uint(position[s] + shift) < uint(line_size);
        float value = FROM(inside ? start[s] + kh * line_size + shift : 0);
        next_left[s] = inside ? value : 0.0;
    }
    [[unroll]] for (int s = 0; s < GATHER_RIGHT; s++) {
        int step = j + int(gl_LocalInvocationID.x / TILE_COLUMNS) + s * 4;
        bool inside = step < g.run && column < columns;
        uint row = g.first_tap + uint(kh) * g.tap_pitch + uint(step);
        float value = MATRIX(inside ? row * columns + column : 0);
        next_right[s] = inside ? value : 0.0;
    }
}

void gather_stage()
{
    uint t = gl_LocalInvocationID.x;
    [[unroll]] for (int s = 0; s < GATHER_LEFT; s++)
        tile_left[t % TILE_DEPTH][t / TILE_DEPTH + s * 16] = next_left[s];
    [[unroll]] for (int s = 0; s < GATHER_RIGHT; s++)
        tile_right[t / TILE_COLUMNS + s * 4][t % TILE_COLUMNS] = next_right[s];
}

// Sums rows [first_row, first_row + TILE_ROWS) and the columns from first_column on.
void gather_sum(gather g, uint first_row, uint rows, uint first_column, uint columns)
{
    uint t = gl_LocalInvocationID.x, column = first_column + t % TILE_COLUMNS;
    [[unroll]] for (int s = 0; s < GATHER_LEFT; s++) {
        gather_cell cell = gather_first(g, min(first_row + t / TILE_DEPTH + s * 16, rows - 1));
        line[s] = gather_line(g, cell);
        position[s] = gather_position(g, cell);
        start[s] = (int(cell.n) * g.height + line[s]) * g.width * g.channels + position[s];
    }
    tile_clear();
    int kh = 0, j = 0, steps = g.taps * ((g.run + TILE_DEPTH - 1) / TILE_DEPTH);
    if (steps > 0)
        gather_fetch(g, kh, j, column, columns);
    for (int step = 0; step < steps; step++) {
        barrier();
        gather_stage();
        barrier();
        j += TILE_DEPTH;
        kh += j < g.run ? 0 : 1;
        j = j < g.run ? j : 0;
        if (step + 1 < steps)
            gather_fetch(g, kh, j, column, columns);
        tile_multiply();
    }
}

#endif
