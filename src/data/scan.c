// Responsible for looking at every image once, before training counts its steps: bad ones leave the
// dataset, good ones stay in memory as far as allowed. Those that are known from before are not
// decoded.
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/threads.h"
#include "data/dataset.h"
#include "data/known.h"
#include "data/pipeline.h"
#include "data/resize.h"

enum { SLOTS_PER_THREAD = 2 };

struct scanning {
    const struct vktl_log *log;
    struct vktl_dataset *dataset;
    const struct vktl_scan *scan;
    size_t square_size; // bytes of one resized image
    struct pipeline *pipeline;
    struct known *known;
    uint32_t *order; // of the items that are decoded
    uint32_t order_count;
    bool *is_bad; // by item
    uint32_t bad_count;
};

// Follows the square in its slot.
struct look {
    struct hash pixels;
    struct hash identity; // of the file before it was read
    bool is_settled;      // there is an identity
};

static vktl_status produce(void *user, const struct vktl_log *log, uint32_t item, void *slot)
{
    const struct scanning *scanning = user;
    const char *path = scanning->dataset->items[item].path;
    struct look look = {0};
    look.is_settled = scanning->known && file_identity(path, &look.identity);
    const vktl_status status = image_read_square(log, path, scanning->scan->image_size,
                                                 scanning->scan->interpolation, slot);
    if (status == VKTL_OK)
        look.pixels = hash_bytes((struct hash){{0}}, slot, scanning->square_size);
    memcpy((unsigned char *)slot + scanning->square_size, &look, sizeof look);
    return status;
}

static bool is_known(struct scanning *scanning, struct dataset_item *item)
{
    struct hash identity;
    return scanning->known && file_identity(item->path, &identity) &&
           known_find(scanning->known, identity, &item->pixels);
}

static vktl_status start(struct scanning *scanning)
{
    vktl_status status = VKTL_OK;
    const uint32_t count = scanning->dataset->count;
    const uint32_t thread_count =
        scanning->scan->thread_count ? scanning->scan->thread_count : cpu_count();
    const struct pipeline_params params = {
        .thread_count = thread_count,
        .slot_count = thread_count * SLOTS_PER_THREAD,
        .slot_size = scanning->square_size + sizeof(struct look),
        .produce = produce,
        .user = scanning,
    };
    scanning->order = calloc((size_t)count + 1, sizeof *scanning->order);
    scanning->is_bad = calloc((size_t)count + 1, sizeof *scanning->is_bad);
    TRY_ALLOC(scanning->log, scanning->order);
    TRY_ALLOC(scanning->log, scanning->is_bad);
    TRY(pipeline_create(scanning->log, &params, &scanning->pipeline));
    for (uint32_t i = 0; i < count; i++)
        if (!is_known(scanning, &scanning->dataset->items[i]))
            scanning->order[scanning->order_count++] = i;
    pipeline_begin(scanning->pipeline, scanning->order, scanning->order_count);
fail:
    return status;
}

static void keep(struct scanning *scanning, const struct pipeline_result *result)
{
    struct look look;
    memcpy(&look, (const unsigned char *)result->slot + scanning->square_size, sizeof look);
    scanning->dataset->items[result->item].pixels = look.pixels;
    if (look.is_settled)
        known_add(scanning->known, look.identity, look.pixels);
    dataset_keep(scanning->dataset, result->item, result->slot);
}

static vktl_status take(struct scanning *scanning, const struct pipeline_result *result)
{
    if (result->status == VKTL_OK) {
        keep(scanning, result);
    } else if (result->status == VKTL_INPUT) {
        log_warning(scanning->log, "%s; left out", result->message);
        scanning->is_bad[result->item] = true;
        scanning->bad_count++;
    } else {
        return log_fail(scanning->log, result->status, "%s", result->message);
    }
    return VKTL_OK;
}

static vktl_status take_all(struct scanning *scanning)
{
    vktl_status status = VKTL_OK;
    const struct vktl_scan *scan = scanning->scan;
    struct pipeline_result result;
    const uint32_t count = scanning->dataset->count;
    uint32_t done = count - scanning->order_count;
    if (done > 0 && scan->progress)
        scan->progress(scan->user, done, count);
    while (pipeline_next(scanning->pipeline, &result)) {
        TRY(take(scanning, &result));
        done++;
        if (scan->progress)
            scan->progress(scan->user, done, count);
        if (scan->should_stop && scan->should_stop(scan->user))
            FAIL(scanning->log, VKTL_INTERRUPTED, "interrupted while images were read");
    }
fail:
    return status;
}

// Every class that had an image must still have one.
static vktl_status check_classes(const struct scanning *scanning)
{
    vktl_status status = VKTL_OK;
    const struct vktl_dataset *dataset = scanning->dataset;
    bool *is_left = NULL;
    if (scanning->bad_count == dataset->count)
        FAIL(scanning->log, VKTL_INPUT, "no readable image is left");
    if (dataset->class_count == 0)
        return VKTL_OK;
    is_left = calloc(dataset->class_count, sizeof *is_left);
    TRY_ALLOC(scanning->log, is_left);
    for (uint32_t i = 0; i < dataset->count; i++)
        if (!scanning->is_bad[i])
            is_left[dataset->items[i].class_index] = true;
    for (uint32_t i = 0; i < dataset->count; i++)
        if (!is_left[dataset->items[i].class_index])
            FAIL(scanning->log, VKTL_INPUT, "class '%s' has no readable image left",
                 dataset->class_names[dataset->items[i].class_index]);
fail:
    free(is_left);
    return status;
}

static void drop_bad(struct scanning *scanning)
{
    struct vktl_dataset *dataset = scanning->dataset;
    const uint32_t count = dataset->count;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++)
        if (!scanning->is_bad[i])
            dataset->items[kept++] = dataset->items[i];
    dataset->count = kept;
    if (scanning->bad_count)
        log_warning(scanning->log, "%u of %u images could not be read and were left out",
                    scanning->bad_count, count);
}

vktl_status vktl_dataset_scan(const struct vktl_log *log, struct vktl_dataset *dataset,
                              const struct vktl_scan *scan, uint32_t *dropped)
{
    vktl_status status = VKTL_OK;
    struct scanning scanning = {.log = log, .dataset = dataset, .scan = scan};
    if (scan->image_size == 0 || scan->image_size > IMAGE_MAX_SIDE)
        FAIL(log, VKTL_USAGE, "an image size of %u pixels: expected 1 to %d", scan->image_size,
             IMAGE_MAX_SIDE);
    scanning.square_size = (size_t)scan->image_size * scan->image_size * 3;
    dataset_forget(dataset);
    dataset->cached_size = scan->image_size;
    dataset->cached_interpolation = scan->interpolation;
    dataset->cache_left = scan->cache_limit;
    if (scan->remembers)
        scanning.known = known_open(log, scan->image_size, scan->interpolation);
    TRY(start(&scanning));
    TRY(take_all(&scanning));
    TRY(check_classes(&scanning));
    drop_bad(&scanning);
fail:
    pipeline_destroy(&scanning.pipeline);
    known_close(&scanning.known);
    free(scanning.order);
    free(scanning.is_bad);
    if (status != VKTL_OK)
        dataset_forget(dataset);
    if (dropped)
        *dropped = scanning.bad_count;
    return status;
}
