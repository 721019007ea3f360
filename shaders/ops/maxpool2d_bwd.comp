#version 460
// dx[n, h, w, c] = sum of the dy of the windows whose first maximum, in row-major order, is this
// cell. One invocation an element of dx gathers: no atomics, and a fixed order.
//
// Whether a cell is its window's first maximum is seen from x and y: it equals y, and no cell
// before it does. Few cells equal y, so nearly all of them load one x and their windows' y. A
// window whose maximum is a NaN equals nothing and passes no gradient.
#extension GL_GOOGLE_include_directive : require
#include "../abi/maxpool2d.h"
#include "../lib/buffer.glsl"
#include "../lib/image.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, MAXPOOL2D_BWD_X, x)
BUFFER_IN(float, MAXPOOL2D_BWD_Y, y)
BUFFER_IN(float, MAXPOOL2D_BWD_DY, dy)
BUFFER_OUT(float, MAXPOOL2D_BWD_DX, dx)
PUSH(pool2d_push, MAXPOOL2D_BWD_BUFFERS)

#include "../lib/pool2d.glsl"

bool is_first_maximum(cell at, uint oh, uint ow, float maximum)
{
    span rows = rows_of_window(oh), columns = columns_of_window(ow);
    for (uint h = rows.first; h <= at.h; h++) {
        uint end = h < at.h ? columns.end : at.w;
        for (uint w = columns.first; w < end; w++)
            if (LOAD(x, in_index(at.n, h, w, at.c)) == maximum)
                return false;
    }
    return true;
}

void main()
{
    uint i = linear_index();
    if (i >= push.batch * push.in_h * push.in_w * push.channels)
        return;
    cell at = cell_of(i, push.in_h, push.in_w, push.channels);
    float value = LOAD(x, i);
    span across = windows_of_row(at.h), along = windows_of_column(at.w);
    float sum = 0.0;
    for (uint oh = across.first; oh < across.end; oh++) {
        for (uint ow = along.first; ow < along.end; ow++) {
            uint o = out_index(at.n, oh, ow, at.c);
            if (value == LOAD(y, o) && is_first_maximum(at, oh, ow, value))
                sum += LOAD(dy, o);
        }
    }
    STORE(dx, i, sum);
}
