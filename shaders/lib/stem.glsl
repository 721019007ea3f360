// What the kernels of 3x3 cells and three channels share; see src/ops/stem.c.
#ifndef LIB_STEM_GLSL
#define LIB_STEM_GLSL

#extension GL_EXT_control_flow_attributes : require
#extension GL_KHR_shader_subgroup_basic : require

#include "../abi/stem.h"
#include "broadcast.glsl"

const int STEM_TAPS = 3 * STEM_CHANNELS;  // in a line

// Loads of LANES neighbours that fetch what so many pixels see in a line of x.
#define STEM_LOADS(pixels) (((pixels + 2) * STEM_CHANNELS + LANES - 1) / LANES)

#endif
