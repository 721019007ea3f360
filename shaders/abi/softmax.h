// Softmax over the last axis; see src/ops/softmax.c.
#ifndef ABI_SOFTMAX_H
#define ABI_SOFTMAX_H

#include "softmax_parts.h"

#define SOFTMAX_FWD_X       0 // in   x     [rows, columns]
#define SOFTMAX_FWD_PARTS   1 // in   parts [rows, parts, 3]
#define SOFTMAX_FWD_Y       2 // out  y     [rows, columns]
#define SOFTMAX_FWD_BUFFERS 3

#define SOFTMAX_DOTS_Y       0 // in   y    [rows, columns]
#define SOFTMAX_DOTS_DY      1 // in   dy   [rows, columns]
#define SOFTMAX_DOTS_DOTS    2 // out  dots [rows, parts]
#define SOFTMAX_DOTS_BUFFERS 3

#define SOFTMAX_BWD_Y       0 // in   y    [rows, columns]
#define SOFTMAX_BWD_DY      1 // in   dy   [rows, columns]
#define SOFTMAX_BWD_DOTS    2 // in   dots [rows, parts]
#define SOFTMAX_BWD_DX      3 // out  dx   [rows, columns]
#define SOFTMAX_BWD_BUFFERS 4

#endif
