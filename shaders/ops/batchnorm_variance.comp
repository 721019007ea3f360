#version 460
// For each part of the rows and each channel, in order: the sum of (x - mean)^2 over the rows that
// count, by their number. One invocation a part and channel; lanes along the channels.
#extension GL_GOOGLE_include_directive : require
#include "../abi/batchnorm.h"
#include "../abi/step.h"
#include "../lib/batchnorm.glsl"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(step, BATCHNORM_VARIANCE_STEP, now)
BUFFER_IN(float, BATCHNORM_VARIANCE_X, x)
BUFFER_IN(float, BATCHNORM_VARIANCE_MEAN, mean)
BUFFER_OUT(float, BATCHNORM_VARIANCE_PARTS, parts)
PUSH(batchnorm_push, BATCHNORM_VARIANCE_BUFFERS)

void main()
{
    uint i = linear_index();
    if (i >= push.parts * push.channels)
        return;
    uint part = i / push.channels, c = i % push.channels, rows = COUNTED_ROWS();
    uint first = part * push.part_length, end = min(first + push.part_length, rows);
    uint at = first * push.channels + c;
    float center = LOAD(mean, c), sum = 0.0;
    for (uint row = first; row < end; row++) {
        float distance = LOAD(x, at) - center;
        sum += distance * distance;
        at += push.channels;
    }
    STORE(parts, i, quotient(sum, float(rows)));
}
