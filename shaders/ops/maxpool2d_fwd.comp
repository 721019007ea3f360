#version 460
// y[n, oh, ow, c] = the largest x of the window; padding never counts; of several, and of NaNs,
// which are larger than all else, the first. Where it was is kept as a code.
//
// One invocation a word of codes, so up to four windows in a row by four channels: its divisions
// are few beside its loads, which matters where the device divides slowly.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "../abi/maxpool2d.h"
#include "../lib/buffer.glsl"
#include "../lib/image.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, MAXPOOL2D_FWD_X, x)
BUFFER_OUT(float, MAXPOOL2D_FWD_Y, y)
BUFFER_OUT(uint, MAXPOOL2D_FWD_CODES, codes)
PUSH(pool2d_push, MAXPOOL2D_FWD_BUFFERS)

#include "../lib/maxpool2d.glsl"

const int CHANNELS = 4; // of a word, at most

void main()
{
    uint i = linear_index();
    code_layout l = codes_laid_out();
    cell at = cell_of(i, push.out_h, l.words_w, l.words_c);
    if (at.n >= push.batch)
        return;
    uint c = at.c << l.channels_log, count = min(1u << l.channels_log, push.channels - c);
    uint first_ow = at.w << l.windows_log;
    uint end_ow = min(first_ow + (1u << l.windows_log), push.out_w);
    span rows = rows_of_window(at.h);
    uint word = 0;
    for (uint ow = first_ow; ow < end_ow; ow++) {
        span columns = columns_of_window(ow);
        uint line = (rows.first + push.pad_top - at.h * push.stride_h) * push.kernel_w +
                    columns.first + push.pad_left - ow * push.stride_w;
        float best[CHANNELS];
        uint place[CHANNELS];
        [[unroll]] for (int k = 0; k < CHANNELS; k++) {
            best[k] = uintBitsToFloat(0xFF800000u); // -infinity
            place[k] = line;
        }
        for (uint h = rows.first; h < rows.end; h++) {
            uint code = line, from = in_index(at.n, h, columns.first, c);
            for (uint w = columns.first; w < columns.end; w++) {
                [[unroll]] for (int k = 0; k < CHANNELS; k++) {
                    float value = LOAD(x, from + min(k, count - 1));
                    bool larger = (value > best[k] || isnan(value)) && !isnan(best[k]);
                    best[k] = larger ? value : best[k];
                    place[k] = larger ? code : place[k];
                }
                code++, from += push.channels;
            }
            line += push.kernel_w;
        }
        uint to = out_index(at.n, at.h, ow, c), start = code_start(l, ow);
        [[unroll]] for (int k = 0; k < CHANNELS; k++) {
            if (k < count) {
                STORE(y, to + k, best[k]);
                word |= place[k] << (start + k * push.code_bits);
            }
        }
    }
    STORE(codes, i, word);
}
