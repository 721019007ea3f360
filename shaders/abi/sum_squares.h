// The sum of squares of a tensor, in parts; see src/ops/sum_squares.c. Shapes are flat.
#ifndef ABI_SUM_SQUARES_H
#define ABI_SUM_SQUARES_H

#include "abi.h"

#define SUM_SQUARES_X       0 // in   x     [count]
#define SUM_SQUARES_PARTS   1 // out  parts [parts]
#define SUM_SQUARES_BUFFERS 2

struct sum_squares_push {
    uint32_t count;
    uint32_t parts; // part p is every parts-th element from p on; there may be more than elements
};
ABI_WORDS(sum_squares_push, 2)

// The operator's geometry: elements of its inputs.
struct sum_squares_counts {
    uint32_t first, second; // second: 0 without
};
ABI_WORDS(sum_squares_counts, 2)

#endif
