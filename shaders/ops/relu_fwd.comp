#version 460
// y = max(x, 0), one invocation an element; lanes touch neighbours, so loads are contiguous.
#extension GL_GOOGLE_include_directive : require
#include "../abi/relu.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, RELU_FWD_X, x)
BUFFER_OUT(float, RELU_FWD_Y, y)
PUSH(relu_push, RELU_FWD_BUFFERS)

void main()
{
    uint i = linear_index();
    if (i >= push.count)
        return;
    float value = LOAD(x, i);
    STORE(y, i, value < 0.0 ? 0.0 : value); // a NaN stays one, as in the reference
}
