// Sum of two tensors; see src/ops/add.c. Shapes are flat: N*H*W*C elements.
#ifndef ABI_ADD_H
#define ABI_ADD_H

#include "abi.h"

#define ADD_FWD_A       0 // in   a [count]
#define ADD_FWD_B       1 // in   b [count]
#define ADD_FWD_Y       2 // out  y [count]
#define ADD_FWD_BUFFERS 3

struct add_push {
    uint32_t count; // elements
};
ABI_WORDS(add_push, 1)

#endif
