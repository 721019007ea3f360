// Stochastic gradient descent; see src/ops/sgd.c. Shapes are flat.
#ifndef ABI_SGD_H
#define ABI_SGD_H

#include "abi.h"

#define SGD_STEP    0 // in     struct step
#define SGD_DW      1 // in     dw [count]
#define SGD_W       2 // inout  w  [count]
#define SGD_BUFFERS 3

#define SGD_MOMENTUM_STEP    0 // in     struct step
#define SGD_MOMENTUM_DW      1 // in     dw [count]
#define SGD_MOMENTUM_W       2 // inout  w  [count]
#define SGD_MOMENTUM_V       3 // inout  v  [count]  velocity
#define SGD_MOMENTUM_BUFFERS 4

struct sgd_push {
    uint32_t count;    // elements
    uint32_t nesterov; // 0 or 1
    float momentum;    // in [0, 1]
    float weight_decay;
};
ABI_WORDS(sgd_push, 4)

#endif
