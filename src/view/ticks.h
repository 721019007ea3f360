// Where an axis has its ticks, and what stands beside them.
#ifndef VIEW_TICKS_H
#define VIEW_TICKS_H

#include <stdbool.h>
#include <stdint.h>

enum { TICKS_MAX = 16, TICK_LABEL_SIZE = 24 };

struct ticks {
    uint32_t count;
    double at[TICKS_MAX]; // rising
    char labels[TICKS_MAX][TICK_LABEL_SIZE];
};

// The smallest of 1, 2 or 5 times a power of ten that parts `range` in at most `parts`; not below
// `min_step` (0: no limit). `range` must be positive and finite.
double ticks_step(double range, uint32_t parts, double min_step);

// The multiples of ticks_step within low..high, at most `most` (2 to TICKS_MAX).
void ticks_linear(double low, double high, uint32_t most, double min_step, struct ticks *ticks);

// Powers of ten within low..high (both positive), every n-th where they are more than `most`; where
// there is not even room for two, also 2 and 5 times a power, else as ticks_linear.
void ticks_log(double low, double high, uint32_t most, struct ticks *ticks);

#endif
