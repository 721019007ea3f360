// Several buffers in one scratch slice.
#ifndef OPS_SCRATCH_H
#define OPS_SCRATCH_H

#include <stdint.h>

// The largest minStorageBufferOffsetAlignment that Vulkan allows: where any device can bind.
enum { SCRATCH_ALIGNMENT = 256 };

// `size` bytes rounded up, so that what follows can be bound.
static inline uint64_t scratch_align(uint64_t size)
{
    return (size + SCRATCH_ALIGNMENT - 1) / SCRATCH_ALIGNMENT * SCRATCH_ALIGNMENT;
}

#endif
