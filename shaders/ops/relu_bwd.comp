#version 460
// dx = dy where y > 0, else exactly 0 (denormal garbage costs CPU drivers dearly).
#extension GL_GOOGLE_include_directive : require
#include "../abi/relu.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, RELU_BWD_Y, y)
BUFFER_IN(float, RELU_BWD_DY, dy)
BUFFER_OUT(float, RELU_BWD_DX, dx)
PUSH(relu_push, RELU_BWD_BUFFERS)

void main()
{
    uint i = linear_index();
    if (i >= push.count)
        return;
    STORE(dx, i, LOAD(y, i) > 0.0 ? LOAD(dy, i) : 0.0);
}
