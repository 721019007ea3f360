#version 460
// y[n, u] = act(b[u] + sum of the parts of the sum, in order); one invocation an element.
#extension GL_GOOGLE_include_directive : require
#include "../abi/dense.h"
#include "../lib/activation.glsl"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, DENSE_FINISH_SUMS, sums)
BUFFER_IN(float, DENSE_FINISH_B, b)
BUFFER_OUT(float, DENSE_FINISH_Y, y)
PUSH(dense_push, DENSE_FINISH_BUFFERS)

void main()
{
    uint i = linear_index(), count = push.batch * push.units;
    if (i >= count)
        return;
    float value = 0.0;
    for (uint part = 0; part < push.fwd_parts; part++)
        value += LOAD(sums, part * count + i);
    if (push.has_bias != 0)
        value += LOAD(b, i % push.units);
    STORE(y, i, activate(push.activation, value));
}
