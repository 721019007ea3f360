// The codes of abi/maxpool2d.h. Needs `push` to be a pool2d_push.
#ifndef LIB_MAXPOOL2D_GLSL
#define LIB_MAXPOOL2D_GLSL

#include "pool2d.glsl"

struct code_layout {
    uint windows_log, channels_log; // of a word
    uint words_w, words_c;          // along the axes
};

uint words_of(uint extent, uint codes_log)
{
    return (extent + (1u << codes_log) - 1) >> codes_log;
}

code_layout codes_laid_out()
{
    uint windows = MAXPOOL2D_WINDOWS_LOG(push.code_bits);
    uint channels = MAXPOOL2D_CHANNELS_LOG(push.code_bits);
    return code_layout(windows, channels, words_of(push.out_w, windows),
                       words_of(push.channels, channels));
}

// The bit at which the codes of a window's channels start in their word.
uint code_start(code_layout l, uint ow)
{
    return ((ow & ((1u << l.windows_log) - 1)) << l.channels_log) * push.code_bits;
}

#endif
