#version 460
// y[n, oh, ow, c] = mean of x over the cells of the window that lie in the image.
// One invocation an element of y; lanes along the channels.
#extension GL_GOOGLE_include_directive : require
#include "../abi/avgpool2d.h"
#include "../lib/buffer.glsl"
#include "../lib/image.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, AVGPOOL2D_FWD_X, x)
BUFFER_OUT(float, AVGPOOL2D_FWD_Y, y)
PUSH(pool2d_push, AVGPOOL2D_FWD_BUFFERS)

#include "../lib/pool2d.glsl"

void main()
{
    uint i = linear_index();
    if (i >= push.batch * push.out_h * push.out_w * push.channels)
        return;
    cell at = cell_of(i, push.out_h, push.out_w, push.channels);
    span rows = rows_of_window(at.h), columns = columns_of_window(at.w);
    float sum = 0.0;
    for (uint h = rows.first; h < rows.end; h++)
        for (uint w = columns.first; w < columns.end; w++)
            sum += LOAD(x, in_index(at.n, h, w, at.c));
    uint cells = (rows.end - rows.first) * (columns.end - columns.first);
    STORE(y, i, quotient(sum, float(cells)));
}
