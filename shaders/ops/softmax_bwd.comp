#version 460
// dx = y * (dy - sum over the row of y * dy), the sum from the parts of softmax_dots.comp.
// One invocation an element.
#extension GL_GOOGLE_include_directive : require
#include "../abi/softmax.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, SOFTMAX_BWD_Y, y)
BUFFER_IN(float, SOFTMAX_BWD_DY, dy)
BUFFER_IN(float, SOFTMAX_BWD_DOTS, dots)
BUFFER_OUT(float, SOFTMAX_BWD_DX, dx)
PUSH(softmax_push, SOFTMAX_BWD_BUFFERS)

void main()
{
    uint i = linear_index();
    if (i >= push.rows * push.columns)
        return;
    uint at = i / push.columns * push.parts;
    float dot = 0.0;
    for (uint part = 0; part < push.parts; part++)
        dot += LOAD(dots, at + part);
    STORE(dx, i, LOAD(y, i) * (LOAD(dy, i) - dot));
}
