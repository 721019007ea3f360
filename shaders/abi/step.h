// What changes from step to step. Recorded commands freeze their push constants, so this small
// buffer, written by the host before each run, carries the rest.
#ifndef ABI_STEP_H
#define ABI_STEP_H

#include "abi.h"

struct step {
    uint32_t number;   // steps done so far: the counter of random numbers
    uint32_t seed_low; // the key of random numbers
    uint32_t seed_high;
    uint32_t rows;        // samples of this run that count; the rest is padding
    float rows_inverse;   // 1 / those of the step: its gradients may be summed over several runs
    float learning_rate;
    float bias_correction; // of Adam's step: sqrt(1 - beta_2^t) / (1 - beta_1^t) at update t
    float loss_scale_inverse; // 1 / what rows_inverse is multiplied by, where gradients are scaled
    uint32_t first_row; // of this run within the step: samples that earlier runs had
};
ABI_WORDS(step, 9)

#endif
