#version 460
// y = min(max(x, 0), 6), one invocation an element.
#extension GL_GOOGLE_include_directive : require
#include "../abi/relu6.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, RELU6_FWD_X, x)
BUFFER_OUT(float, RELU6_FWD_Y, y)
PUSH(relu6_push, RELU6_FWD_BUFFERS)

void main()
{
    uint i = linear_index();
    if (i >= push.count)
        return;
    float value = LOAD(x, i);
    value = value < 0.0 ? 0.0 : value; // a NaN stays one, as in the reference
    STORE(y, i, value > 6.0 ? 6.0 : value);
}
