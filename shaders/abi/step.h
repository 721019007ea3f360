// What changes from step to step. Recorded commands freeze their push constants, so this small
// buffer, written by the host before each run, carries the rest.
#ifndef ABI_STEP_H
#define ABI_STEP_H

#include "abi.h"

struct step {
    uint32_t number;   // steps done so far: the counter of random numbers
    uint32_t seed_low; // the key of random numbers
    uint32_t seed_high;
    uint32_t rows;        // samples of this batch that count; the rest is padding
    float rows_inverse;   // 1 / rows
    float learning_rate;
    uint32_t reserved0, reserved1;
};
ABI_WORDS(step, 8)

#endif
