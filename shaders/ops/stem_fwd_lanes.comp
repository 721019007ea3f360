#version 460
// y[n, oh, ow, co] = act(b[co] + sum over kh, kw, ci of
//                        x[n, oh * sh - top + kh, ow - left + kw, ci] * w[kh, kw, ci, co])
// with a kernel of 3x3 cells and three channels.
//
// For CPU drivers: one subgroup computes 16 pixels of a line by 16 output channels. In NHWC the
// cells that the pixels see in one line of x are 18 * 3 numbers in a row, so that a few loads fetch
// all of them and each factor's lane is known when the shader is compiled.
// variants: 4 LANES=4, 8 LANES=8
#extension GL_GOOGLE_include_directive : require
#include "../abi/conv2d.h"
#include "../lib/activation.glsl"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"
#include "../lib/stem.glsl"

BUFFER_IN(float, CONV2D_FWD_X, x)
BUFFER_IN(float, CONV2D_FWD_W, w)
BUFFER_IN(float, CONV2D_FWD_B, b)
BUFFER_OUT(float, CONV2D_FWD_Y, y)
PUSH(conv2d_push, CONV2D_FWD_BUFFERS)

const int VECTORS = STEM_COLUMNS / LANES, COLUMNS = VECTORS * LANES; // of output channels
const int PIXELS = STEM_PIXELS, LOADS = STEM_LOADS(PIXELS);

void main()
{
    uint blocks = (push.out_c - 1) / COLUMNS + 1, runs = (push.out_w - 1) / PIXELS + 1;
    uint block = linear_group() % blocks, run = linear_group() / blocks % runs;
    uint line = linear_group() / blocks / runs;
    if (line >= push.batch * push.out_h)
        return;
    uint ow = run * PIXELS, at = 0, column[VECTORS];
    int first = (int(ow) - int(push.pad_left)) * STEM_CHANNELS + int(gl_SubgroupInvocationID);
    int h = int(line % push.out_h * push.stride_h) - int(push.pad_top);
    int size = int(push.in_w) * STEM_CHANNELS;
    int start = (int(line / push.out_h * push.in_h) + h) * size;
    float sum[PIXELS][VECTORS];
    [[unroll]] for (int v = 0; v < VECTORS; v++) {
        column[v] = block * COLUMNS + v * LANES + gl_SubgroupInvocationID;
        [[unroll]] for (int i = 0; i < PIXELS; i++)
            sum[i][v] = 0.0;
    }
    for (int kh = 0; kh < 3; kh++) {
        float cells[LOADS];
        uint limit = uint(h + kh) < push.in_h ? size : 0;
        [[unroll]] for (int l = 0; l < LOADS; l++) {
            bool inside = uint(first + l * LANES) < limit;
            float value = LOAD(x, inside ? start + first + l * LANES : 0);
            cells[l] = inside ? value : 0.0;
        }
        [[unroll]] for (int k = 0; k < STEM_TAPS; k++) {
            float factor[VECTORS];
            [[unroll]] for (int v = 0; v < VECTORS; v++)
                factor[v] = LOAD(w, at + min(column[v], push.out_c - 1));
            [[unroll]] for (int i = 0; i < PIXELS; i++) {
                const int cell = i * STEM_CHANNELS + k;
                float value = BROADCAST(cells[cell / LANES], cell % LANES);
                [[unroll]] for (int v = 0; v < VECTORS; v++)
                    sum[i][v] += value * factor[v];
            }
            at += push.out_c;
        }
        start += size;
    }
    uint to = (line * push.out_w + ow) * push.out_c;
    [[unroll]] for (int v = 0; v < VECTORS; v++) {
        float bias = push.has_bias != 0 ? LOAD(b, min(column[v], push.out_c - 1)) : 0.0;
        [[unroll]] for (int i = 0; i < PIXELS; i++) {
            float value = activate(push.activation, sum[i][v] + bias);
            if (column[v] < push.out_c && ow + i < push.out_w)
                STORE(y, to + i * push.out_c + column[v], value);
        }
    }
}
