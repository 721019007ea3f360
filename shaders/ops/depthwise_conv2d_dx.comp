#version 460
// dx[n, h, w, c] = sum over kh, kw, m of dy[n, oh, ow, c * M + m] * w[kh, kw, c, m],
//                  where h = oh * sh - top + kh and w = ow * sw - left + kw
//
// One invocation computes 4 cells of one channel that lie a stride apart, and so meet the same taps
// at pixels side by side: a weight is loaded once for them. Lanes go along the channels.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "../abi/depthwise_conv2d.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, DEPTHWISE_CONV2D_DX_DY, dy)
BUFFER_IN(float, DEPTHWISE_CONV2D_DX_W, w)
BUFFER_OUT(float, DEPTHWISE_CONV2D_DX_DX, dx)
PUSH(depthwise_conv2d_push, DEPTHWISE_CONV2D_DX_BUFFERS)

const int RUN = DEPTHWISE_CONV2D_RUN;

void main()
{
    uint channels = push.channels, multiplier = push.multiplier;
    uint phase_cells = (push.in_w - 1) / push.stride_w + 1, runs = (phase_cells - 1) / RUN + 1;
    uint i = linear_index(), c = i % channels, place = i / channels;
    uint phase = place % push.stride_w, run = place / push.stride_w % runs;
    uint line = place / push.stride_w / runs, n = line / push.in_h, h = line % push.in_h;
    uint first_w = run * RUN * push.stride_w + phase;
    if (n >= push.batch || first_w >= push.in_w)
        return;
    float sum[RUN];
    [[unroll]] for (int r = 0; r < RUN; r++)
        sum[r] = 0.0;
    // As kh grows by a stride, oh falls by one; so it is with kw and ow.
    int oh = int((h + push.pad_top) / push.stride_h);
    for (uint kh = (h + push.pad_top) % push.stride_h; kh < push.kernel_h; kh += push.stride_h) {
        uint limit = uint(oh) < push.out_h ? push.out_w : 0;
        int start = (int(n * push.out_h) + oh) * int(push.out_w);
        int ow = int((first_w + push.pad_left) / push.stride_w);
        uint kw = (first_w + push.pad_left) % push.stride_w;
        for (; kw < push.kernel_w; kw += push.stride_w) {
            uint weight = ((kh * push.kernel_w + kw) * channels + c) * multiplier;
            for (uint m = 0; m < multiplier; m++) {
                float factor = LOAD(w, weight + m);
                [[unroll]] for (int r = 0; r < RUN; r++) {
                    bool inside = uint(ow + r) < limit;
                    uint at = (uint(start + ow + r) * channels + c) * multiplier + m;
                    float value = LOAD(dy, inside ? at : 0);
                    sum[r] += inside ? value * factor : 0.0;
                }
            }
            ow--;
        }
        oh--;
    }
    [[unroll]] for (int r = 0; r < RUN; r++) {
        uint cell = first_w + r * push.stride_w;
        if (cell < push.in_w)
            STORE(dx, (line * push.in_w + cell) * channels + c, sum[r]);
    }
}
