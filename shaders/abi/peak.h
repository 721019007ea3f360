// What a device can do at best: the ceilings that `vktl bench` measures kernels against; see
// src/gpu/peak.c.
#ifndef ABI_PEAK_H
#define ABI_PEAK_H

#include "abi.h"

#define PEAK_MADD_Y       0 // out  y [threads]
#define PEAK_MADD_BUFFERS 1

#define PEAK_COPY_X       0 // in   x [count]
#define PEAK_COPY_Y       1 // out  y [count]
#define PEAK_COPY_BUFFERS 2

// Multiply-adds of one turn of peak_madd's loop.
#define PEAK_MADD_CHAINS 16
#define PEAK_MADD_UNROLL 16

struct peak_madd_push {
    uint32_t threads;
    uint32_t turns;        // of the loop
    float factor, summand; // of every multiply-add
};
ABI_WORDS(peak_madd_push, 4)

struct peak_copy_push {
    uint32_t count; // elements
};
ABI_WORDS(peak_copy_push, 1)

#endif
