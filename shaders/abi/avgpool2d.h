// Mean of windows; see src/ops/avgpool2d.c.
#ifndef ABI_AVGPOOL2D_H
#define ABI_AVGPOOL2D_H

#include "pool2d.h"

#define AVGPOOL2D_FWD_X       0 // in   x  [N, H, W, C]
#define AVGPOOL2D_FWD_Y       1 // out  y  [N, OH, OW, C]
#define AVGPOOL2D_FWD_BUFFERS 2

#define AVGPOOL2D_BWD_DY      0 // in   dy [N, OH, OW, C]
#define AVGPOOL2D_BWD_DX      1 // out  dx [N, H, W, C]
#define AVGPOOL2D_BWD_BUFFERS 2

#endif
