#version 460
// dx = dy where 0 < y < 6, else exactly 0.
#extension GL_GOOGLE_include_directive : require
#include "../abi/relu6.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, RELU6_BWD_Y, y)
BUFFER_IN(float, RELU6_BWD_DY, dy)
BUFFER_OUT(float, RELU6_BWD_DX, dx)
PUSH(relu6_push, RELU6_BWD_BUFFERS)

void main()
{
    uint i = linear_index();
    if (i >= push.count)
        return;
    float value = LOAD(y, i);
    STORE(dx, i, value > 0.0 && value < 6.0 ? LOAD(dy, i) : 0.0);
}
