// Responsible for where slices lie in the chunks of a pool: pure arithmetic, no device.
#include "gpu/memory.h"

#include <stdlib.h>

#include "base/log.h"
#include "gpu/pack.h"

uint64_t pack_align(uint64_t size)
{
    return (size + PACK_ALIGNMENT - 1) / PACK_ALIGNMENT * PACK_ALIGNMENT;
}

static bool lives_overlap(const struct request *a, const struct request *b)
{
    return a->first <= b->last && b->first <= a->last;
}

// The lowest offset in `chunk` where `wanted` fits beside the placed requests that live with it.
// Moves past one conflict at a time; offsets only grow, so it ends.
static uint64_t lowest_offset(const struct request *requests, const uint32_t *order,
                              uint32_t placed, const uint32_t *chunk_of, uint32_t chunk,
                              const struct request *wanted)
{
    uint64_t offset = 0;
    for (uint32_t i = 0; i < placed;) {
        const struct request *other = &requests[order[i]];
        const uint64_t end = other->slice.offset + pack_align(other->size);
        const bool conflict = chunk_of[order[i]] == chunk && lives_overlap(other, wanted) &&
                              offset < end && other->slice.offset < offset + wanted->size;
        if (conflict) {
            offset = end;
            i = 0;
        } else {
            i++;
        }
    }
    return offset;
}

// Largest first: big slices find room before small ones fragment it. Stable, so results repeat.
static void sort_by_size(const struct request *requests, uint32_t *order, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t j = i;
        for (; j > 0 && requests[order[j - 1]].size < requests[i].size; j--)
            order[j] = order[j - 1];
        order[j] = i;
    }
}

uint64_t pool_pack(struct request *requests, uint32_t count, uint64_t max_chunk_size,
                   uint32_t *chunk_of)
{
    uint32_t *order = calloc(count ? count : 1, sizeof *order);
    uint64_t *chunk_size = calloc(count ? count : 1, sizeof *chunk_size);
    uint32_t chunk_count = 0;
    uint64_t total = PACK_FAILED;
    if (!order || !chunk_size)
        goto done;
    sort_by_size(requests, order, count);
    for (uint32_t placed = 0; placed < count; placed++) {
        struct request *request = &requests[order[placed]];
        uint32_t chunk = 0;
        uint64_t offset = 0;
        if (pack_align(request->size) > max_chunk_size)
            goto done;
        for (; chunk < chunk_count; chunk++) {
            offset = lowest_offset(requests, order, placed, chunk_of, chunk, request);
            if (offset + pack_align(request->size) <= max_chunk_size)
                break;
        }
        if (chunk == chunk_count) {
            offset = 0;
            chunk_count++;
        }
        chunk_of[order[placed]] = chunk;
        request->slice.offset = offset;
        if (offset + pack_align(request->size) > chunk_size[chunk])
            chunk_size[chunk] = offset + pack_align(request->size);
    }
    total = 0;
    for (uint32_t i = 0; i < chunk_count; i++)
        total += chunk_size[i];
done:
    free(order);
    free(chunk_size);
    return total;
}

// Something begins to live whenever the sum grows, so the beginnings are all that need a look.
uint64_t pool_live_size(const struct request *requests, uint32_t count)
{
    uint64_t most = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t size = 0;
        for (uint32_t j = 0; j < count; j++)
            if (requests[j].first <= requests[i].first && requests[i].first <= requests[j].last)
                size += pack_align(requests[j].size);
        most = size > most ? size : most;
    }
    return most;
}
