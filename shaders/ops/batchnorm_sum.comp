#version 460
// to[c] = sum of from[part, c] in order of the parts; one invocation a channel.
#extension GL_GOOGLE_include_directive : require
#include "../abi/batchnorm.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, BATCHNORM_SUM_FROM, from)
BUFFER_OUT(float, BATCHNORM_SUM_TO, to)
PUSH(batchnorm_push, BATCHNORM_SUM_BUFFERS)

void main()
{
    uint c = linear_index();
    if (c >= push.channels)
        return;
    float sum = 0.0;
    for (uint part = 0; part < push.parts; part++)
        sum += LOAD(from, part * push.channels + c);
    STORE(to, c, sum);
}
