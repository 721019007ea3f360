#version 460
// dx = dy * gamma / sqrt(variance + epsilon); one invocation an element.
#extension GL_GOOGLE_include_directive : require
#include "../abi/batchnorm.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, BATCHNORM_BWD_DY, dy)
BUFFER_IN(float, BATCHNORM_BWD_GAMMA, gamma)
BUFFER_IN(float, BATCHNORM_BWD_VARIANCE, variance)
BUFFER_OUT(float, BATCHNORM_BWD_DX, dx)
PUSH(batchnorm_push, BATCHNORM_BWD_BUFFERS)

void main()
{
    uint i = linear_index();
    if (i >= push.rows * push.channels)
        return;
    uint c = i % push.channels;
    float scale = quotient(1.0, root(LOAD(variance, c) + push.epsilon));
    if (push.scale != 0)
        scale *= LOAD(gamma, c);
    STORE(dx, i, LOAD(dy, i) * scale);
}
