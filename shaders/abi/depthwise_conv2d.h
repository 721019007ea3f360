// Convolution of each channel by itself; see src/ops/depthwise_conv2d.c. M is the depth multiplier.
#ifndef ABI_DEPTHWISE_CONV2D_H
#define ABI_DEPTHWISE_CONV2D_H

#include "abi.h"

#define DEPTHWISE_CONV2D_FWD_X       0 // in   x  [N, H, W, C]
#define DEPTHWISE_CONV2D_FWD_W       1 // in   w  [KH, KW, C, M]
#define DEPTHWISE_CONV2D_FWD_B       2 // in   b  [C * M], any buffer where has_bias is 0
#define DEPTHWISE_CONV2D_FWD_Y       3 // out  y  [N, OH, OW, C * M]
#define DEPTHWISE_CONV2D_FWD_BUFFERS 4

#define DEPTHWISE_CONV2D_DX_DY      0 // in   dy [N, OH, OW, C * M], masked where activated
#define DEPTHWISE_CONV2D_DX_W       1 // in   w  [KH, KW, C, M]
#define DEPTHWISE_CONV2D_DX_DX      2 // out  dx [N, H, W, C]
#define DEPTHWISE_CONV2D_DX_BUFFERS 3

#define DEPTHWISE_CONV2D_DW_X       0 // in   x  [N, H, W, C]
#define DEPTHWISE_CONV2D_DW_DY      1 // in   dy [N, OH, OW, C * M], masked where activated
#define DEPTHWISE_CONV2D_DW_DW      2 // out  dw [parts, KH, KW, C, M]
#define DEPTHWISE_CONV2D_DW_BUFFERS 3

struct depthwise_conv2d_push {
    uint32_t batch;
    uint32_t in_h, in_w, channels;
    uint32_t out_h, out_w, multiplier;
    uint32_t kernel_h, kernel_w;
    uint32_t stride_h, stride_w;
    uint32_t pad_top, pad_left;
    uint32_t has_bias;   // 0 or 1
    uint32_t activation; // of abi/activation.h
    uint32_t dw_length;      // pixels in a part of dw, the last one may be shorter
};
ABI_WORDS(depthwise_conv2d_push, 16)

// Pixels side by side that an invocation of forward computes, and cells of dx.
#define DEPTHWISE_CONV2D_RUN 4

#endif
