// Cross-entropy of softmax, from logits; see src/ops/softmax_cross_entropy.c.
#ifndef ABI_SOFTMAX_CROSS_ENTROPY_H
#define ABI_SOFTMAX_CROSS_ENTROPY_H

#include "softmax_parts.h"

#define SOFTMAX_CROSS_ENTROPY_FWD_STEP    0 // in   struct step
#define SOFTMAX_CROSS_ENTROPY_FWD_X       1 // in   x      [rows, columns]
#define SOFTMAX_CROSS_ENTROPY_FWD_LABELS  2 // in   labels [rows], uint
#define SOFTMAX_CROSS_ENTROPY_FWD_PARTS   3 // in   parts  [rows, parts, 2]
#define SOFTMAX_CROSS_ENTROPY_FWD_LOSS    4 // out  loss   [rows]
#define SOFTMAX_CROSS_ENTROPY_FWD_BUFFERS 5

#define SOFTMAX_CROSS_ENTROPY_BWD_STEP    0 // in   struct step
#define SOFTMAX_CROSS_ENTROPY_BWD_X       1 // in   x      [rows, columns]
#define SOFTMAX_CROSS_ENTROPY_BWD_LABELS  2 // in   labels [rows], uint
#define SOFTMAX_CROSS_ENTROPY_BWD_PARTS   3 // in   parts  [rows, parts, 2]
#define SOFTMAX_CROSS_ENTROPY_BWD_DX      4 // out  dx     [rows, columns]
#define SOFTMAX_CROSS_ENTROPY_BWD_BUFFERS 5

#endif
