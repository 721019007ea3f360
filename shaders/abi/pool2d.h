// Geometry of pooling with windows, shared by maxpool2d and avgpool2d.
#ifndef ABI_POOL2D_H
#define ABI_POOL2D_H

#include "abi.h"

struct pool2d_push {
    uint32_t batch, in_h, in_w, channels;
    uint32_t out_h, out_w;
    uint32_t kernel_h, kernel_w, stride_h, stride_w; // cells
    uint32_t pad_top, pad_left;                      // cells
    uint32_t code_bits;                              // of maxpool2d: 2, 4, 8 or 32, see there
    uint32_t in_activation; // of maxpool2d: of abi/activation.h, whose gradient is applied to dx
};
ABI_WORDS(pool2d_push, 14)

#endif
