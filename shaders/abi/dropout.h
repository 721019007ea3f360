// Dropout; see src/ops/dropout.c. Forward and backward are one kernel: x is dy, y is dx.
#ifndef ABI_DROPOUT_H
#define ABI_DROPOUT_H

#include "abi.h"

#define DROPOUT_STEP    0 // in   struct step
#define DROPOUT_X       1 // in   x [count]
#define DROPOUT_Y       2 // out  y [count]
#define DROPOUT_BUFFERS 3

#define DROPOUT_PER_INVOCATION 4 // elements: what one Philox call gives

struct dropout_push {
    uint32_t count;      // elements
    uint32_t row_length; // elements of a row
    uint32_t stream;     // random stream of the node, set at the call
    float rate;          // in [0, 1)
    float scale;         // 1 / (1 - rate)
};
ABI_WORDS(dropout_push, 5)

#endif
