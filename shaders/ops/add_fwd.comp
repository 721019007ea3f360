#version 460
// y = a + b, one invocation an element.
#extension GL_GOOGLE_include_directive : require
#include "../abi/add.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, ADD_FWD_A, a)
BUFFER_IN(float, ADD_FWD_B, b)
BUFFER_OUT(float, ADD_FWD_Y, y)
PUSH(add_push, ADD_FWD_BUFFERS)

void main()
{
    uint i = linear_index();
    if (i >= push.count)
        return;
    STORE(y, i, LOAD(a, i) + LOAD(b, i));
}
