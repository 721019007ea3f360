// What the losses of a learning-rate range test suggest: numbers in, numbers out.
#ifndef TRAIN_LR_SUGGEST_H
#define TRAIN_LR_SUGGEST_H

#include <vktl/lr_find.h>

enum { LR_MAX_STEPS = 10000 }; // of one test

// The exponentially smoothed loss, without bias from its start at zero. A zeroed struct is the
// start.
struct lr_smoothing {
    double sum, weight; // of the past, that many times 1
};
double lr_smooth(struct lr_smoothing *smoothing, double loss);

// The three rules, each on `count` (at most LR_MAX_STEPS) rising rates and finite losses. NaN where
// the loss never falls.
double lr_steepest(const double *rates, const double *losses, uint32_t count);
double lr_valley(const double *rates, const double *losses, uint32_t count);
double lr_minimum_10(const double *rates, const double *losses, uint32_t count);

// All of them, on the smoothed losses of a test that was planned with `steps` steps and made
// `count`.
struct vktl_lr_suggestions lr_suggest(const double *rates, const double *smoothed, uint32_t count,
                                      uint32_t steps);

#endif
