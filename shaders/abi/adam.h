// Adam, and AdamW, which differs in its defaults alone; see src/ops/adam.c. Shapes are flat.
#ifndef ABI_ADAM_H
#define ABI_ADAM_H

#include "abi.h"

// squares is bound to dw where nothing is clipped or scaled, and not read.
#define ADAM_STEP    0 // in     struct step
#define ADAM_SQUARES 1 // in     squares [1]      sum of the squares of all gradients
#define ADAM_DW      2 // in     dw    [count]
#define ADAM_W       3 // inout  w     [count]
#define ADAM_STATE   4 // inout  state [2, count]  momentum m, then velocity v
#define ADAM_BUFFERS 5

struct adam_push {
    uint32_t count; // elements
    float one_minus_beta_1, one_minus_beta_2;
    float epsilon;
    float weight_decay;
    float rate_factor; // of the step's learning rate
    float clip_norm;   // 0: not clipped
    uint32_t is_scaled; // 0 or 1: gradients are multiplied by a loss scale
};
ABI_WORDS(adam_push, 8)

#endif
