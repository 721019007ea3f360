// Cross-entropy of softmax, from logits; see src/ops/softmax_cross_entropy.c.
#ifndef ABI_SOFTMAX_CROSS_ENTROPY_H
#define ABI_SOFTMAX_CROSS_ENTROPY_H

#include "softmax_parts.h"

// weights is bound to x where classes have none, and not read.
#define SOFTMAX_CROSS_ENTROPY_FWD_STEP    0 // in   struct step
#define SOFTMAX_CROSS_ENTROPY_FWD_X       1 // in   x       [rows, columns]
#define SOFTMAX_CROSS_ENTROPY_FWD_LABELS  2 // in   labels  [rows], uint
#define SOFTMAX_CROSS_ENTROPY_FWD_WEIGHTS 3 // in   weights [columns], of the classes
#define SOFTMAX_CROSS_ENTROPY_FWD_PARTS   4 // in   parts   [rows, parts, 3]
#define SOFTMAX_CROSS_ENTROPY_FWD_LOSS    5 // out  loss    [rows]
#define SOFTMAX_CROSS_ENTROPY_FWD_BUFFERS 6

#define SOFTMAX_CROSS_ENTROPY_BWD_STEP    0 // in   struct step
#define SOFTMAX_CROSS_ENTROPY_BWD_X       1 // in   x       [rows, columns]
#define SOFTMAX_CROSS_ENTROPY_BWD_LABELS  2 // in   labels  [rows], uint
#define SOFTMAX_CROSS_ENTROPY_BWD_WEIGHTS 3 // in   weights [columns]
#define SOFTMAX_CROSS_ENTROPY_BWD_PARTS   4 // in   parts   [rows, parts, 3]
#define SOFTMAX_CROSS_ENTROPY_BWD_DX      5 // out  dx      [rows, columns]
#define SOFTMAX_CROSS_ENTROPY_BWD_BUFFERS 6

struct softmax_cross_entropy_push {
    uint32_t rows, columns;
    uint32_t part_length, parts; // columns of a part; parts of a row
    uint32_t weighted;           // 1 where classes have weights
    float smoothing;             // share of each target that is spread over all columns
};
ABI_WORDS(softmax_cross_entropy_push, 6)

#endif
