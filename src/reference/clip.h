// What the references of optimizers share.
#ifndef REFERENCE_CLIP_H
#define REFERENCE_CLIP_H

#include <math.h>

// What gradients are multiplied by so that their norm, the root of `squares`, is at most
// `clip_norm`; 1 where that is 0.
static inline double clip_scale(float clip_norm, const float *squares)
{
    if (clip_norm == 0)
        return 1;
    const double norm = sqrt(*squares);
    return norm > clip_norm ? clip_norm / norm : 1;
}

#endif
