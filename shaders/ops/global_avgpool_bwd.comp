#version 460
// dx[n, i, c] = dy[n, c] / cells; one invocation an element of dx.
#extension GL_GOOGLE_include_directive : require
#include "../abi/global_avgpool.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, GLOBAL_AVGPOOL_BWD_DY, dy)
BUFFER_OUT(float, GLOBAL_AVGPOOL_BWD_DX, dx)
PUSH(global_avgpool_push, GLOBAL_AVGPOOL_BWD_BUFFERS)

void main()
{
    uint i = linear_index();
    if (i >= push.batch * push.cells * push.channels)
        return;
    uint n = i / push.channels / push.cells, c = i % push.channels;
    STORE(dx, i, LOAD(dy, n * push.channels + c) * push.scale);
}
