#version 460
// dots[row, part] = sum of y * dy over the part's columns, in order. One invocation a part.
#extension GL_GOOGLE_include_directive : require
#include "../abi/softmax.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, SOFTMAX_DOTS_Y, y)
BUFFER_IN(float, SOFTMAX_DOTS_DY, dy)
BUFFER_OUT(float, SOFTMAX_DOTS_DOTS, dots)
PUSH(softmax_push, SOFTMAX_DOTS_BUFFERS)

void main()
{
    uint i = linear_index();
    if (i >= push.rows * push.parts)
        return;
    uint row = i / push.parts, part = i % push.parts;
    uint first = part * push.part_length, end = min(first + push.part_length, push.columns);
    uint at = row * push.columns;
    float sum = 0.0;
    for (uint k = first; k < end; k++)
        sum += LOAD(y, at + k) * LOAD(dy, at + k);
    STORE(dots, i, sum);
}
