// Sums of squares over many tensors, in an order that is the same every time: parts of each tensor
// into a range of its own of one buffer, then the sum of that buffer.
#ifndef OPS_SUM_SQUARES_H
#define OPS_SUM_SQUARES_H

#include "ops/op.h"

// Bytes of the parts of a tensor of `count` elements: a multiple of SCRATCH_ALIGNMENT.
uint64_t square_parts_size(uint64_t count);

// parts = sums of squares of x, a tensor of `count` elements.
void record_square_parts(struct recorder *recorder, struct slice x, uint64_t count,
                         struct slice parts);

// total[0] = sum of `parts`, those of all tensors; `scratch` of sum_of_squares_scratch_size bytes.
void record_sum_of_squares(struct recorder *recorder, struct slice parts, struct slice total,
                           struct slice scratch);
uint64_t sum_of_squares_scratch_size(uint64_t parts_size);

#endif
