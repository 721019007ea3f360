// How tile.glsl computes with matrix.glsl: factors become halves as they are staged, and the tile
// is shared out to the groups in rectangles of small matrices. At the end the sums go through
// shared memory, 16 rows at a time, to the invocations that store them.
//
// A group needs at least one 16 x 16 square: in small tiles the groups behind the last one idle.
#ifndef LIB_TILE_MATRIX_GLSL
#define LIB_TILE_MATRIX_GLSL

#define BAND 16

shared HALF tile_left[TILE_DEPTH * LEFT_PITCH];
shared HALF tile_right[TILE_DEPTH * RIGHT_PITCH];
shared float matrix_sums[BAND * TILE_COLUMNS];

const uint SQUARES = TILE_ROWS / BAND * (TILE_COLUMNS / BAND);
const uint ALL_GROUPS = TILE_LOCAL / MATRIX_LANES;
const uint GROUPS = ALL_GROUPS < SQUARES ? ALL_GROUPS : SQUARES;
const uint GROUPS_DOWN = TILE_ROWS / BAND < GROUPS / 2 ? TILE_ROWS / BAND : GROUPS / 2;
const uint GROUPS_ACROSS = GROUPS / GROUPS_DOWN;
const uint GROUP_ROWS = TILE_ROWS / GROUPS_DOWN, GROUP_COLUMNS = TILE_COLUMNS / GROUPS_ACROSS;
const uint DOWN = GROUP_ROWS / MATRIX_ROWS, ACROSS = GROUP_COLUMNS / MATRIX_COLUMNS;

MATRIX_SUM matrices[DOWN * ACROSS];

bool group_works()
{
    return matrix_group() < GROUPS;
}

uint group_row()
{
    return matrix_group() / GROUPS_ACROSS * GROUP_ROWS;
}

uint group_column()
{
    return matrix_group() % GROUPS_ACROSS * GROUP_COLUMNS;
}

uint tile_row(int i)
{
    return gl_LocalInvocationID.x / 16 + uint(i * BAND);
}

void tile_clear()
{
    MATRIX_LOOP for (uint i = 0; i < DOWN * ACROSS; i++)
        matrix_clear(matrices[i]);
}

void tile_multiply()
{
    if (!group_works())
        return;
    MATRIX_LOOP for (uint k = 0; k < TILE_DEPTH; k += MATRIX_DEPTH) {
        MATRIX_LEFT left[DOWN];
        MATRIX_LOOP for (uint d = 0; d < DOWN; d++)
            matrix_load_left(left[d], k * LEFT_PITCH + group_row() + d * MATRIX_ROWS, LEFT_PITCH);
        MATRIX_LOOP for (uint a = 0; a < ACROSS; a++) {
            MATRIX_RIGHT right;
            matrix_load_right(right, k * RIGHT_PITCH + group_column() + a * MATRIX_COLUMNS,
                              RIGHT_PITCH);
            MATRIX_LOOP for (uint d = 0; d < DOWN; d++)
                matrix_multiply(matrices[d * ACROSS + a], left[d], right);
        }
    }
}

// Stores the group's matrices of one band.
void store_band(uint band)
{
    MATRIX_LOOP for (uint d = 0; d < DOWN; d++) {
        uint row = group_row() + d * MATRIX_ROWS;
        if (row / BAND == band)
            MATRIX_LOOP for (uint a = 0; a < ACROSS; a++)
                matrix_store(matrices[d * ACROSS + a],
                             row % BAND * TILE_COLUMNS + group_column() + a * MATRIX_COLUMNS,
                             TILE_COLUMNS);
    }
}

void tile_finish()
{
    [[unroll]] for (int i = 0; i < SUM_ROWS; i++) {
        barrier();
        if (group_works())
            store_band(uint(i));
        barrier();
        [[unroll]] for (int v = 0; v < SUM_RUNS; v++)
            [[unroll]] for (int e = 0; e < 4; e++)
                sum[i * SUM_RUNS + v][e] =
                    matrix_sums[gl_LocalInvocationID.x / 16 * TILE_COLUMNS + tile_column(v) + e];
    }
}

#endif
