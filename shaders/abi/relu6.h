// Rectified linear unit with a ceiling; see src/ops/relu6.c. Shapes are flat: N*H*W*C elements.
#ifndef ABI_RELU6_H
#define ABI_RELU6_H

#include "abi.h"

#define RELU6_FWD_X       0 // in   x  [count]
#define RELU6_FWD_Y       1 // out  y  [count]
#define RELU6_FWD_BUFFERS 2

#define RELU6_BWD_Y       0 // in   y  [count]
#define RELU6_BWD_DY      1 // in   dy [count]
#define RELU6_BWD_DX      2 // out  dx [count]
#define RELU6_BWD_BUFFERS 3

struct relu6_push {
    uint32_t count; // elements
};
ABI_WORDS(relu6_push, 1)

#endif
