#version 460
// y = x, one invocation an element; lanes touch neighbours.
#extension GL_GOOGLE_include_directive : require
#include "../abi/peak.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, PEAK_COPY_X, x)
BUFFER_OUT(float, PEAK_COPY_Y, y)
PUSH(peak_copy_push, PEAK_COPY_BUFFERS)

void main()
{
    uint i = linear_index();
    if (i < push.count)
        STORE(y, i, LOAD(x, i));
}
