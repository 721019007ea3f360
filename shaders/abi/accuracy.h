// Whether the largest logit is the label's; see src/ops/accuracy.c.
#ifndef ABI_ACCURACY_H
#define ABI_ACCURACY_H

#include "abi.h"

#define ACCURACY_PARTS_X       0 // in   x     [rows, columns]
#define ACCURACY_PARTS_BEST    1 // out  best  [rows, parts]
#define ACCURACY_PARTS_COLUMN  2 // out  column [rows, parts], uint
#define ACCURACY_PARTS_BUFFERS 3

#define ACCURACY_FWD_STEP    0 // in   struct step
#define ACCURACY_FWD_BEST    1 // in   best   [rows, parts]
#define ACCURACY_FWD_COLUMN  2 // in   column [rows, parts], uint
#define ACCURACY_FWD_LABELS  3 // in   labels [rows], uint
#define ACCURACY_FWD_Y       4 // out  y      [rows]: 1 or 0
#define ACCURACY_FWD_BUFFERS 5

struct accuracy_push {
    uint32_t rows, columns;
    uint32_t part_length, parts; // columns of a part; parts of a row
};
ABI_WORDS(accuracy_push, 4)

#endif
