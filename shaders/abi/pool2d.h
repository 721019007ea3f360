// Geometry of pooling with windows, shared by maxpool2d and avgpool2d.
#ifndef ABI_POOL2D_H
#define ABI_POOL2D_H

#include "abi.h"

struct pool2d_push {
    uint32_t batch, in_h, in_w, channels;
    uint32_t out_h, out_w;
    uint32_t kernel_h, kernel_w, stride_h, stride_w; // cells
    uint32_t pad_top, pad_left;                      // cells
};
ABI_WORDS(pool2d_push, 12)

#endif
