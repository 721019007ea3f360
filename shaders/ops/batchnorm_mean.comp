#version 460
// For each part of the rows and each channel, in order: the sum of x over the rows that count, by
// their number. One invocation a part and channel; lanes along the channels.
#extension GL_GOOGLE_include_directive : require
#include "../abi/batchnorm.h"
#include "../abi/step.h"
#include "../lib/batchnorm.glsl"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(step, BATCHNORM_MEAN_STEP, now)
BUFFER_IN(float, BATCHNORM_MEAN_X, x)
BUFFER_OUT(float, BATCHNORM_MEAN_PARTS, parts)
PUSH(batchnorm_push, BATCHNORM_MEAN_BUFFERS)

void main()
{
    uint i = linear_index();
    if (i >= push.parts * push.channels)
        return;
    uint part = i / push.channels, c = i % push.channels, rows = COUNTED_ROWS();
    uint first = part * push.part_length, end = min(first + push.part_length, rows);
    uint at = first * push.channels + c;
    float sum = 0.0;
    for (uint row = first; row < end; row++) {
        sum += LOAD(x, at);
        at += push.channels;
    }
    STORE(parts, i, quotient(sum, float(rows)));
}
