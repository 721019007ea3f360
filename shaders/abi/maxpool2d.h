// Maximum of windows; see src/ops/maxpool2d.c.
#ifndef ABI_MAXPOOL2D_H
#define ABI_MAXPOOL2D_H

#include "pool2d.h"

#define MAXPOOL2D_FWD_X       0 // in   x  [N, H, W, C]
#define MAXPOOL2D_FWD_Y       1 // out  y  [N, OH, OW, C]
#define MAXPOOL2D_FWD_BUFFERS 2

#define MAXPOOL2D_BWD_X       0 // in   x  [N, H, W, C]
#define MAXPOOL2D_BWD_Y       1 // in   y  [N, OH, OW, C]
#define MAXPOOL2D_BWD_DY      2 // in   dy [N, OH, OW, C]
#define MAXPOOL2D_BWD_DX      3 // out  dx [N, H, W, C]
#define MAXPOOL2D_BWD_BUFFERS 4

#endif
