// Stochastic gradient descent; see src/ops/sgd.c. Shapes are flat.
#ifndef ABI_SGD_H
#define ABI_SGD_H

#include "abi.h"

// squares is bound to dw where nothing is clipped or scaled, and not read.
#define SGD_STEP    0 // in     struct step
#define SGD_SQUARES 1 // in     squares [1]  sum of the squares of all gradients
#define SGD_DW      2 // in     dw [count]
#define SGD_W       3 // inout  w  [count]
#define SGD_BUFFERS 4

#define SGD_MOMENTUM_STEP    0 // in     struct step
#define SGD_MOMENTUM_SQUARES 1 // in     squares [1]
#define SGD_MOMENTUM_DW      2 // in     dw [count]
#define SGD_MOMENTUM_W       3 // inout  w  [count]
#define SGD_MOMENTUM_V       4 // inout  v  [count]  velocity
#define SGD_MOMENTUM_BUFFERS 5

struct sgd_push {
    uint32_t count;    // elements
    uint32_t nesterov; // 0 or 1
    float momentum;    // in [0, 1]
    float weight_decay;
    float rate_factor; // of the step's learning rate
    float clip_norm;   // 0: not clipped
    uint32_t is_scaled; // 0 or 1: gradients are multiplied by a loss scale
};
ABI_WORDS(sgd_push, 7)

#endif
