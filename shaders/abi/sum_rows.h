// Sums over rows in a fixed order; see src/ops/sum_rows.c.
#ifndef ABI_SUM_ROWS_H
#define ABI_SUM_ROWS_H

#include "abi.h"

#define SUM_ROWS_FROM    0 // in   from [rows, columns]
#define SUM_ROWS_TO      1 // out  to   [parts, columns]
#define SUM_ROWS_BUFFERS 2

struct sum_rows_push {
    uint32_t rows, columns;
    uint32_t part_length, parts; // rows of a part, the last one may be shorter
};
ABI_WORDS(sum_rows_push, 4)

#endif
