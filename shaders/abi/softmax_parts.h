// The first half of every softmax over rows: a maximum and sums for each part of a row; see
// shaders/lib/softmax.glsl. Shared by softmax and softmax_cross_entropy.
#ifndef ABI_SOFTMAX_PARTS_H
#define ABI_SOFTMAX_PARTS_H

#include "abi.h"

#define SOFTMAX_PARTS_X       0 // in   x     [rows, columns]
#define SOFTMAX_PARTS_PARTS   1 // out  parts [rows, parts, 3]: maximum, sum of exp(x - maximum),
                                //      sum of x
#define SOFTMAX_PARTS_BUFFERS 2

struct softmax_push {
    uint32_t rows, columns;
    uint32_t part_length, parts; // columns of a part; parts of a row
};
ABI_WORDS(softmax_push, 4)

#endif
