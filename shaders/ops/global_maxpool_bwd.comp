#version 460
// dx[n, i, c] = dy[n, c] / (cells that equal y[n, c]) where x[n, i, c] is one of them, else 0.
// One invocation an element of dx; the few that equal y add up the counts of the parts.
#extension GL_GOOGLE_include_directive : require
#include "../abi/global_maxpool.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, GLOBAL_MAXPOOL_BWD_X, x)
BUFFER_IN(float, GLOBAL_MAXPOOL_BWD_Y, y)
BUFFER_IN(float, GLOBAL_MAXPOOL_BWD_DY, dy)
BUFFER_IN(uint, GLOBAL_MAXPOOL_BWD_COUNTS, counts)
BUFFER_OUT(float, GLOBAL_MAXPOOL_BWD_DX, dx)
PUSH(global_maxpool_push, GLOBAL_MAXPOOL_BWD_BUFFERS)

void main()
{
    uint i = linear_index();
    if (i >= push.batch * push.cells * push.channels)
        return;
    uint n = i / push.channels / push.cells, c = i % push.channels;
    uint o = n * push.channels + c;
    float share = 0.0;
    if (LOAD(x, i) == LOAD(y, o)) {
        uint count = 0;
        for (uint part = 0; part < push.parts; part++)
            count += LOAD(counts, (n * push.parts + part) * push.channels + c);
        share = quotient(LOAD(dy, o), float(count));
    }
    STORE(dx, i, share);
}
