#version 460
// For each part of a row: maximum m, sum of exp(x - m), sum of x. One invocation a part.
#extension GL_GOOGLE_include_directive : require
#include "../abi/softmax_parts.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, SOFTMAX_PARTS_X, x)
BUFFER_OUT(float, SOFTMAX_PARTS_PARTS, parts)
PUSH(softmax_push, SOFTMAX_PARTS_BUFFERS)

#include "../lib/softmax.glsl"

void main()
{
    uint i = linear_index();
    if (i >= push.rows * push.parts)
        return;
    uint row = i / push.parts, part = i % push.parts;
    uint first = part * push.part_length, end = min(first + push.part_length, push.columns);
    uint at = row * push.columns;
    float maximum = LOWEST, total = 0.0;
    for (uint k = first; k < end; k++) {
        float value = LOAD(x, at + k);
        maximum = max(maximum, value);
        total += value;
    }
    float sum = 0.0;
    for (uint k = first; k < end; k++)
        sum += exponential(LOAD(x, at + k) - maximum);
    // A row with a NaN or an infinity has no softmax, whatever this driver's exp makes of NaNs.
    if (isnan(total) || isinf(maximum))
        sum = uintBitsToFloat(0x7fc00000u);
    STORE(parts, i * 3, maximum);
    STORE(parts, i * 3 + 1, sum);
    STORE(parts, i * 3 + 2, total);
}
