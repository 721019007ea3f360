// Device memory: slices of chunks, packed by lifetime.
//
// A pool is made once for a set of requests and freed as a whole. Nothing is allocated in a step.
#ifndef GPU_MEMORY_H
#define GPU_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vktl/device.h>

struct chunk; // one VkBuffer with its own memory

// A range of device memory. Plain data; valid as long as its pool. `chunk` NULL: no memory.
struct slice {
    struct chunk *chunk;
    uint64_t offset, size; // bytes
};

static inline bool slice_exists(struct slice slice)
{
    return slice.chunk != NULL;
}

// A part of a slice; asserts that it lies within.
struct slice slice_part(struct slice slice, uint64_t offset, uint64_t size);

enum pool_kind {
    POOL_DEVICE, // fastest for kernels; the host goes through gpu_upload and gpu_download
    POOL_HOST,   // mapped: the host writes and reads it, kernels and copies may too
};

// One slice wanted. Two requests whose [first, last] overlap never share bytes; those that do not
// overlap may. Equal first and last everywhere: nothing is shared.
struct request {
    uint64_t size;        // bytes, at least 1
    uint32_t first, last; // the steps of the plan between which the content must live
    struct slice slice;   // out
};

struct pool;

// Where requests would lie when packed, without a device: offsets into `slice.offset` and the
// chunk's number is returned in `chunk_of[i]`. Greedy, largest first, then a few dozen tries in
// other orders where that takes much more than what lives at once; returns the bytes of all chunks.
uint64_t pool_pack(struct request *requests, uint32_t count, uint64_t max_chunk_size,
                   uint32_t *chunk_of);

// The most bytes that live at once, which no packing can go below.
uint64_t pool_live_size(const struct request *requests, uint32_t count);

// Allocates what pool_pack would. Fills every request's slice. Fails with VKTL_NO_MEMORY, naming
// `role` and the sizes.
vktl_status pool_create(struct vktl_device *device, enum pool_kind kind, const char *role,
                        struct request *requests, uint32_t count, struct pool **pool);
void pool_destroy(struct pool **pool);
uint64_t pool_size(const struct pool *pool);

// With vktl_device_params.guard: whether every guard word between slices is intact; else true.
vktl_status pool_check_guards(struct pool *pool);

// One slice in a pool of its own.
vktl_status pool_create_single(struct vktl_device *device, enum pool_kind kind, const char *role,
                               uint64_t size, struct slice *slice, struct pool **pool);

// The host's address of a slice of a POOL_HOST pool.
void *slice_host(struct slice slice);

// Copies `size` bytes between host and device memory through a staging buffer; returns when done.
vktl_status gpu_upload(struct vktl_device *device, struct slice to, const void *from,
                       uint64_t size);
vktl_status gpu_download(struct vktl_device *device, void *to, struct slice from, uint64_t size);

// Fills a slice (a multiple of 4 bytes) with a 32-bit word; returns when done.
vktl_status gpu_fill(struct vktl_device *device, struct slice slice, uint32_t word);

#endif
