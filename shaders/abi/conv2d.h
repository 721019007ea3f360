// Convolution of images; see src/ops/conv2d.c. In the shapes, P = N * OH * OW pixels.
#ifndef ABI_CONV2D_H
#define ABI_CONV2D_H

#include "abi.h"

#define CONV2D_FWD_X       0 // in   x  [N, H, W, CIN]
#define CONV2D_FWD_W       1 // in   w  [KH, KW, CIN, COUT]
#define CONV2D_FWD_B       2 // in   b  [COUT], any buffer where has_bias is 0
#define CONV2D_FWD_Y       3 // out  y  [N, OH, OW, COUT]
#define CONV2D_FWD_BUFFERS 4

#define CONV2D_FLIP_W       0 // in   w  [KH, KW, CIN, COUT]
#define CONV2D_FLIP_WT      1 // out  wt [KH, KW, COUT, CIN], taps in the order of lib/gather.glsl
#define CONV2D_FLIP_BUFFERS 2

#define CONV2D_DX_DY      0 // in   dy [N, OH, OW, COUT], masked where activated
#define CONV2D_DX_WT      1 // in   wt [KH, KW, COUT, CIN]
#define CONV2D_DX_DX      2 // out  dx [N, H, W, CIN]
#define CONV2D_DX_BUFFERS 3

#define CONV2D_DW_X       0 // in   x  [N, H, W, CIN]
#define CONV2D_DW_DY      1 // in   dy [N, OH, OW, COUT], masked where activated
#define CONV2D_DW_DW      2 // out  dw [parts, KH, KW, CIN, COUT]
#define CONV2D_DW_BUFFERS 3

struct conv2d_push {
    uint32_t batch;
    uint32_t in_h, in_w, in_c;
    uint32_t out_h, out_w, out_c;
    uint32_t kernel_h, kernel_w;
    uint32_t stride_h, stride_w;
    uint32_t pad_top, pad_left;
    uint32_t has_bias;   // 0 or 1
    uint32_t activation; // of abi/activation.h
    uint32_t in_activation;  // likewise, that made x: its gradient is applied to dx
    uint32_t dw_length;      // pixels in a part of dw, the last one may be shorter
};
ABI_WORDS(conv2d_push, 17)

#endif
