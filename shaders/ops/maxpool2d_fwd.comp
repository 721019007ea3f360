#version 460
// y[n, oh, ow, c] = the largest x of the window; padding never counts. A NaN in the window wins.
// One invocation an element of y; lanes along the channels.
#extension GL_GOOGLE_include_directive : require
#include "../abi/maxpool2d.h"
#include "../lib/buffer.glsl"
#include "../lib/image.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, MAXPOOL2D_FWD_X, x)
BUFFER_OUT(float, MAXPOOL2D_FWD_Y, y)
PUSH(pool2d_push, MAXPOOL2D_FWD_BUFFERS)

#include "../lib/pool2d.glsl"

void main()
{
    uint i = linear_index();
    if (i >= push.batch * push.out_h * push.out_w * push.channels)
        return;
    cell at = cell_of(i, push.out_h, push.out_w, push.channels);
    span rows = rows_of_window(at.h), columns = columns_of_window(at.w);
    float best = uintBitsToFloat(0xFF800000u); // -infinity
    for (uint h = rows.first; h < rows.end; h++) {
        for (uint w = columns.first; w < columns.end; w++) {
            float value = LOAD(x, in_index(at.n, h, w, at.c));
            if (value > best || isnan(value))
                best = value;
        }
    }
    STORE(y, i, best);
}
