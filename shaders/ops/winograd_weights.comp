#version 460
// u[:, ci, co] = G g G^T with g = w[:, :, ci, co], in panels of output channels; flipped: w is
// [3, 3, COUT, CIN] and g = w[:, :, co, ci] turned by 180 degrees
//
// One invocation a pair of channels; lanes along the output channels.
#extension GL_GOOGLE_include_directive : require
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"
#include "../lib/winograd.glsl"

BUFFER_IN(float, WINOGRAD_WEIGHTS_W, w)
BUFFER_OUT(float, WINOGRAD_WEIGHTS_U, u)
PUSH(winograd_push, WINOGRAD_WEIGHTS_BUFFERS)

void main()
{
    uint i = linear_index(), pairs = push.in_c * push.out_c;
    if (i >= pairs)
        return;
    bool flipped = push.flipped != 0;
    uint ci = i / push.out_c, co = i % push.out_c;
    uint from = flipped ? co * push.in_c + ci : i;
    uint panels = (push.out_c - 1) / push.panel + 1, plane = panels * push.in_c * push.panel;
    uint to = (co / push.panel * push.in_c + ci) * push.panel + co % push.panel;
    float g[9], columns[18], points[36];
    [[unroll]] for (int k = 0; k < 9; k++) {
        uint tap = flipped ? 8 - k : k;
        g[k] = LOAD(w, tap * pairs + from);
    }
    [[unroll]] for (int k = 0; k < 3; k++)
        WINOGRAD_G(columns, k, 3, g, k, 3)
    [[unroll]] for (int k = 0; k < 6; k++)
        WINOGRAD_G(points, 6 * k, 1, columns, 3 * k, 1)
    [[unroll]] for (int k = 0; k < 36; k++)
        STORE(u, k * plane + to, points[k]);
}
