// Products of small matrices of halves, summed as floats, by all invocations of a group together:
// rows by MATRIX_DEPTH times MATRIX_DEPTH by columns.
//
//   MATRIX_LEFT a; MATRIX_RIGHT b; MATRIX_SUM c;
//   matrix_load_left(a, at, pitch)    a[i][k] = tile_left[at + k * pitch + i]
//   matrix_load_right(b, at, pitch)   b[k][j] = tile_right[at + k * pitch + j]
//   matrix_clear(c)                   c = 0
//   matrix_multiply(c, a, b)          c += a * b
//   matrix_store(c, at, pitch)        matrix_sums[at + i * pitch + j] = c[i][j]
//
// tile_left and tile_right are shared arrays of HALF, matrix_sums one of float. The calls are made
// by whole groups of MATRIX_LANES invocations, of which matrix_group() is the number.
//
// COOPERATIVE: VK_KHR_cooperative_matrix, a group is a subgroup. EMULATED: the same in plain code,
// for tests on drivers that have none: a factor is where it lies, an invocation has its share of
// the sums, and a float rounded to the nearest half stands for a half.
#ifndef LIB_MATRIX_GLSL
#define LIB_MATRIX_GLSL

layout(constant_id = 6) const uint MATRIX_LANES = 32;
layout(constant_id = 7) const uint MATRIX_ROWS = 16;    // 8 or 16
layout(constant_id = 8) const uint MATRIX_COLUMNS = 16; // 8 or 16
layout(constant_id = 9) const uint MATRIX_DEPTH = 16;   // 8 or 16

#ifdef COOPERATIVE
#extension GL_KHR_cooperative_matrix : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require

#define MATRIX_LOOP [[unroll]]

#define HALF        float16_t
#define to_half(value) float16_t(value)

#define MATRIX_LEFT coopmat<HALF, gl_ScopeSubgroup, MATRIX_ROWS, MATRIX_DEPTH, gl_MatrixUseA>
#define MATRIX_RIGHT coopmat<HALF, gl_ScopeSubgroup, MATRIX_DEPTH, MATRIX_COLUMNS, gl_MatrixUseB>
#define MATRIX_SUM                                                                                 \
    coopmat<float, gl_ScopeSubgroup, MATRIX_ROWS, MATRIX_COLUMNS, gl_MatrixUseAccumulator>

#define matrix_group() gl_SubgroupID
#define matrix_load_left(a, at, pitch)                                                             \
    coopMatLoad(a, tile_left, at, pitch, gl_CooperativeMatrixLayoutColumnMajor)
#define matrix_load_right(b, at, pitch)                                                            \
    coopMatLoad(b, tile_right, at, pitch, gl_CooperativeMatrixLayoutRowMajor)
#define matrix_clear(c)          c = MATRIX_SUM(0.0)
#define matrix_multiply(c, a, b) c = coopMatMulAdd(a, b, c)
#define matrix_store(c, at, pitch)                                                                 \
    coopMatStore(c, matrix_sums, at, pitch, gl_CooperativeMatrixLayoutRowMajor)

#else

// Unrolled, as many loops as there are would take minutes to compile.
#define MATRIX_LOOP [[dont_unroll]]

#define HALF float

// The half nearest to a float, or the even one of two. By its bits: Mesa takes unpackHalf2x16 of
// packHalf2x16 for what went in.
float to_half(float value)
{
    uint bits = floatBitsToUint(value), size = bits & 0x7fffffffu;
    if (size < 0x38800000u) // below 2^-14 halves lie 2^-24 apart
        return roundEven(value * 16777216.0) / 16777216.0;
    if (size >= 0x477ff000u && size <= 0x7f800000u) // from 65520 on: infinite
        return uintBitsToFloat(bits & 0x80000000u | 0x7f800000u);
    return uintBitsToFloat(bits + 0xfffu + (bits >> 13 & 1u) & 0xffffe000u);
}

const uint MATRIX_SHARE = MATRIX_ROWS * MATRIX_COLUMNS / MATRIX_LANES; // of an invocation

struct matrix_factor {
    uint at, pitch;
};

struct matrix_sum {
    float share[MATRIX_SHARE];
};

#define MATRIX_LEFT  matrix_factor
#define MATRIX_RIGHT matrix_factor
#define MATRIX_SUM   matrix_sum

#define matrix_group()                  (gl_LocalInvocationID.x / MATRIX_LANES)
#define matrix_load_left(a, at, pitch)  a = matrix_factor(at, pitch)
#define matrix_load_right(b, at, pitch) b = matrix_factor(at, pitch)

// Row and column of an invocation's e-th sum.
uvec2 matrix_place(uint e)
{
    uint i = e * MATRIX_LANES + gl_LocalInvocationID.x % MATRIX_LANES;
    return uvec2(i / MATRIX_COLUMNS, i % MATRIX_COLUMNS);
}

#define matrix_clear(c)                                                                            \
    MATRIX_LOOP for (uint e = 0; e < MATRIX_SHARE; e++)                                            \
        c.share[e] = 0.0
#define matrix_multiply(c, a, b)                                                                   \
    MATRIX_LOOP for (uint e = 0; e < MATRIX_SHARE; e++)                                            \
        MATRIX_LOOP for (uint k = 0; k < MATRIX_DEPTH; k++)                                        \
            c.share[e] += tile_left[a.at + k * a.pitch + matrix_place(e).x] *                      \
                          tile_right[b.at + k * b.pitch + matrix_place(e).y]
#define matrix_store(c, first, line)                                                               \
    MATRIX_LOOP for (uint e = 0; e < MATRIX_SHARE; e++)                                            \
        matrix_sums[(first) + matrix_place(e).x * (line) + matrix_place(e).y] = c.share[e]

#endif
#endif
