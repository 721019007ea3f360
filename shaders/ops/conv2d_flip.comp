#version 460
// wt[position of (kh, kw), co, ci] = w[kh, kw, ci, co]: the weights as conv2d_dx walks them, phase
// by phase and each phase's taps in reverse; see lib/gather.glsl.
//
// One invocation copies 16 output channels of a tap and input channel: its reads are one run, its
// writes lie beside those of its neighbours, and there is one division for 16 elements.
#extension GL_GOOGLE_include_directive : require
#include "../abi/conv2d.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, CONV2D_FLIP_W, w)
BUFFER_OUT(float, CONV2D_FLIP_WT, wt)
PUSH(conv2d_push, CONV2D_FLIP_BUFFERS)

// The tap at a position: the inverse of phase_of.
uint tap_at(uint position, uint kernel, uint stride)
{
    uint taps = kernel / stride, larger = kernel % stride; // so many phases have a tap more
    uint skipped = larger * (taps + 1);
    bool is_larger = position < skipped;
    taps = is_larger ? taps + 1 : max(taps, 1);
    position -= is_larger ? 0 : skipped;
    uint first = (is_larger ? 0 : larger) + position / taps;
    return first + stride * (taps - 1 - position % taps);
}

void main()
{
    uint runs = (push.out_c + 15) / 16, i = linear_index();
    uint ci = i % push.in_c, run = i / push.in_c % runs, tap = i / push.in_c / runs;
    if (tap >= push.kernel_h * push.kernel_w)
        return;
    uint kh = tap_at(tap / push.kernel_w, push.kernel_h, push.stride_h);
    uint kw = tap_at(tap % push.kernel_w, push.kernel_w, push.stride_w);
    uint from = ((kh * push.kernel_w + kw) * push.in_c + ci) * push.out_c;
    uint to = tap * push.out_c * push.in_c + ci, end = min(run * 16 + 16, push.out_c);
    for (uint co = run * 16; co < end; co++)
        STORE(wt, to + co * push.in_c, LOAD(w, from + co));
}
