// The codes of abi/maxpool2d.h. Needs `push` to be a pool2d_push.
#ifndef LIB_MAXPOOL2D_GLSL
#define LIB_MAXPOOL2D_GLSL

#include "pool2d.glsl"

uint code_windows()
{
    return MAXPOOL2D_WINDOWS(push.code_bits);
}

uint code_channels()
{
    return MAXPOOL2D_CHANNELS(push.code_bits);
}

// Words along an axis.
uint words_of(uint extent, uint codes)
{
    return (extent + codes - 1) / codes;
}

uint code_shift(uint ow, uint channel) // channel within the word
{
    return (ow % code_windows() * code_channels() + channel) * push.code_bits;
}

#endif
