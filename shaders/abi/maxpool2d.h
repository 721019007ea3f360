// Maximum of windows; see src/ops/maxpool2d.c.
//
// Where a window's maximum lies is a code of `bits` bits: its place in the window, row by row,
// padding included. A word holds the codes of as many channels of as many windows in a row as the
// logarithms below say; code (window, channel) starts at bit (window * channels + channel) * bits.
#ifndef ABI_MAXPOOL2D_H
#define ABI_MAXPOOL2D_H

#include "pool2d.h"

#define MAXPOOL2D_FWD_X       0 // in   x     [N, H, W, C]
#define MAXPOOL2D_FWD_Y       1 // out  y     [N, OH, OW, C]
#define MAXPOOL2D_FWD_CODES   2 // out  codes [N, OH, OW, C] / windows, channels words, rounded up
#define MAXPOOL2D_FWD_BUFFERS 3

#define MAXPOOL2D_BWD_CODES   0 // in   codes
#define MAXPOOL2D_BWD_Y       1 // in   y     [N, OH, OW, C], any buffer without in_activation
#define MAXPOOL2D_BWD_DY      2 // in   dy    [N, OH, OW, C]
#define MAXPOOL2D_BWD_DX      3 // out  dx    [N, H, W, C]
#define MAXPOOL2D_BWD_BUFFERS 4

// Logarithms, since dividing by what is no constant is slow.
#define MAXPOOL2D_WINDOWS_LOG(bits)  ((bits) == 2u ? 2u : (bits) == 4u ? 1u : 0u)
#define MAXPOOL2D_CHANNELS_LOG(bits) ((bits) < 32u ? 2u : 0u)
#define MAXPOOL2D_RUN            8 // cells of a row that an invocation of backward writes

#endif
