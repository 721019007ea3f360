// The weights of a convolution as its dx reads them: see shaders/ops/conv2d_flip.comp.
#ifndef OPS_FLIP_H
#define OPS_FLIP_H

#include "gpu/record.h"
#include "abi/conv2d.h"

extern const struct kernel flip_kernel;

// Writes `flipped`, as large as `w`.
void record_flip(struct recorder *recorder, const struct conv2d_push *push, struct slice w,
                 struct slice flipped);

#endif
