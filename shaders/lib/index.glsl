// Where an invocation of a linear dispatch stands.
//
// The recorder folds more than LINEAR_FOLD groups over y (a device may take no more than 65,535
// along one axis). Groups beyond the asked threads exist: a shader checks its bound.
#ifndef LIB_INDEX_GLSL
#define LIB_INDEX_GLSL

#include "../abi/abi.h"
#include "../abi/linear.h"

layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;

uint linear_group()
{
    return gl_WorkGroupID.y * LINEAR_FOLD + gl_WorkGroupID.x;
}

uint linear_index()
{
    return linear_group() * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
}

// The k-th of an invocation's LINEAR_RUN elements; neighbours take neighbours.
uint linear_run_index(uint k)
{
    return (linear_group() * LINEAR_RUN + k) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
}

#endif
