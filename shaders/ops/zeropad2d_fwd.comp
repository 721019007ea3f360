#version 460
// y[n, h, w, c] = x[n, h - top, w - left, c], or 0 outside; one invocation an element of y.
#extension GL_GOOGLE_include_directive : require
#include "../abi/zeropad2d.h"
#include "../lib/buffer.glsl"
#include "../lib/image.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, ZEROPAD2D_FWD_X, x)
BUFFER_OUT(float, ZEROPAD2D_FWD_Y, y)
PUSH(zeropad2d_push, ZEROPAD2D_FWD_BUFFERS)

void main()
{
    uint i = linear_index();
    if (i >= push.batch * push.out_h * push.out_w * push.channels)
        return;
    cell at = cell_of(i, push.out_h, push.out_w, push.channels);
    uint h = at.h - push.top, w = at.w - push.left; // wrap to large numbers above and left of x
    float value = 0.0;
    if (h < push.in_h && w < push.in_w)
        value = LOAD(x, index_of(at.n, h, w, at.c, push.in_h, push.in_w, push.channels));
    STORE(y, i, value);
}
