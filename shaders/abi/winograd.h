// Winograd's convolution of 3x3 kernels, stride 1, in tiles of 4x4; see src/ops/winograd.c. A tile
// is 6x6 cells of the input or 4x4 of the output; every tensor in the transformed domain has 36
// planes, one a point. T is `pitch`, the tiles that a plane has room for. Weights lie in panels of
// `panel` output channels, as the product takes them; the last panel may hold less.
#ifndef ABI_WINOGRAD_H
#define ABI_WINOGRAD_H

#include "abi.h"

#define WINOGRAD_POINTS 36

#define WINOGRAD_WEIGHTS_W       0 // in   w  [3, 3, CIN, COUT]
#define WINOGRAD_WEIGHTS_U       1 // out  u  [36, PANELS, CIN, panel]
#define WINOGRAD_WEIGHTS_BUFFERS 2

#define WINOGRAD_IN_X       0 // in   x  [N, H, W, CIN]
#define WINOGRAD_IN_V       1 // out  v  [36, T, CIN]
#define WINOGRAD_IN_BUFFERS 2

#define WINOGRAD_PRODUCT_V       0 // in   v  [36, T, CIN]
#define WINOGRAD_PRODUCT_U       1 // in   u  [36, PANELS, CIN, panel]
#define WINOGRAD_PRODUCT_M       2 // out  m  [36, T, COUT]
#define WINOGRAD_PRODUCT_BUFFERS 3

#define WINOGRAD_OUT_M       0 // in   m  [36, T, COUT]
#define WINOGRAD_OUT_B       1 // in   b  [COUT], any buffer where has_bias is 0
#define WINOGRAD_OUT_Y       2 // out  y  [N, OH, OW, COUT]
#define WINOGRAD_OUT_X       3 // in   x  [N, OH, OW, COUT], any buffer without in_activation
#define WINOGRAD_OUT_BUFFERS 4

#define WINOGRAD_DY_DY      0 // in   dy [N, OH, OW, COUT], masked where activated
#define WINOGRAD_DY_Z       1 // out  z  [36, T, COUT]
#define WINOGRAD_DY_BUFFERS 2

#define WINOGRAD_DU_V       0 // in    v  [36, T, CIN]
#define WINOGRAD_DU_Z       1 // in    z  [36, T, COUT]
#define WINOGRAD_DU_DU      2 // inout du [36, CIN, COUT]
#define WINOGRAD_DU_BUFFERS 3

#define WINOGRAD_DW_DU      0 // in   du [36, CIN, COUT]
#define WINOGRAD_DW_DW      1 // out  dw [3, 3, CIN, COUT]
#define WINOGRAD_DW_BUFFERS 2

struct winograd_push {
    uint32_t in_h, in_w, in_c;
    uint32_t out_h, out_w, out_c;
    uint32_t pad_top, pad_left;
    uint32_t first, count, pitch; // tiles: of this chunk, and of the room in a plane
    uint32_t has_bias;   // 0 or 1
    uint32_t activation; // of abi/activation.h
    uint32_t in_activation; // likewise: y is a gradient, which passes where that let x pass
    uint32_t panel;               // output channels
    uint32_t flipped; // 0 or 1: weights turned by 180 degrees, so that y of in_c becomes x of out_c
};
ABI_WORDS(winograd_push, 16)

#endif
