#version 460
// dx[n, h, w, c] = sum of the dy of the windows whose code says that their maximum is this cell;
// where relu or relu6 made x, only of those whose y lets a gradient pass.
//
// One invocation a run of cells of a row by as many channels as a word of codes has: gathers, so no
// atomics and a fixed order. The windows that cover a cell are found by division for the first cell
// and by stepping for the others.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "../abi/maxpool2d.h"
#include "../lib/activation.glsl"
#include "../lib/buffer.glsl"
#include "../lib/image.glsl"
#include "../lib/index.glsl"

BUFFER_IN(uint, MAXPOOL2D_BWD_CODES, codes)
BUFFER_IN(float, MAXPOOL2D_BWD_Y, y)
BUFFER_IN(float, MAXPOOL2D_BWD_DY, dy)
BUFFER_OUT(float, MAXPOOL2D_BWD_DX, dx)
PUSH(pool2d_push, MAXPOOL2D_BWD_BUFFERS)

#include "../lib/maxpool2d.glsl"

const int CHANNELS = 4; // of a word, at most

void main()
{
    code_layout l = codes_laid_out();
    uint runs = (push.in_w + MAXPOOL2D_RUN - 1) / MAXPOOL2D_RUN;
    cell at = cell_of(linear_index(), push.in_h, runs, l.words_c);
    if (at.n >= push.batch)
        return;
    uint c = at.c << l.channels_log, count = min(1u << l.channels_log, push.channels - c);
    uint first = at.w * MAXPOOL2D_RUN, end = min(first + MAXPOOL2D_RUN, push.in_w);
    uint mask = push.code_bits < 32 ? (1u << push.code_bits) - 1 : 0xFFFFFFFFu;
    span across = windows_of_row(at.h), along = windows_of_column(first);
    for (uint w = first; w < end; w++) {
        float sum[CHANNELS];
        [[unroll]] for (int k = 0; k < CHANNELS; k++)
            sum[k] = 0.0;
        for (uint oh = across.first; oh < across.end; oh++) {
            for (uint ow = along.first; ow < along.end; ow++) {
                uint code = (at.h + push.pad_top - oh * push.stride_h) * push.kernel_w + w +
                            push.pad_left - ow * push.stride_w;
                uint line = (at.n * push.out_h + oh) * l.words_w + (ow >> l.windows_log);
                uint word = LOAD(codes, line * l.words_c + at.c) >> code_start(l, ow);
                uint o = out_index(at.n, oh, ow, c);
                [[unroll]] for (int k = 0; k < CHANNELS; k++) {
                    uint from = o + min(k, count - 1);
                    bool hit = (word >> min(k, count - 1) * push.code_bits & mask) == code;
                    if (push.in_activation != ACTIVATION_LINEAR)
                        hit = hit && activation_passes(push.in_activation, LOAD(y, from));
                    float value = LOAD(dy, from);
                    sum[k] += hit ? value : 0.0;
                }
            }
        }
        uint to = in_index(at.n, at.h, w, c), next = w + push.pad_left + 1;
        [[unroll]] for (int k = 0; k < CHANNELS; k++)
            if (k < count)
                STORE(dx, to + k, sum[k]);
        along.first += next >= along.first * push.stride_w + push.kernel_w ? 1 : 0;
        along.end += next >= along.end * push.stride_w && along.end < push.out_w ? 1 : 0;
    }
}
