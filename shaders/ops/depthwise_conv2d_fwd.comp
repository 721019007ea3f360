#version 460
// y[n, oh, ow, c * M + m] = act(b[c * M + m] + sum over kh, kw of
//                           x[n, oh * sh - top + kh, ow * sw - left + kw, c] * w[kh, kw, c, m])
//
// One invocation computes a run of 4 pixels of one output channel: a weight is loaded once for
// them, and finding the place costs its divisions once. Lanes go along the channels. Where three
// taps in a row move by one or two cells, as nearly everywhere, each cell is loaded once for all.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "../abi/depthwise_conv2d.h"
#include "../lib/activation.glsl"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, DEPTHWISE_CONV2D_FWD_X, x)
BUFFER_IN(float, DEPTHWISE_CONV2D_FWD_W, w)
BUFFER_IN(float, DEPTHWISE_CONV2D_FWD_B, b)
BUFFER_OUT(float, DEPTHWISE_CONV2D_FWD_Y, y)
PUSH(depthwise_conv2d_push, DEPTHWISE_CONV2D_FWD_BUFFERS)

const int RUN = DEPTHWISE_CONV2D_RUN;

// A row of three taps, STEP cells from one pixel to the next.
#define ADD_THREE(STEP)                                                                            \
    {                                                                                              \
        const int CELLS = (RUN - 1) * STEP + 3;                                                    \
        float cells[CELLS], factor[3];                                                             \
        [[unroll]] for (int k = 0; k < 3; k++)                                                     \
            factor[k] = LOAD(w, weight + k * channels);                                            \
        [[unroll]] for (int k = 0; k < CELLS; k++) {                                               \
            bool inside = uint(first_w + k) < limit;                                               \
            float value = LOAD(x, inside ? at + k * int(push.channels) : 0);                       \
            cells[k] = inside ? value : 0.0;                                                       \
        }                                                                                          \
        [[unroll]] for (int r = 0; r < RUN; r++)                                                   \
            [[unroll]] for (int k = 0; k < 3; k++)                                                 \
                sum[r] += cells[r * STEP + k] * factor[k];                                         \
    }

void main()
{
    uint channels = push.channels * push.multiplier, runs = (push.out_w - 1) / RUN + 1;
    uint i = linear_index(), channel = i % channels, run = i / channels % runs;
    uint line = i / channels / runs, n = line / push.out_h, oh = line % push.out_h, ow = run * RUN;
    if (n >= push.batch)
        return;
    int in_w = int(push.in_w), step = int(push.stride_w), c = int(channel / push.multiplier);
    int first_h = int(oh * push.stride_h) - int(push.pad_top);
    int first_w = int(ow * push.stride_w) - int(push.pad_left);
    float sum[RUN];
    [[unroll]] for (int r = 0; r < RUN; r++)
        sum[r] = 0.0;
    uint weight = channel;
    for (int kh = 0; kh < int(push.kernel_h); kh++) {
        int h = first_h + kh, start = (int(n * push.in_h) + h) * in_w;
        uint limit = uint(h) < push.in_h ? push.in_w : 0;
        int at = (start + first_w) * int(push.channels) + c;
        if (push.kernel_w == 3 && step == 1)
            ADD_THREE(1)
        else if (push.kernel_w == 3 && step == 2)
            ADD_THREE(2)
        else for (int kw = 0; kw < int(push.kernel_w); kw++) {
            float factor = LOAD(w, weight + kw * channels);
            [[unroll]] for (int r = 0; r < RUN; r++) {
                int cell = first_w + r * step + kw;
                bool inside = uint(cell) < limit;
                float value = LOAD(x, inside ? (start + cell) * int(push.channels) + c : 0);
                sum[r] += inside ? value * factor : 0.0;
            }
        }
        weight += push.kernel_w * channels;
    }
    float bias = push.has_bias != 0 ? LOAD(b, channel) : 0.0;
    uint at = (line * push.out_w + ow) * channels + channel;
    [[unroll]] for (int r = 0; r < RUN; r++) {
        float value = sum[r] + bias;
        value = activate(push.activation, value);
        if (ow + r < push.out_w)
            STORE(y, at + r * channels, value);
    }
}
