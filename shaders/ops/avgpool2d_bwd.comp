#version 460
// dx[n, h, w, c] = sum over the windows that cover the cell of dy / cells of the window.
// One invocation an element of dx gathers: no atomics, and a fixed order.
#extension GL_GOOGLE_include_directive : require
#include "../abi/avgpool2d.h"
#include "../lib/buffer.glsl"
#include "../lib/image.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, AVGPOOL2D_BWD_DY, dy)
BUFFER_OUT(float, AVGPOOL2D_BWD_DX, dx)
PUSH(pool2d_push, AVGPOOL2D_BWD_BUFFERS)

#include "../lib/pool2d.glsl"

void main()
{
    uint i = linear_index();
    if (i >= push.batch * push.in_h * push.in_w * push.channels)
        return;
    cell at = cell_of(i, push.in_h, push.in_w, push.channels);
    span across = windows_of_row(at.h), along = windows_of_column(at.w);
    float sum = 0.0;
    for (uint oh = across.first; oh < across.end; oh++) {
        span rows = rows_of_window(oh);
        for (uint ow = along.first; ow < along.end; ow++) {
            span columns = columns_of_window(ow);
            uint cells = (rows.end - rows.first) * (columns.end - columns.first);
            sum += quotient(LOAD(dy, out_index(at.n, oh, ow, at.c)), float(cells));
        }
    }
    STORE(dx, i, sum);
}
