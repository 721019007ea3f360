// Batch normalisation with the moving statistics or the batch's; see src/ops/batchnorm.c.
#ifndef ABI_BATCHNORM_H
#define ABI_BATCHNORM_H

#include "abi.h"

// gamma and beta are bound to any [C] where the layer has none, and not read. mean and variance are
// the statistics in use: the moving ones or the batch's.
#define BATCHNORM_FWD_STEP     0 // in   struct step
#define BATCHNORM_FWD_X        1 // in   x        [rows, C]
#define BATCHNORM_FWD_GAMMA    2 // in   gamma    [C]
#define BATCHNORM_FWD_BETA     3 // in   beta     [C]
#define BATCHNORM_FWD_MEAN     4 // in   mean     [C]
#define BATCHNORM_FWD_VARIANCE 5 // in   variance [C]
#define BATCHNORM_FWD_Y        6 // out  y        [rows, C]
#define BATCHNORM_FWD_BUFFERS  7

#define BATCHNORM_MEAN_STEP    0 // in   struct step
#define BATCHNORM_MEAN_X       1 // in   x     [rows, C]
#define BATCHNORM_MEAN_PARTS   2 // out  parts [parts, C]
#define BATCHNORM_MEAN_BUFFERS 3

#define BATCHNORM_VARIANCE_STEP    0 // in   struct step
#define BATCHNORM_VARIANCE_X       1 // in   x     [rows, C]
#define BATCHNORM_VARIANCE_MEAN    2 // in   mean  [C]
#define BATCHNORM_VARIANCE_PARTS   3 // out  parts [parts, C]
#define BATCHNORM_VARIANCE_BUFFERS 4

#define BATCHNORM_MOVING_MEAN            0 // in     mean            [C]
#define BATCHNORM_MOVING_VARIANCE        1 // in     variance        [C]
#define BATCHNORM_MOVING_MOVING_MEAN     2 // inout  moving_mean     [C]
#define BATCHNORM_MOVING_MOVING_VARIANCE 3 // inout  moving_variance [C]
#define BATCHNORM_MOVING_BUFFERS         4

#define BATCHNORM_BWD_DY       0 // in   dy       [rows, C]
#define BATCHNORM_BWD_GAMMA    1 // in   gamma    [C]
#define BATCHNORM_BWD_VARIANCE 2 // in   variance [C]
#define BATCHNORM_BWD_DX       3 // out  dx       [rows, C]
#define BATCHNORM_BWD_BUFFERS  4

#define BATCHNORM_BATCH_BWD_STEP     0 // in   struct step
#define BATCHNORM_BATCH_BWD_X        1 // in   x        [rows, C]
#define BATCHNORM_BATCH_BWD_DY       2 // in   dy       [rows, C]
#define BATCHNORM_BATCH_BWD_GAMMA    3 // in   gamma    [C]
#define BATCHNORM_BATCH_BWD_MEAN     4 // in   mean     [C]
#define BATCHNORM_BATCH_BWD_VARIANCE 5 // in   variance [C]
#define BATCHNORM_BATCH_BWD_SUMS     6 // in   sums     [2, C]: dgamma, dbeta
#define BATCHNORM_BATCH_BWD_DX       7 // out  dx       [rows, C]
#define BATCHNORM_BATCH_BWD_BUFFERS  8

#define BATCHNORM_PARTS_STEP     0 // in   struct step
#define BATCHNORM_PARTS_X        1 // in   x        [rows, C]
#define BATCHNORM_PARTS_DY       2 // in   dy       [rows, C]
#define BATCHNORM_PARTS_MEAN     3 // in   mean     [C]
#define BATCHNORM_PARTS_VARIANCE 4 // in   variance [C]
#define BATCHNORM_PARTS_PARTS    5 // out  parts    [parts, 2, C]: of dgamma, of dbeta
#define BATCHNORM_PARTS_BUFFERS  6

struct batchnorm_push {
    uint32_t rows, channels;     // rows: N * H * W
    uint32_t sample_rows;        // H * W
    uint32_t part_length, parts; // rows of a part of the sums over rows; parts
    uint32_t scale, center;      // 1 where there is a gamma, a beta
    uint32_t batch;              // 1: the batch's statistics; rows of padding do not count
    float epsilon;
    float momentum; // of the moving statistics
};
ABI_WORDS(batchnorm_push, 10)

#endif
