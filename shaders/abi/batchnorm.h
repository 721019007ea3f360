// Batch normalisation with the moving statistics; see src/ops/batchnorm.c.
#ifndef ABI_BATCHNORM_H
#define ABI_BATCHNORM_H

#include "abi.h"

// gamma and beta are bound to any [C] where the layer has none, and not read.
#define BATCHNORM_FWD_X        0 // in   x        [rows, C]
#define BATCHNORM_FWD_GAMMA    1 // in   gamma    [C]
#define BATCHNORM_FWD_BETA     2 // in   beta     [C]
#define BATCHNORM_FWD_MEAN     3 // in   mean     [C]
#define BATCHNORM_FWD_VARIANCE 4 // in   variance [C]
#define BATCHNORM_FWD_Y        5 // out  y        [rows, C]
#define BATCHNORM_FWD_BUFFERS  6

#define BATCHNORM_BWD_DY       0 // in   dy       [rows, C]
#define BATCHNORM_BWD_GAMMA    1 // in   gamma    [C]
#define BATCHNORM_BWD_VARIANCE 2 // in   variance [C]
#define BATCHNORM_BWD_DX       3 // out  dx       [rows, C]
#define BATCHNORM_BWD_BUFFERS  4

#define BATCHNORM_PARTS_X        0 // in   x        [rows, C]
#define BATCHNORM_PARTS_DY       1 // in   dy       [rows, C]
#define BATCHNORM_PARTS_MEAN     2 // in   mean     [C]
#define BATCHNORM_PARTS_VARIANCE 3 // in   variance [C]
#define BATCHNORM_PARTS_DGAMMA   4 // out  dgamma   [parts, C]
#define BATCHNORM_PARTS_DBETA    5 // out  dbeta    [parts, C]
#define BATCHNORM_PARTS_BUFFERS  6

#define BATCHNORM_SUM_FROM    0 // in   from [parts, C]
#define BATCHNORM_SUM_TO      1 // out  to   [C]
#define BATCHNORM_SUM_BUFFERS 2

struct batchnorm_push {
    uint32_t rows, channels;     // rows: N * H * W
    uint32_t part_length, parts; // rows of a part of the sums over rows; parts
    uint32_t scale, center;      // 1 where there is a gamma, a beta
    float epsilon;
};
ABI_WORDS(batchnorm_push, 7)

#endif
