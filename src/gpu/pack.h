// Constants shared by packing and by the pools made from it.
#ifndef GPU_PACK_H
#define GPU_PACK_H

#include <stdint.h>

// What every device accepts as the offset of a storage buffer (Vulkan's required limit).
enum { PACK_ALIGNMENT = 256 };

// pool_pack's answer when a request is larger than a chunk, or the host has no memory.
#define PACK_FAILED UINT64_MAX

uint64_t pack_align(uint64_t size);

#endif
