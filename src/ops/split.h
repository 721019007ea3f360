// Splitting long sums: parts are summed each by its own invocation, then the parts in order, so
// that no invocation runs long, GPUs have work to share out, and the bits are the same every time.
#ifndef OPS_SPLIT_H
#define OPS_SPLIT_H

#include <stdint.h>

struct split {
    uint32_t length; // of every part but the last, which may be shorter
    uint32_t parts;
};

// About as many parts as each is long, but none shorter than `minimum`: at most 46,341 of either
// for any count that a tensor can have.
static inline struct split split_evenly(uint32_t count, uint32_t minimum)
{
    uint32_t length = minimum;
    while ((uint64_t)length * length < count)
        length++;
    if (length > count)
        length = count;
    return (struct split){length, (count - 1) / length + 1};
}

#endif
