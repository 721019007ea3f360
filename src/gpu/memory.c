// Responsible for device memory: chunks, pools of slices, and copies between host and device.
// Where slices lie is pack.c's.
#include "gpu/device.h"

#include <stdlib.h>
#include <string.h>

#include "gpu/pack.h"

enum { STAGING_SIZE = 8 << 20 };

static const uint32_t guard_word = 0x5afe6a8d;

struct chunk {
    VkBuffer buffer;
    VkDeviceMemory memory;
    VkDeviceAddress address;
    void *host; // NULL unless mapped
    uint64_t size;
};

struct pool {
    struct vktl_device *device;
    struct chunk *chunks;
    uint32_t chunk_count;
    struct slice *guards; // bytes that no kernel may touch; NULL without guarding
    uint32_t guard_count;
    uint64_t allocated; // as the device counts it
};

struct slice slice_part(struct slice slice, uint64_t offset, uint64_t size)
{
    vktl_assert(offset <= slice.size && size <= slice.size - offset);
    return (struct slice){slice.chunk, slice.offset + offset, size};
}

VkBuffer slice_buffer(struct slice slice)
{
    return slice.chunk->buffer;
}

VkDeviceAddress slice_address(struct slice slice)
{
    return slice.chunk->address ? slice.chunk->address + slice.offset : 0;
}

void *slice_host(struct slice slice)
{
    vktl_assert(slice.chunk->host);
    return (char *)slice.chunk->host + slice.offset;
}

// ---- Chunks ------------------------------------------------------------------------------------

// The first type that has all of `wanted` in the order of preference; the driver sorts its types.
static uint32_t memory_type(const struct vktl_device *device, enum pool_kind kind, uint32_t allowed)
{
    static const VkMemoryPropertyFlags wishes[2][2] = {
        [POOL_DEVICE] = {VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, 0},
        [POOL_HOST] = {VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT |
                           VK_MEMORY_PROPERTY_HOST_CACHED_BIT,
                       VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT},
    };
    for (int wish = 0; wish < 2; wish++)
        for (uint32_t i = 0; i < device->memory.memoryTypeCount; i++)
            if ((allowed >> i & 1) && (device->memory.memoryTypes[i].propertyFlags &
                                       wishes[kind][wish]) == wishes[kind][wish])
                return i;
    return UINT32_MAX;
}

static VkResult chunk_bind(struct vktl_device *device, enum pool_kind kind, struct chunk *chunk)
{
    VkMemoryRequirements requirements;
    vkGetBufferMemoryRequirements(device->device, chunk->buffer, &requirements);
    const uint32_t type = memory_type(device, kind, requirements.memoryTypeBits);
    if (type == UINT32_MAX)
        return VK_ERROR_FEATURE_NOT_PRESENT;
    const VkMemoryAllocateFlagsInfo flags = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO,
        .flags = device->info.has_addresses ? VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT : 0,
    };
    const VkMemoryAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
        .pNext = &flags,
        .allocationSize = requirements.size,
        .memoryTypeIndex = type,
    };
    VkResult result = vkAllocateMemory(device->device, &info, NULL, &chunk->memory);
    if (result != VK_SUCCESS)
        chunk->memory = VK_NULL_HANDLE; // it was left undefined
    else
        result = vkBindBufferMemory(device->device, chunk->buffer, chunk->memory, 0);
    if (result == VK_SUCCESS && kind == POOL_HOST)
        result = vkMapMemory(device->device, chunk->memory, 0, VK_WHOLE_SIZE, 0, &chunk->host);
    if (result == VK_SUCCESS && device->info.has_addresses) {
        const VkBufferDeviceAddressInfo address = {
            .sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO, .buffer = chunk->buffer};
        chunk->address = vkGetBufferDeviceAddress(device->device, &address);
    }
    return result;
}

static VkResult chunk_init(struct vktl_device *device, enum pool_kind kind, struct chunk *chunk)
{
    const VkBufferCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
        .size = chunk->size,
        .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                 VK_BUFFER_USAGE_TRANSFER_DST_BIT |
                 (device->info.has_addresses ? VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT : 0),
    };
    const VkResult result = vkCreateBuffer(device->device, &info, NULL, &chunk->buffer);
    if (result == VK_SUCCESS)
        return chunk_bind(device, kind, chunk);
    chunk->buffer = VK_NULL_HANDLE; // it was left undefined
    return result;
}

static void chunk_deinit(struct vktl_device *device, struct chunk *chunk)
{
    vkDestroyBuffer(device->device, chunk->buffer, NULL);
    vkFreeMemory(device->device, chunk->memory, NULL); // unmaps
}

// ---- Pools -------------------------------------------------------------------------------------

static uint64_t max_chunk_size(const struct vktl_device *device)
{
    const uint64_t allocation = device->info.max_allocation_size;
    const uint64_t buffer = device->info.max_buffer_size;
    const uint64_t smaller = allocation < buffer ? allocation : buffer;
    return smaller / PACK_ALIGNMENT * PACK_ALIGNMENT;
}

static void set_chunks(struct pool *pool, struct request *requests, uint32_t count,
                       const uint32_t *chunk_of)
{
    for (uint32_t i = 0; i < count; i++) {
        struct chunk *chunk = &pool->chunks[chunk_of[i]];
        const uint64_t end = requests[i].slice.offset + pack_align(requests[i].size);
        requests[i].slice.chunk = chunk;
        if (end > chunk->size)
            chunk->size = end;
        if (chunk_of[i] >= pool->chunk_count)
            pool->chunk_count = chunk_of[i] + 1;
    }
}

// With guards every request grew by one alignment unit; what lies between its true end and its
// padded end is filled and later compared.
static vktl_status plant_guards(struct pool *pool, const struct request *requests, uint32_t count)
{
    vktl_status status = VKTL_OK;
    pool->guards = calloc(count, sizeof *pool->guards);
    TRY_ALLOC(pool->device->log, pool->guards);
    pool->guard_count = count;
    for (uint32_t i = 0; i < count; i++) {
        const struct slice slice = requests[i].slice;
        const uint64_t start = (slice.size + 3) / 4 * 4;
        const uint64_t padded = pack_align(slice.size + PACK_ALIGNMENT);
        pool->guards[i] = (struct slice){slice.chunk, slice.offset + start, padded - start};
        TRY(gpu_fill(pool->device, pool->guards[i], guard_word));
    }
fail:
    return status;
}

static vktl_status pool_fill(struct pool *pool, enum pool_kind kind, const char *role,
                             struct request *requests, uint32_t count, const uint32_t *chunk_of)
{
    vktl_status status = VKTL_OK;
    struct vktl_device *device = pool->device;
    set_chunks(pool, requests, count, chunk_of);
    for (uint32_t i = 0; i < pool->chunk_count; i++) {
        const VkResult result = chunk_init(device, kind, &pool->chunks[i]);
        if (result == VK_ERROR_OUT_OF_DEVICE_MEMORY || result == VK_ERROR_OUT_OF_HOST_MEMORY)
            FAIL(device->log, VKTL_NO_MEMORY,
                 "%s has no room for %.1f MiB of %s (%.1f MiB in all; its memory is %.1f MiB)",
                 device->info.name, (double)pool->chunks[i].size / 1048576, role,
                 (double)pool_size(pool) / 1048576, (double)device->info.memory_size / 1048576);
        TRY_VULKAN(device, result, "allocating memory");
    }
fail:
    return status;
}

vktl_status pool_create(struct vktl_device *device, enum pool_kind kind, const char *role,
                        struct request *requests, uint32_t count, struct pool **out)
{
    vktl_status status = VKTL_OK;
    struct pool *pool = calloc(1, sizeof *pool);
    uint32_t *chunk_of = calloc(count ? count : 1, sizeof *chunk_of);
    TRY_ALLOC(device->log, pool);
    pool->device = device;
    TRY_ALLOC(device->log, chunk_of);
    pool->chunks = calloc(count ? count : 1, sizeof *pool->chunks);
    TRY_ALLOC(device->log, pool->chunks);

    uint64_t largest = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct request *request = &requests[i];
        vktl_assert(request->size > 0 && request->first <= request->last);
        largest = request->size > largest ? request->size : largest;
        if (device->guard) {
            request->size += PACK_ALIGNMENT;
            request->first = 0, request->last = UINT32_MAX;
        }
    }
    const uint64_t total = pool_pack(requests, count, max_chunk_size(device), chunk_of);
    if (total == PACK_FAILED && largest <= max_chunk_size(device))
        FAIL(device->log, VKTL_NO_MEMORY, "out of host memory");
    if (total == PACK_FAILED)
        FAIL(device->log, VKTL_NO_MEMORY,
             "%s allocates at most %.1f MiB at once, but one tensor of the %s needs %.1f MiB",
             device->info.name, (double)max_chunk_size(device) / 1048576, role,
             (double)largest / 1048576);
    if (total > device->info.memory_size - device->allocated)
        FAIL(device->log, VKTL_NO_MEMORY,
             "%.1f MiB of %s do not fit in the %.1f MiB of %s, of which %.1f MiB are in use",
             (double)total / 1048576, role, (double)device->info.memory_size / 1048576,
             device->info.name, (double)device->allocated / 1048576);
    pool->allocated = total;
    device->allocated += total;
    TRY(pool_fill(pool, kind, role, requests, count, chunk_of));
    for (uint32_t i = 0; i < count; i++) {
        requests[i].size -= device->guard ? PACK_ALIGNMENT : 0;
        requests[i].slice.size = requests[i].size;
    }
    if (device->guard)
        TRY(plant_guards(pool, requests, count));
    free(chunk_of);
    *out = pool;
    return VKTL_OK;
fail:
    free(chunk_of);
    pool_destroy(&pool);
    return status;
}

void pool_destroy(struct pool **out)
{
    struct pool *pool = *out;
    if (!pool)
        return;
    for (uint32_t i = 0; i < pool->chunk_count; i++)
        chunk_deinit(pool->device, &pool->chunks[i]);
    pool->device->allocated -= pool->allocated;
    free(pool->chunks);
    free(pool->guards);
    free(pool);
    *out = NULL;
}

uint64_t pool_size(const struct pool *pool)
{
    uint64_t size = 0;
    for (uint32_t i = 0; i < pool->chunk_count; i++)
        size += pool->chunks[i].size;
    return size;
}

vktl_status pool_check_guards(struct pool *pool)
{
    enum { MAX_GUARD_WORDS = 2 * PACK_ALIGNMENT / 4 };
    vktl_status status = VKTL_OK;
    for (uint32_t i = 0; i < pool->guard_count; i++) {
        const struct slice guard = pool->guards[i];
        uint32_t words[MAX_GUARD_WORDS];
        TRY(gpu_download(pool->device, words, guard, guard.size));
        for (uint32_t word = 0; word < guard.size / 4; word++)
            if (words[word] != guard_word)
                FAIL(pool->device->log, VKTL_FAILED,
                     "a kernel wrote %u bytes past the end of slice %u", word * 4 + 4, i);
    }
fail:
    return status;
}

vktl_status pool_create_single(struct vktl_device *device, enum pool_kind kind, const char *role,
                               uint64_t size, struct slice *slice, struct pool **pool)
{
    struct request request = {.size = size};
    const vktl_status status = pool_create(device, kind, role, &request, 1, pool);
    *slice = request.slice;
    return status;
}

// ---- Copies ------------------------------------------------------------------------------------

vktl_status staging_create(struct vktl_device *device)
{
    vktl_status status = VKTL_OK;
    const bool guard = device->guard;
    const VkCommandBufferAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
        .commandPool = device->command_pool,
        .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
        .commandBufferCount = 1,
    };
    TRY_VULKAN(device, vkAllocateCommandBuffers(device->device, &info, &device->transfer),
               "making a command buffer");
    const VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
    TRY_CREATE(device, device->transfer_fence,
               vkCreateFence(device->device, &fence, NULL, &device->transfer_fence),
               "making a fence");
    device->guard = false; // planting guards needs staging
    status = pool_create_single(device, POOL_HOST, "staging memory", STAGING_SIZE, &device->staging,
                                &device->staging_pool);
    device->guard = guard;
fail:
    return status;
}

void staging_destroy(struct vktl_device *device)
{
    pool_destroy(&device->staging_pool);
    vkDestroyFence(device->device, device->transfer_fence, NULL);
}

static vktl_status transfer_begin(struct vktl_device *device)
{
    const VkCommandBufferBeginInfo begin = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
        .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
    };
    if (!device_is_usable(device))
        return log_fail(device->log, VKTL_DEVICE_LOST, "%s was lost; it takes no more work",
                        device->info.name);
    return device_result(device, vkBeginCommandBuffer(device->transfer, &begin),
                         "recording a copy");
}

static vktl_status transfer_end(struct vktl_device *device)
{
    vktl_status status = VKTL_OK;
    // Fences make device writes available, not visible to the host.
    const VkMemoryBarrier barrier = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_HOST_READ_BIT | VK_ACCESS_SHADER_READ_BIT |
                         VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_READ_BIT |
                         VK_ACCESS_TRANSFER_WRITE_BIT,
    };
    vkCmdPipelineBarrier(device->transfer, VK_PIPELINE_STAGE_TRANSFER_BIT,
                         VK_PIPELINE_STAGE_HOST_BIT | VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT |
                             VK_PIPELINE_STAGE_TRANSFER_BIT,
                         0, 1, &barrier, 0, NULL, 0, NULL);
    const VkSubmitInfo submit = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
        .commandBufferCount = 1,
        .pCommandBuffers = &device->transfer,
    };
    TRY_VULKAN(device, vkEndCommandBuffer(device->transfer), "recording a copy");
    TRY_VULKAN(device, vkResetFences(device->device, 1, &device->transfer_fence), "copying");
    TRY_VULKAN(device, vkQueueSubmit(device->queue, 1, &submit, device->transfer_fence), "copying");
    TRY_VULKAN(device,
               vkWaitForFences(device->device, 1, &device->transfer_fence, VK_TRUE, UINT64_MAX),
               "copying");
    return VKTL_OK;
fail:
    device_settle(device); // what is copied may be destroyed next
    if (device_is_usable(device))
        vkResetCommandBuffer(device->transfer, 0); // fit to be recorded again, wherever it failed
    return status;
}

static vktl_status copy_now(struct vktl_device *device, struct slice to, struct slice from,
                            uint64_t size)
{
    vktl_status status = VKTL_OK;
    const VkBufferCopy region = {from.offset, to.offset, size};
    TRY(transfer_begin(device));
    vkCmdCopyBuffer(device->transfer, slice_buffer(from), slice_buffer(to), 1, &region);
    TRY(transfer_end(device));
fail:
    return status;
}

vktl_status gpu_upload(struct vktl_device *device, struct slice to, const void *from, uint64_t size)
{
    vktl_status status = VKTL_OK;
    vktl_assert(size <= to.size);
    for (uint64_t done = 0; done < size;) {
        const uint64_t part = size - done < STAGING_SIZE ? size - done : STAGING_SIZE;
        memcpy(slice_host(device->staging), (const char *)from + done, part);
        TRY(copy_now(device, slice_part(to, done, part), device->staging, part));
        done += part;
    }
fail:
    return status;
}

vktl_status gpu_download(struct vktl_device *device, void *to, struct slice from, uint64_t size)
{
    vktl_status status = VKTL_OK;
    vktl_assert(size <= from.size);
    for (uint64_t done = 0; done < size;) {
        const uint64_t part = size - done < STAGING_SIZE ? size - done : STAGING_SIZE;
        TRY(copy_now(device, device->staging, slice_part(from, done, part), part));
        memcpy((char *)to + done, slice_host(device->staging), part);
        done += part;
    }
fail:
    return status;
}

vktl_status gpu_fill(struct vktl_device *device, struct slice slice, uint32_t word)
{
    vktl_status status = VKTL_OK;
    vktl_assert(slice.size % 4 == 0 && slice.offset % 4 == 0);
    TRY(transfer_begin(device));
    vkCmdFillBuffer(device->transfer, slice_buffer(slice), slice.offset, slice.size, word);
    TRY(transfer_end(device));
fail:
    return status;
}
