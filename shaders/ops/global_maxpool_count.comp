#version 460
// counts[n, p, c] = how many cells of part p equal the maximum y[n, c].
// One invocation an element of counts; lanes along the channels.
#extension GL_GOOGLE_include_directive : require
#include "../abi/global_maxpool.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, GLOBAL_MAXPOOL_COUNT_X, x)
BUFFER_IN(float, GLOBAL_MAXPOOL_COUNT_Y, y)
BUFFER_OUT(uint, GLOBAL_MAXPOOL_COUNT_COUNTS, counts)
PUSH(global_maxpool_push, GLOBAL_MAXPOOL_COUNT_BUFFERS)

void main()
{
    uint i = linear_index();
    if (i >= push.batch * push.parts * push.channels)
        return;
    uint row = i / push.channels, c = i % push.channels;
    uint n = row / push.parts, part = row % push.parts;
    uint first = part * push.part_length, end = min(first + push.part_length, push.cells);
    uint at = (n * push.cells + first) * push.channels + c;
    float maximum = LOAD(y, n * push.channels + c);
    uint count = 0;
    for (uint k = first; k < end; k++) {
        if (LOAD(x, at) == maximum)
            count++;
        at += push.channels;
    }
    STORE(counts, i, count);
}
