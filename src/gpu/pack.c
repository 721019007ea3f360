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

// A packing in progress, and the best so far.
struct packing {
    struct request *requests;
    uint32_t count;
    uint64_t max_chunk_size;
    uint32_t *order;     // in which requests are placed
    uint32_t *by_offset; // those placed, rising
    uint64_t *chunk_size;
    uint32_t *chunk_of;
    uint32_t chunk_count;
    uint32_t top; // the place in `order` of the request that reaches the end of the last chunk
    uint64_t best_total;
    uint64_t *best_offset;
    uint32_t *best_chunk;
};

static void packing_deinit(struct packing *packing)
{
    free(packing->order);
    free(packing->by_offset);
    free(packing->chunk_size);
    free(packing->chunk_of);
    free(packing->best_offset);
    free(packing->best_chunk);
}

static bool packing_init(struct packing *packing)
{
    const size_t room = packing->count ? packing->count : 1;
    packing->order = calloc(room, sizeof *packing->order);
    packing->by_offset = calloc(room, sizeof *packing->by_offset);
    packing->chunk_size = calloc(room, sizeof *packing->chunk_size);
    packing->chunk_of = calloc(room, sizeof *packing->chunk_of);
    packing->best_offset = calloc(room, sizeof *packing->best_offset);
    packing->best_chunk = calloc(room, sizeof *packing->best_chunk);
    packing->best_total = PACK_FAILED;
    return packing->order && packing->by_offset && packing->chunk_size && packing->chunk_of &&
           packing->best_offset && packing->best_chunk;
}

// Largest first: big slices find room before small ones fragment it. Stable, so results repeat.
static void sort_by_size(struct packing *packing)
{
    for (uint32_t i = 0; i < packing->count; i++) {
        uint32_t j = i;
        for (; j > 0 && packing->requests[packing->order[j - 1]].size < packing->requests[i].size;
             j--)
            packing->order[j] = packing->order[j - 1];
        packing->order[j] = i;
    }
}

// The lowest offset in `chunk` where `wanted` fits beside the placed requests that live with it.
static uint64_t lowest_offset(const struct packing *packing, uint32_t placed, uint32_t chunk,
                              const struct request *wanted)
{
    uint64_t offset = 0;
    for (uint32_t i = 0; i < placed; i++) {
        const struct request *other = &packing->requests[packing->by_offset[i]];
        if (packing->chunk_of[packing->by_offset[i]] != chunk || !lives_overlap(other, wanted))
            continue;
        if (other->slice.offset >= offset + pack_align(wanted->size))
            break;
        const uint64_t end = other->slice.offset + pack_align(other->size);
        offset = end > offset ? end : offset;
    }
    return offset;
}

// In the first chunk that has room; false where not even an empty one has.
static bool place(struct packing *packing, uint32_t placed)
{
    const uint32_t index = packing->order[placed];
    struct request *request = &packing->requests[index];
    const uint64_t size = pack_align(request->size);
    uint32_t chunk = 0, at = placed;
    uint64_t offset = 0;
    if (size > packing->max_chunk_size)
        return false;
    for (; chunk < packing->chunk_count; chunk++) {
        offset = lowest_offset(packing, placed, chunk, request);
        if (offset + size <= packing->max_chunk_size)
            break;
    }
    if (chunk == packing->chunk_count) {
        offset = 0;
        packing->chunk_size[packing->chunk_count++] = 0;
    }
    packing->chunk_of[index] = chunk;
    request->slice.offset = offset;
    if (offset + size > packing->chunk_size[chunk]) {
        packing->chunk_size[chunk] = offset + size;
        packing->top = placed;
    }
    for (; at > 0 && packing->requests[packing->by_offset[at - 1]].slice.offset > offset; at--)
        packing->by_offset[at] = packing->by_offset[at - 1];
    packing->by_offset[at] = index;
    return true;
}

// Places all in the order that there is, and keeps the packing where it is the best.
static bool pack_once(struct packing *packing)
{
    uint64_t total = 0;
    packing->chunk_count = packing->top = 0;
    for (uint32_t placed = 0; placed < packing->count; placed++)
        if (!place(packing, placed))
            return false;
    for (uint32_t i = 0; i < packing->chunk_count; i++)
        total += packing->chunk_size[i];
    if (total >= packing->best_total)
        return true;
    packing->best_total = total;
    for (uint32_t i = 0; i < packing->count; i++) {
        packing->best_offset[i] = packing->requests[i].slice.offset;
        packing->best_chunk[i] = packing->chunk_of[i];
    }
    return true;
}

// The request that came to lie on top is placed earlier, half the way to the first.
static void promote_top(struct packing *packing)
{
    const uint32_t index = packing->order[packing->top], to = packing->top / 2;
    for (uint32_t i = packing->top; i > to; i--)
        packing->order[i] = packing->order[i - 1];
    packing->order[to] = index;
}

uint64_t pool_pack(struct request *requests, uint32_t count, uint64_t max_chunk_size,
                   uint32_t *chunk_of)
{
    enum { TRIES = 64, SLACK = 200 }; // ends within this part of the least there could be
    struct packing packing = {requests, count, max_chunk_size};
    const uint64_t least = pool_live_size(requests, count);
    const bool is_ready = packing_init(&packing);
    if (is_ready)
        sort_by_size(&packing);
    for (int i = 0; is_ready && i < TRIES && pack_once(&packing); i++) {
        if (packing.best_total <= least + least / SLACK || packing.top == 0)
            break;
        promote_top(&packing);
    }
    const uint64_t total = packing.best_total;
    for (uint32_t i = 0; total != PACK_FAILED && i < count; i++) {
        requests[i].slice.offset = packing.best_offset[i];
        chunk_of[i] = packing.best_chunk[i];
    }
    packing_deinit(&packing);
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
