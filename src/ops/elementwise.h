// Workgroups of the kernels that give each element an invocation of its own.
#ifndef OPS_ELEMENTWISE_H
#define OPS_ELEMENTWISE_H

#include <stdint.h>

#include "abi/linear.h"

// Nearly every driver allows 256, for others see gpu_local; large groups cost CPU drivers nothing
// without barriers.
#define ELEMENTWISE_LOCAL 256

// Threads of kernels whose invocations take LINEAR_RUN elements.
static inline uint32_t elementwise_run_threads(uint32_t count)
{
    return ((count - 1) / (ELEMENTWISE_LOCAL * LINEAR_RUN) + 1) * ELEMENTWISE_LOCAL;
}

#endif
