#version 460
// y = the end of chains of x = x * factor + summand: multiply-adds in registers and nothing else.
//
// Sixteen chains an invocation hide the latency of each; their ends are added so that none of them
// can be left out.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "../abi/peak.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_OUT(float, PEAK_MADD_Y, y)
PUSH(peak_madd_push, PEAK_MADD_BUFFERS)

void main()
{
    uint i = linear_index();
    float x[PEAK_MADD_CHAINS];
    [[unroll]] for (int c = 0; c < PEAK_MADD_CHAINS; c++)
        x[c] = float(i + c);
    for (uint turn = 0; turn < push.turns; turn++)
        [[unroll]] for (int k = 0; k < PEAK_MADD_UNROLL; k++)
            [[unroll]] for (int c = 0; c < PEAK_MADD_CHAINS; c++)
                x[c] = x[c] * push.factor + push.summand;
    float total = 0.0;
    [[unroll]] for (int c = 0; c < PEAK_MADD_CHAINS; c++)
        total += x[c];
    if (i < push.threads)
        STORE(y, i, total);
}
