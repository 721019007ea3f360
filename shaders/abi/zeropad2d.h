// A border of zeros; see src/ops/zeropad2d.c.
#ifndef ABI_ZEROPAD2D_H
#define ABI_ZEROPAD2D_H

#include "abi.h"

#define ZEROPAD2D_FWD_X       0 // in   x  [N, H, W, C]
#define ZEROPAD2D_FWD_Y       1 // out  y  [N, OH, OW, C]
#define ZEROPAD2D_FWD_BUFFERS 2

#define ZEROPAD2D_BWD_DY      0 // in   dy [N, OH, OW, C]
#define ZEROPAD2D_BWD_DX      1 // out  dx [N, H, W, C]
#define ZEROPAD2D_BWD_BUFFERS 2

struct zeropad2d_push {
    uint32_t batch, in_h, in_w, channels;
    uint32_t out_h, out_w;
    uint32_t top, left; // cells; the rest is bottom and right
};
ABI_WORDS(zeropad2d_push, 8)

#endif
