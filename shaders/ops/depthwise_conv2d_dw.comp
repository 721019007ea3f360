#version 460
// dw[part, kh, kw, c, m] = sum over the pixels n, oh, ow of a part of
//              x[n, oh * sh - top + kh, ow * sw - left + kw, c] * dy[n, oh, ow, c * M + m]
//
// One invocation a part and weight, in order of the pixels; lanes go along the channels. Parts give
// GPUs enough to share out and are summed by sum_rows.comp.
#extension GL_GOOGLE_include_directive : require
#include "../abi/depthwise_conv2d.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, DEPTHWISE_CONV2D_DW_X, x)
BUFFER_IN(float, DEPTHWISE_CONV2D_DW_DY, dy)
BUFFER_OUT(float, DEPTHWISE_CONV2D_DW_DW, dw)
PUSH(depthwise_conv2d_push, DEPTHWISE_CONV2D_DW_BUFFERS)

void main()
{
    uint channels = push.channels * push.multiplier, taps = push.kernel_h * push.kernel_w;
    uint i = linear_index(), channel = i % channels, tap = i / channels % taps;
    uint p = i / channels / taps * push.dw_length, end = push.batch * push.out_h * push.out_w;
    if (p >= end)
        return;
    end = min(end, p + push.dw_length);
    int kh = int(tap / push.kernel_w) - int(push.pad_top);
    int kw = int(tap % push.kernel_w) - int(push.pad_left);
    uint c = channel / push.multiplier, at = p * channels + channel;
    uint n = p / (push.out_h * push.out_w), oh = p / push.out_w % push.out_h, ow = p % push.out_w;
    float sum = 0.0;
    for (; p < end; p++) {
        int h = int(oh * push.stride_h) + kh, w = int(ow * push.stride_w) + kw;
        bool inside = uint(h) < push.in_h && uint(w) < push.in_w;
        uint cell = (n * push.in_h + uint(h)) * push.in_w + uint(w);
        float value = LOAD(x, inside ? cell * push.channels + c : 0);
        float product = value * LOAD(dy, at);
        sum += inside ? product : 0.0;
        at += channels;
        bool is_line = ow + 1 == push.out_w, is_image = is_line && oh + 1 == push.out_h;
        ow = is_line ? 0 : ow + 1;
        oh = is_image ? 0 : oh + (is_line ? 1 : 0);
        n += is_image ? 1 : 0;
    }
    STORE(dw, i, sum);
}
