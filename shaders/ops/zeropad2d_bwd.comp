#version 460
// dx[n, h, w, c] = dy[n, h + top, w + left, c]; one invocation an element of dx.
#extension GL_GOOGLE_include_directive : require
#include "../abi/zeropad2d.h"
#include "../lib/buffer.glsl"
#include "../lib/image.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, ZEROPAD2D_BWD_DY, dy)
BUFFER_OUT(float, ZEROPAD2D_BWD_DX, dx)
PUSH(zeropad2d_push, ZEROPAD2D_BWD_BUFFERS)

void main()
{
    uint i = linear_index();
    if (i >= push.batch * push.in_h * push.in_w * push.channels)
        return;
    cell at = cell_of(i, push.in_h, push.in_w, push.channels);
    uint from = index_of(at.n, at.h + push.top, at.w + push.left, at.c, push.out_h, push.out_w,
                         push.channels);
    STORE(dx, i, LOAD(dy, from));
}
