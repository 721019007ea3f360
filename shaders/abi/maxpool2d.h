// Maximum of windows; see src/ops/maxpool2d.c.
//
// Where a window's maximum lies is a code: its place in the window, row by row, padding included. A
// word holds the codes of POOL_CHANNELS(bits) channels of POOL_WINDOWS(bits) windows in a row; code
// (window, channel) starts at bit (window * channels + channel) * bits.
#ifndef ABI_MAXPOOL2D_H
#define ABI_MAXPOOL2D_H

#include "pool2d.h"

#define MAXPOOL2D_FWD_X       0 // in   x     [N, H, W, C]
#define MAXPOOL2D_FWD_Y       1 // out  y     [N, OH, OW, C]
#define MAXPOOL2D_FWD_CODES   2 // out  codes [N, OH, OW / windows, C / channels] words, rounded up
#define MAXPOOL2D_FWD_BUFFERS 3

#define MAXPOOL2D_BWD_CODES   0 // in   codes
#define MAXPOOL2D_BWD_Y       1 // in   y     [N, OH, OW, C], any buffer without in_activation
#define MAXPOOL2D_BWD_DY      2 // in   dy    [N, OH, OW, C]
#define MAXPOOL2D_BWD_DX      3 // out  dx    [N, H, W, C]
#define MAXPOOL2D_BWD_BUFFERS 4

#define MAXPOOL2D_WINDOWS(bits)  ((bits) < 8u ? 8u / (bits) : 1u)
#define MAXPOOL2D_CHANNELS(bits) ((bits) < 32u ? 4u : 1u)
#define MAXPOOL2D_RUN            8 // cells of a row that an invocation of backward writes

#endif
