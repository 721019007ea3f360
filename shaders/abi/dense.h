// Fully connected layer; see src/ops/dense.c. K is the number of inputs, U of units.
#ifndef ABI_DENSE_H
#define ABI_DENSE_H

#include "abi.h"

#define DENSE_FWD_X       0 // in   x  [N, K]
#define DENSE_FWD_W       1 // in   w  [K, U]
#define DENSE_FWD_B       2 // in   b  [U], any buffer where has_bias is 0
#define DENSE_FWD_Y       3 // out  y  [N, U], or sums [fwd_parts, N, U] where there are several
#define DENSE_FWD_BUFFERS 4

#define DENSE_FINISH_SUMS    0 // in   sums [fwd_parts, N, U]
#define DENSE_FINISH_B       1 // in   b    [U], any buffer where has_bias is 0
#define DENSE_FINISH_Y       2 // out  y    [N, U]
#define DENSE_FINISH_BUFFERS 3

#define DENSE_DX_DY      0 // in   dy [N, U], masked where activated
#define DENSE_DX_W       1 // in   w  [K, U]
#define DENSE_DX_DX      2 // out  dx [dx_parts, N, K]
#define DENSE_DX_BUFFERS 3

#define DENSE_DW_X       0 // in   x  [N, K]
#define DENSE_DW_DY      1 // in   dy [N, U], masked where activated
#define DENSE_DW_DW      2 // out  dw [K, U]
#define DENSE_DW_BUFFERS 3

struct dense_push {
    uint32_t batch, inputs, units;
    uint32_t has_bias;   // 0 or 1
    uint32_t activation; // of abi/activation.h
    uint32_t fwd_length, fwd_parts; // inputs in a part of y's sums; parts
    uint32_t dx_length, dx_parts;   // units in a part of dx's sums; parts
};
ABI_WORDS(dense_push, 9)

#endif
