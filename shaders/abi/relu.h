// Rectified linear unit; see src/ops/relu.c. Shapes are flat: N*H*W*C elements.
#ifndef ABI_RELU_H
#define ABI_RELU_H

#include "abi.h"

#define RELU_FWD_X       0 // in   x  [count]
#define RELU_FWD_Y       1 // out  y  [count]
#define RELU_FWD_BUFFERS 2

#define RELU_BWD_Y       0 // in   y  [count]
#define RELU_BWD_DY      1 // in   dy [count]
#define RELU_BWD_DX      2 // out  dx [count]
#define RELU_BWD_BUFFERS 3

struct relu_push {
    uint32_t count; // elements
};
ABI_WORDS(relu_push, 1)

#endif
