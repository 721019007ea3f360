#version 460
// moving = momentum * moving + (1 - momentum) * the batch's, of mean and variance.
// One invocation a channel.
#extension GL_GOOGLE_include_directive : require
#include "../abi/batchnorm.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, BATCHNORM_MOVING_MEAN, mean)
BUFFER_IN(float, BATCHNORM_MOVING_VARIANCE, variance)
BUFFER_INOUT(float, BATCHNORM_MOVING_MOVING_MEAN, moving_mean)
BUFFER_INOUT(float, BATCHNORM_MOVING_MOVING_VARIANCE, moving_variance)
PUSH(batchnorm_push, BATCHNORM_MOVING_BUFFERS)

void main()
{
    uint c = linear_index();
    if (c >= push.channels)
        return;
    float keep = push.momentum, take = 1.0 - push.momentum;
    STORE(moving_mean, c, LOAD(moving_mean, c) * keep + LOAD(mean, c) * take);
    STORE(moving_variance, c, LOAD(moving_variance, c) * keep + LOAD(variance, c) * take);
}
