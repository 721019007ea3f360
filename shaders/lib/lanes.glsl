// A register tile of a matrix product for drivers that run shaders on CPU vector units: LANES
// invocations side by side are one vector register. No shared memory and no barrier, which such
// drivers carry out by switching coroutines.
//
// Each subgroup computes TILE_ROWS rows of the product by TILE_VECTORS * LANES columns, lanes along
// the columns, so that loads of the right matrix and stores are contiguous. LANES consecutive
// elements of a row of the left matrix are one load; a shuffle with a constant lane hands each of
// them to all. 64 accumulators amortise the loads best of what was tried on lavapipe and
// SwiftShader, although they do not fit into the registers of a CPU without AVX-512.
#ifndef LIB_LANES_GLSL
#define LIB_LANES_GLSL

#extension GL_EXT_control_flow_attributes : require
#extension GL_KHR_shader_subgroup_basic : require
#include "broadcast.glsl"

#ifndef TILE_ROWS
#define TILE_ROWS 16
#endif
#define TILE_VECTORS 4
#define TILE_COLUMNS (TILE_VECTORS * LANES)

float sum[TILE_ROWS][TILE_VECTORS];

void sum_clear()
{
    [[unroll]] for (int i = 0; i < TILE_ROWS; i++)
        [[unroll]] for (int v = 0; v < TILE_VECTORS; v++)
            sum[i][v] = 0.0;
}

// Columns of this lane, from the tile's first; columns beyond the last read the last and are not
// stored.
uint column_of(uint first, int v)
{
    return first + uint(v) * LANES + gl_SubgroupInvocationID;
}

#endif
