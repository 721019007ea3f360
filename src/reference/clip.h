// What the references of optimizers share.
#ifndef REFERENCE_CLIP_H
#define REFERENCE_CLIP_H

#include <math.h>

#include "reference/reference.h"
#include "abi/step.h"

// Whether nothing is updated: gradients of a scaled loss are not all finite. in[1] is the sum of
// their squares.
static inline bool gradients_overflow(const struct reference_call *call, bool is_scaled)
{
    return is_scaled && !isfinite(*call->in[1]);
}

// What gradients are multiplied by: 1 / the loss scale, and so that their norm is then at most
// `clip_norm`, unless that is 0.
static inline double gradient_scale(const struct reference_call *call, float clip_norm,
                                    bool is_scaled)
{
    const double inverse = is_scaled ? (double)call->step->loss_scale_inverse : 1;
    if (clip_norm == 0)
        return inverse;
    const double norm = sqrt(*call->in[1]) * inverse;
    return norm > clip_norm ? clip_norm / norm * inverse : inverse;
}

#endif
