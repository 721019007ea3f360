#version 460
// z[:, t, co] = A dy A^T with the 4x4 cells of tile t; cells outside are 0
//
// One invocation a tile and channel; lanes along the channels.
#extension GL_GOOGLE_include_directive : require
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"
#include "../lib/winograd.glsl"

BUFFER_IN(float, WINOGRAD_DY_DY, dy)
BUFFER_OUT(float, WINOGRAD_DY_Z, z)
PUSH(winograd_push, WINOGRAD_DY_BUFFERS)

void main()
{
    uint i = linear_index(), c = i % push.out_c, t = i / push.out_c;
    if (t >= push.count)
        return;
    winograd_tile tile = winograd_tile_of(push.first + t, push.out_h, push.out_w);
    uint start = ((tile.n * push.out_h + tile.h) * push.out_w + tile.w) * push.out_c + c;
    float cells[16], columns[24], points[36];
    [[unroll]] for (int k = 0; k < 16; k++) {
        bool inside = tile.h + k / 4 < push.out_h && tile.w + k % 4 < push.out_w;
        uint at = inside ? start + (k / 4 * push.out_w + k % 4) * push.out_c : 0;
        float cell = LOAD(dy, at);
        cells[k] = inside ? cell : 0.0;
    }
    [[unroll]] for (int k = 0; k < 4; k++)
        WINOGRAD_A(columns, k, 4, cells, k, 4)
    [[unroll]] for (int k = 0; k < 6; k++)
        WINOGRAD_A(points, 6 * k, 1, columns, 4 * k, 1)
    uint plane = push.pitch * push.out_c;
    [[unroll]] for (int k = 0; k < 36; k++)
        STORE(z, k * plane + i, points[k]);
}
