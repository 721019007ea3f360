#version 460
// y[n, oh, ow, c * M + m] = act(b[c * M + m] + sum over kh, kw of
//                           x[n, oh * sh - top + kh, ow * sw - left + kw, c] * w[kh, kw, c, m])
//
// One invocation computes a run of 4 pixels of one output channel: a weight is loaded once for
// them, and finding the place costs its divisions once. Lanes go along the channels.
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
        for (int kw = 0; kw < int(push.kernel_w); kw++) {
            float factor = LOAD(w, weight);
            weight += channels;
            [[unroll]] for (int r = 0; r < RUN; r++) {
                int cell = first_w + r * step + kw;
                bool inside = uint(cell) < limit;
                float value = LOAD(x, inside ? (start + cell) * int(push.channels) + c : 0);
                sum[r] += inside ? value * factor : 0.0;
            }
        }
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
