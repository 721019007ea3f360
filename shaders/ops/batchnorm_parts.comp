#version 460
// For each part of the rows and each channel, in order, over the rows that count: the sums of dy *
// (x - mean) / sqrt(variance + epsilon) and of dy. One invocation a part and channel; lanes along
// the channels.
#extension GL_GOOGLE_include_directive : require
#include "../abi/batchnorm.h"
#include "../abi/step.h"
#include "../lib/batchnorm.glsl"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(step, BATCHNORM_PARTS_STEP, now)
BUFFER_IN(float, BATCHNORM_PARTS_X, x)
BUFFER_IN(float, BATCHNORM_PARTS_DY, dy)
BUFFER_IN(float, BATCHNORM_PARTS_MEAN, mean)
BUFFER_IN(float, BATCHNORM_PARTS_VARIANCE, variance)
BUFFER_OUT(float, BATCHNORM_PARTS_PARTS, parts)
PUSH(batchnorm_push, BATCHNORM_PARTS_BUFFERS)

void main()
{
    uint i = linear_index();
    if (i >= push.parts * push.channels)
        return;
    uint part = i / push.channels, c = i % push.channels;
    uint first = part * push.part_length, end = min(first + push.part_length, COUNTED_ROWS());
    uint at = first * push.channels + c;
    float center = LOAD(mean, c);
    float sum = 0.0, product = 0.0;
    for (uint row = first; row < end; row++) {
        float gradient = LOAD(dy, at);
        sum += gradient;
        product += gradient * (LOAD(x, at) - center);
        at += push.channels;
    }
    uint to = part * 2 * push.channels + c;
    STORE(parts, to, quotient(product, root(LOAD(variance, c) + push.epsilon)));
    STORE(parts, to + push.channels, sum);
}
