#version 460
// Asks a compiler whether it knows cooperative matrices; not part of the program.
#extension GL_KHR_cooperative_matrix : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require

layout(constant_id = 0) const uint SIDE = 16;

void main()
{
    coopmat<float16_t, gl_ScopeSubgroup, SIDE, SIDE, gl_MatrixUseA> a;
    a = coopmat<float16_t, gl_ScopeSubgroup, SIDE, SIDE, gl_MatrixUseA>(0.0);
}
