// By what the loss is scaled where gradients are halves (Micikevicius et al. 2018): as large as
// gradients allow, found by trying.
#ifndef TRAIN_LOSS_SCALE_H
#define TRAIN_LOSS_SCALE_H

#include <stdbool.h>
#include <stdint.h>

struct loss_scale {
    double value;     // a power of two, so that scaling rounds nothing
    uint32_t good;    // steps in a row that it was not too large for
    uint32_t skipped; // steps that it was too large for, since the optimizer's state was new
};

// At the beginning of a phase; 1, and there to stay, without mixed precision.
void loss_scale_reset(bool mixed, struct loss_scale *scale);

// After a step of mixed precision, whose gradients were finite or not. False: they were not even at
// the smallest scale.
bool loss_scale_update(bool finite, struct loss_scale *scale);

#endif
