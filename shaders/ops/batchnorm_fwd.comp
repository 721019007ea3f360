#version 460
// y = (x - mean) * gamma / sqrt(variance + epsilon) + beta, each channel its own; 0 for rows that
// do not count. One invocation an element; lanes along the channels.
#extension GL_GOOGLE_include_directive : require
#include "../abi/batchnorm.h"
#include "../abi/step.h"
#include "../lib/batchnorm.glsl"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(step, BATCHNORM_FWD_STEP, now)
BUFFER_IN(float, BATCHNORM_FWD_X, x)
BUFFER_IN(float, BATCHNORM_FWD_GAMMA, gamma)
BUFFER_IN(float, BATCHNORM_FWD_BETA, beta)
BUFFER_IN(float, BATCHNORM_FWD_MEAN, mean)
BUFFER_IN(float, BATCHNORM_FWD_VARIANCE, variance)
BUFFER_OUT(float, BATCHNORM_FWD_Y, y)
PUSH(batchnorm_push, BATCHNORM_FWD_BUFFERS)

void main()
{
    uint i = linear_index();
    if (i >= push.rows * push.channels)
        return;
    if (i >= COUNTED_ROWS() * push.channels) {
        STORE(y, i, 0.0);
        return;
    }
    uint c = i % push.channels;
    float scale = quotient(1.0, root(LOAD(variance, c) + push.epsilon));
    if (push.scale != 0)
        scale *= LOAD(gamma, c);
    float value = (LOAD(x, i) - LOAD(mean, c)) * scale;
    if (push.center != 0)
        value += LOAD(beta, c);
    STORE(y, i, value);
}
