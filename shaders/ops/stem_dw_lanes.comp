#version 460
// dw[part, kh, kw, ci, co] = sum over the pixels n, oh, ow of a part of
//                            x[n, oh * sh - top + kh, ow - left + kw, ci] * dy[n, oh, ow, co]
// with a kernel of 3x3 cells and three channels.
//
// For CPU drivers: one subgroup computes all 27 rows by 2 * LANES output channels, walking whole
// lines of pixels, four at a time; see stem_fwd_lanes.comp for how it reads x.
// variants: 4 LANES=4, 8 LANES=8
#extension GL_GOOGLE_include_directive : require
#include "../abi/conv2d.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"
#include "../lib/stem.glsl"

BUFFER_IN(float, CONV2D_DW_X, x)
BUFFER_IN(float, CONV2D_DW_DY, dy)
BUFFER_OUT(float, CONV2D_DW_DW, dw)
PUSH(conv2d_push, CONV2D_DW_BUFFERS)

const int VECTORS = STEM_VECTORS, COLUMNS = VECTORS * LANES; // of output channels
const int PIXELS = 4, LOADS = STEM_LOADS(PIXELS), ROWS = 3 * STEM_TAPS;

void main()
{
    uint blocks = (push.out_c - 1) / COLUMNS + 1, lines = push.batch * push.out_h;
    uint block = linear_group() % blocks, part = linear_group() / blocks;
    uint count = push.dw_length / push.out_w, line = part * count, end = min(line + count, lines);
    if (line >= lines)
        return;
    uint column[VECTORS];
    float sum[ROWS][VECTORS];
    [[unroll]] for (int v = 0; v < VECTORS; v++) {
        column[v] = min(block * COLUMNS + v * LANES + gl_SubgroupInvocationID, push.out_c - 1);
        [[unroll]] for (int r = 0; r < ROWS; r++)
            sum[r][v] = 0.0;
    }
    int size = int(push.in_w) * STEM_CHANNELS;
    for (; line < end; line++) {
        int h = int(line % push.out_h * push.stride_h) - int(push.pad_top);
        int start = (int(line / push.out_h * push.in_h) + h) * size;
        int first = int(gl_SubgroupInvocationID) - int(push.pad_left) * STEM_CHANNELS;
        uint at = line * push.out_w * push.out_c;
        for (uint ow = 0; ow < push.out_w; ow += PIXELS) {
            float cells[3 * LOADS];
            [[unroll]] for (int l = 0; l < 3 * LOADS; l++) {
                int place = first + l % LOADS * LANES;
                bool inside = uint(h + l / LOADS) < push.in_h && uint(place) < uint(size);
                float value = LOAD(x, inside ? start + l / LOADS * size + place : 0);
                cells[l] = inside ? value : 0.0;
            }
            [[unroll]] for (int i = 0; i < PIXELS; i++) {
                float factor[VECTORS];
                bool exists = ow + i < push.out_w;
                [[unroll]] for (int v = 0; v < VECTORS; v++) {
                    float value = LOAD(dy, exists ? at + i * push.out_c + column[v] : 0);
                    factor[v] = exists ? value : 0.0;
                }
                [[unroll]] for (int r = 0; r < ROWS; r++) {
                    const int cell = i * STEM_CHANNELS + r % STEM_TAPS;
                    float value = BROADCAST(cells[r / STEM_TAPS * LOADS + cell / LANES],
                                                  cell % LANES);
                    [[unroll]] for (int v = 0; v < VECTORS; v++)
                        sum[r][v] += value * factor[v];
                }
            }
            first += PIXELS * STEM_CHANNELS, at += PIXELS * push.out_c;
        }
    }
    [[unroll]] for (int v = 0; v < VECTORS; v++)
        [[unroll]] for (int r = 0; r < ROWS; r++)
            if (block * COLUMNS + v * LANES + gl_SubgroupInvocationID < push.out_c)
                STORE(dw, (part * ROWS + r) * push.out_c + column[v], sum[r][v]);
}
