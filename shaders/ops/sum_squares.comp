#version 460
// parts[p] = sum of x^2 over the elements p, p + parts, p + 2 parts, ..., in this order: so lanes
// load neighbours. One invocation a part.
#extension GL_GOOGLE_include_directive : require
#include "../abi/sum_squares.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, SUM_SQUARES_X, x)
BUFFER_OUT(float, SUM_SQUARES_PARTS, parts)
PUSH(sum_squares_push, SUM_SQUARES_BUFFERS)

void main()
{
    uint part = linear_index();
    if (part >= push.parts)
        return;
    float sum = 0.0;
    for (uint i = part; i < push.count; i += push.parts) {
        float value = LOAD(x, i);
        sum += value * value;
    }
    STORE(parts, part, sum);
}
