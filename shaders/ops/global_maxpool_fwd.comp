#version 460
// y[n, p, c] = the largest x[n, i, c] of the cells i of part p; a NaN wins.
// One invocation an element of y; lanes along the channels.
#extension GL_GOOGLE_include_directive : require
#include "../abi/global_maxpool.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, GLOBAL_MAXPOOL_FWD_X, x)
BUFFER_OUT(float, GLOBAL_MAXPOOL_FWD_Y, y)
PUSH(global_maxpool_push, GLOBAL_MAXPOOL_FWD_BUFFERS)

void main()
{
    uint i = linear_index();
    if (i >= push.batch * push.parts * push.channels)
        return;
    uint row = i / push.channels, c = i % push.channels;
    uint n = row / push.parts, part = row % push.parts;
    uint first = part * push.part_length, end = min(first + push.part_length, push.cells);
    uint at = (n * push.cells + first) * push.channels + c;
    float best = uintBitsToFloat(0xFF800000u); // -infinity
    for (uint k = first; k < end; k++) {
        float value = LOAD(x, at);
        if (value > best || isnan(value))
            best = value;
        at += push.channels;
    }
    STORE(y, i, best);
}
