#version 460
// A shader that needs more registers than there are: COUNT values, each made of two others,
// twice over. For the negative control of radv.sh; it computes nothing of use.
#extension GL_EXT_control_flow_attributes : require
layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;
layout(std430, set = 0, binding = 0) readonly buffer x_buffer { float x[]; };
layout(std430, set = 0, binding = 1) writeonly buffer y_buffer { float y[]; };

const uint COUNT = 320;

void main()
{
    float value[COUNT];
    [[unroll]] for (uint i = 0; i < COUNT; i++)
        value[i] = x[i * 64 + gl_LocalInvocationID.x];
    [[unroll]] for (uint round = 0; round < 2; round++)
        [[unroll]] for (uint i = 0; i < COUNT; i++)
            value[i] = value[i] * value[(i * 7 + round + 301) % COUNT] + float(i);
    [[unroll]] for (uint i = 0; i < COUNT; i++)
        y[i * 64 + gl_LocalInvocationID.x] = value[i];
}
