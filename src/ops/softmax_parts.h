// The first pass over rows that softmax and softmax_cross_entropy share: maximum, sum of
// exponentials and sum of each part of a row.
#ifndef OPS_SOFTMAX_PARTS_H
#define OPS_SOFTMAX_PARTS_H

#include "ops/op.h"
#include "ops/split.h"
#include "abi/softmax_parts.h"

// Parts of rows are at least this long; see split_evenly.
enum { SOFTMAX_MIN_PART_LENGTH = 16 };

extern const struct kernel softmax_parts_kernel;

struct softmax_push softmax_push_of(uint32_t rows, uint32_t columns);
uint64_t softmax_parts_size(const struct softmax_push *push); // bytes of `parts`
void record_softmax_parts(struct recorder *recorder, const struct softmax_push *push,
                          struct slice x, struct slice parts);

#endif
