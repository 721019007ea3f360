// A lane's value, handed to all LANES lanes of the subgroup; the lane is a constant.
//
// Four lanes are a quad, and SwiftShader, the driver that has so few, turns a quad's broadcast into
// one instruction where it needs fifteen for a shuffle.
#ifndef LIB_BROADCAST_GLSL
#define LIB_BROADCAST_GLSL

#if LANES == 4
#extension GL_KHR_shader_subgroup_quad : require
#define BROADCAST(value, lane) subgroupQuadBroadcast(value, lane)
#else
#extension GL_KHR_shader_subgroup_shuffle : require
#define BROADCAST(value, lane) subgroupShuffle(value, lane)
#endif

#endif
