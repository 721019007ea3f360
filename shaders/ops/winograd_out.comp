#version 460
// y = act(b + A^T m A): the 4x4 outputs of a tile from its 36 points; those outside are left out.
// As a gradient, y is 0 where the activation that made x lets none pass.
//
// One invocation a tile and channel; lanes along the channels.
#extension GL_GOOGLE_include_directive : require
#include "../lib/activation.glsl"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"
#include "../lib/winograd.glsl"

BUFFER_IN(float, WINOGRAD_OUT_M, m)
BUFFER_IN(float, WINOGRAD_OUT_B, b)
BUFFER_OUT(float, WINOGRAD_OUT_Y, y)
BUFFER_IN(float, WINOGRAD_OUT_X, x)
PUSH(winograd_push, WINOGRAD_OUT_BUFFERS)

void main()
{
    uint i = linear_index(), c = i % push.out_c, t = i / push.out_c;
    if (t >= push.count)
        return;
    float points[36], columns[24], cells[16];
    uint plane = push.pitch * push.out_c;
    [[unroll]] for (int k = 0; k < 36; k++)
        points[k] = LOAD(m, k * plane + i);
    [[unroll]] for (int k = 0; k < 6; k++)
        WINOGRAD_AT(columns, k, 6, points, k, 6)
    [[unroll]] for (int k = 0; k < 4; k++)
        WINOGRAD_AT(cells, 4 * k, 1, columns, 6 * k, 1)
    winograd_tile tile = winograd_tile_of(push.first + t, push.out_h, push.out_w);
    float bias = push.has_bias != 0 ? LOAD(b, c) : 0.0;
    uint start = ((tile.n * push.out_h + tile.h) * push.out_w + tile.w) * push.out_c + c;
    [[unroll]] for (int k = 0; k < 16; k++) {
        float value = cells[k] + bias;
        value = activate(push.activation, value);
        if (tile.h + k / 4 < push.out_h && tile.w + k % 4 < push.out_w) {
            uint at = start + (k / 4 * push.out_w + k % 4) * push.out_c;
            if (push.in_activation != ACTIVATION_LINEAR)
                value = activation_passes(push.in_activation, LOAD(x, at)) ? value : 0.0;
            STORE(y, at, value);
        }
    }
}
