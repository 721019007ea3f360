#version 460
// dw[:, :, ci, co] = G^T du G with the 36 points du[:, ci, co]
//
// One invocation a pair of channels; lanes along COUT.
#extension GL_GOOGLE_include_directive : require
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"
#include "../lib/winograd.glsl"

BUFFER_IN(float, WINOGRAD_DW_DU, du)
BUFFER_OUT(float, WINOGRAD_DW_DW, dw)
PUSH(winograd_push, WINOGRAD_DW_BUFFERS)

void main()
{
    uint i = linear_index(), pairs = push.in_c * push.out_c;
    if (i >= pairs)
        return;
    float points[36], columns[18], g[9];
    [[unroll]] for (int k = 0; k < 36; k++)
        points[k] = LOAD(du, k * pairs + i);
    [[unroll]] for (int k = 0; k < 6; k++)
        WINOGRAD_GT(columns, k, 6, points, k, 6)
    [[unroll]] for (int k = 0; k < 3; k++)
        WINOGRAD_GT(g, 3 * k, 1, columns, 6 * k, 1)
    [[unroll]] for (int k = 0; k < 9; k++)
        STORE(dw, k * pairs + i, g[k]);
}
