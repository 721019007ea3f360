#version 460
// v[:, t, ci] = B^T d B with d the 6x6 cells of x that tile t reads; cells outside are 0
//
// One invocation a tile and channel; lanes along the channels.
#extension GL_GOOGLE_include_directive : require
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"
#include "../lib/winograd.glsl"

BUFFER_IN(float, WINOGRAD_IN_X, x)
BUFFER_OUT(float, WINOGRAD_IN_V, v)
PUSH(winograd_push, WINOGRAD_IN_BUFFERS)

void main()
{
    uint i = linear_index(), c = i % push.in_c, t = i / push.in_c;
    if (t >= push.count)
        return;
    winograd_tile tile = winograd_tile_of(push.first + t, push.out_h, push.out_w);
    int h = tile.h - int(push.pad_top), w = tile.w - int(push.pad_left);
    int start = ((int(tile.n * push.in_h) + h) * int(push.in_w) + w) * int(push.in_c) + int(c);
    int line = int(push.in_w * push.in_c);
    float d[36];
    if (h >= 0 && w >= 0 && h + 6 <= int(push.in_h) && w + 6 <= int(push.in_w)) {
        [[unroll]] for (int k = 0; k < 36; k++)
            d[k] = LOAD(x, start + k / 6 * line + k % 6 * int(push.in_c));
    } else {
        [[unroll]] for (int k = 0; k < 36; k++) {
            bool inside = uint(h + k / 6) < push.in_h && uint(w + k % 6) < push.in_w;
            float cell = LOAD(x, inside ? start + k / 6 * line + k % 6 * int(push.in_c) : 0);
            d[k] = inside ? cell : 0.0;
        }
    }
    [[unroll]] for (int k = 0; k < 6; k++)
        WINOGRAD_BT(d, d, k, 6)
    [[unroll]] for (int k = 0; k < 6; k++)
        WINOGRAD_BT(d, d, 6 * k, 1)
    uint plane = push.pitch * push.in_c;
    [[unroll]] for (int k = 0; k < 36; k++)
        STORE(v, k * plane + i, d[k]);
}
