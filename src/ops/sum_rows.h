// Sums over the rows of a matrix, in an order that is the same every time.
#ifndef OPS_SUM_ROWS_H
#define OPS_SUM_ROWS_H

#include "ops/op.h"

extern const struct kernel sum_rows_kernel;

// to[column] = sum of from[row, column] over few rows (at most 65,535): parts of a longer sum.
void record_sum_of_parts(struct recorder *recorder, struct slice from, struct slice to,
                         uint32_t parts, uint32_t columns);

// The same over any number of rows, by parts in `scratch` of sum_rows_scratch_size bytes.
void record_sum_rows(struct recorder *recorder, struct slice from, struct slice to,
                     struct slice scratch, uint32_t rows, uint32_t columns);
uint64_t sum_rows_scratch_size(uint32_t rows, uint32_t columns);

#endif
