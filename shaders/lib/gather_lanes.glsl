// The sum of gather.glsl over one register tile of lanes.glsl. Wants the macros FROM(i) and
// MATRIX(i), elements of the two factors; with ALL_INSIDE no element of a tap row lies outside.
#ifndef LIB_GATHER_LANES_GLSL
#define LIB_GATHER_LANES_GLSL

#include "gather.glsl"
#include "lanes.glsl"

// One step of the sum: lane `lane` of every row's values, times a row of the matrix.
#define ADD_STEP(VALUE)                                                                            \
    {                                                                                              \
        float factor[TILE_VECTORS];                                                                \
        [[unroll]] for (int v = 0; v < TILE_VECTORS; v++)                                          \
            factor[v] = MATRIX(at + column[v]);                                                    \
        [[unroll]] for (int i = 0; i < TILE_ROWS; i++) {                                           \
            float value = VALUE;                                                                   \
            [[unroll]] for (int v = 0; v < TILE_VECTORS; v++)                                      \
                sum[i][v] += value * factor[v];                                                    \
        }                                                                                          \
        at += columns;                                                                             \
    }

// Of the tile's rows: where the first tap lies in its line of the image and in memory, and how long
// the line is, 0 for one outside.
int position[TILE_ROWS], start[TILE_ROWS], limit[TILE_ROWS];

float from_or_zero(int row, int shift)
{
#ifdef ALL_INSIDE
    return FROM(start[row] + shift);
#else
    bool inside = uint(position[row] + shift) < uint(limit[row]);
    float value = FROM(inside ? start[row] + shift : 0);
    return inside ? value : 0.0;
#endif
}

// Sums rows [first_row, first_row + TILE_ROWS) and the columns from first_column on. Rows beyond
// the last repeat it.
void gather_sum(gather g, uint first_row, uint rows, uint first_column, uint columns)
{
    int line[TILE_ROWS];
    uint column[TILE_VECTORS];
    int line_size = g.width * g.channels, lane = int(gl_SubgroupInvocationID);
    gather_cell cell = gather_first(g, first_row);
    [[unroll]] for (int i = 0; i < TILE_ROWS; i++) {
        line[i] = gather_line(g, cell);
        position[i] = gather_position(g, cell);
        start[i] = (int(cell.n) * g.height + line[i]) * line_size + position[i];
        gather_cell next = gather_next(g, cell);
        if (first_row + i + 1 < rows)
            cell = next;
    }
    [[unroll]] for (int v = 0; v < TILE_VECTORS; v++)
        column[v] = min(column_of(first_column, v), columns - 1);
    sum_clear();

    for (int kh = 0; kh < g.taps; kh++) {
        uint at = (g.first_tap + uint(kh) * g.tap_pitch) * columns;
        [[unroll]] for (int i = 0; i < TILE_ROWS; i++)
            limit[i] = uint(line[i] + kh) < uint(g.height) ? line_size : 0;
        int j = 0;
        for (; j + LANES <= g.run; j += LANES) {
            float values[TILE_ROWS];
            [[unroll]] for (int i = 0; i < TILE_ROWS; i++) {
                values[i] = from_or_zero(i, j + lane);
            }
            [[unroll]] for (int k = 0; k < LANES; k++)
                ADD_STEP(BROADCAST(values[i], k))
        }
        for (; j < g.run; j++) { // what is left over, all lanes alike
            float values[TILE_ROWS];
            [[unroll]] for (int i = 0; i < TILE_ROWS; i++) {
                values[i] = from_or_zero(i, j);
            }
            ADD_STEP(values[i])
        }
        [[unroll]] for (int i = 0; i < TILE_ROWS; i++)
            start[i] += line_size;
    }
}

#endif
