// How the learning rate changes over a training run.
#ifndef VKTL_SCHEDULE_H
#define VKTL_SCHEDULE_H

#include <stdint.h>

// Over the steps of one phase, t of T, with the phase's learning rate as `rate`:
//
//     CONSTANT   rate
//     STEP       rate * step_factor^(epochs done / step_epochs, rounded down)
//     COSINE     from rate to final_factor * rate along half a cosine (Loshchilov, Hutter: "SGDR",
//                2017; Keras's CosineDecay)
//     ONE_CYCLE  from rate / 25 up to rate in the first `rise` of the steps and down to
//                rate / 100000, both along half a cosine (fastai's fit_one_cycle; momentum stays)
//
// The first three may start with a warm-up: rate * (t + 1) / steps of the warm-up; COSINE then
// takes the steps after it. A zeroed member asks for its default, which stands in brackets.
struct vktl_schedule {
    enum vktl_schedule_kind {
        VKTL_SCHEDULE_CONSTANT,
        VKTL_SCHEDULE_STEP,
        VKTL_SCHEDULE_COSINE,
        VKTL_SCHEDULE_ONE_CYCLE,
    } kind;
    uint32_t warmup_epochs; // [0]
    uint32_t step_epochs;   // [a third of the phase's epochs, rounded up]
    double step_factor;     // above 0, below 1 [0.1]
    double final_factor;    // from 0 to 1 [0]
    double rise;            // above 0, below 1 [0.25]
};

#endif
