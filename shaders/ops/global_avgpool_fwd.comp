#version 460
// y[n, p, c] = scale * sum of x[n, i, c] over the cells i of part p, in order.
// One invocation an element of y; lanes along the channels.
#extension GL_GOOGLE_include_directive : require
#include "../abi/global_avgpool.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, GLOBAL_AVGPOOL_FWD_X, x)
BUFFER_OUT(float, GLOBAL_AVGPOOL_FWD_Y, y)
PUSH(global_avgpool_push, GLOBAL_AVGPOOL_FWD_BUFFERS)

void main()
{
    uint i = linear_index();
    if (i >= push.batch * push.parts * push.channels)
        return;
    uint row = i / push.channels, c = i % push.channels;
    uint n = row / push.parts, part = row % push.parts;
    uint first = part * push.part_length, end = min(first + push.part_length, push.cells);
    uint at = (n * push.cells + first) * push.channels + c;
    float sum = 0.0;
    for (uint k = first; k < end; k++) {
        sum += LOAD(x, at);
        at += push.channels;
    }
    STORE(y, i, sum * push.scale);
}
