// Responsible for preparing the images of a dataset in the order asked for. The threads and their
// order are pipeline.c's; which order, and what a batch is, the trainer decides.
#include "data/loader.h"

#include <stdlib.h>
#include <string.h>

#include "base/threads.h"
#include "data/dataset.h"
#include "data/pipeline.h"
#include "data/resize.h"

enum { SLOTS_PER_THREAD = 4 };

struct loader {
    const struct vktl_log *log;
    const struct vktl_dataset *dataset;
    struct loader_params params;
    size_t size;     // of one image, in bytes
    bool cache_fits; // what the dataset has cached is what we would make
    struct pipeline *pipeline;
};

static vktl_status read_item(const struct loader *loader, const struct vktl_log *log, uint32_t item,
                             void *pixels)
{
    const struct dataset_item *entry = &loader->dataset->items[item];
    if (!loader->cache_fits || !entry->cached)
        return image_read_square(log, entry->path, loader->params.image_size,
                                 loader->params.interpolation, pixels);
    memcpy(pixels, entry->cached, loader->size);
    return VKTL_OK;
}

static vktl_status produce(void *user, const struct vktl_log *log, uint32_t item, void *slot)
{
    return read_item(user, log, item, slot);
}

vktl_status loader_read(const struct loader *loader, uint32_t item, unsigned char *pixels)
{
    vktl_assert(item < loader->dataset->count);
    return read_item(loader, loader->log, item, pixels);
}

vktl_status loader_create(const struct vktl_log *log, const struct vktl_dataset *dataset,
                          const struct loader_params *params, struct loader **loader)
{
    vktl_status status = VKTL_OK;
    *loader = NULL;
    if (params->image_size == 0 || params->image_size > IMAGE_MAX_SIDE)
        FAIL(log, VKTL_USAGE, "an image size of %u pixels: expected 1 to %d", params->image_size,
             IMAGE_MAX_SIDE);
    *loader = calloc(1, sizeof **loader);
    TRY_ALLOC(log, *loader);
    **loader = (struct loader){
        .log = log,
        .dataset = dataset,
        .params = *params,
        .size = (size_t)params->image_size * params->image_size * 3,
        .cache_fits = dataset->cached_size == params->image_size &&
                      dataset->cached_interpolation == params->interpolation,
    };
    const uint32_t thread_count = params->thread_count ? params->thread_count : cpu_count();
    const struct pipeline_params pipeline_params = {
        .thread_count = thread_count,
        .slot_count = params->ahead ? params->ahead : thread_count * SLOTS_PER_THREAD,
        .slot_size = (*loader)->size,
        .produce = produce,
        .user = *loader,
    };
    TRY(pipeline_create(log, &pipeline_params, &(*loader)->pipeline));
    return VKTL_OK;
fail:
    loader_destroy(loader);
    return status;
}

void loader_begin(struct loader *loader, const uint32_t *order, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        vktl_assert(order[i] < loader->dataset->count);
    pipeline_begin(loader->pipeline, order, count);
}

vktl_status loader_next(struct loader *loader, unsigned char *pixels, uint32_t *item,
                        vktl_status *item_status)
{
    struct pipeline_result result;
    vktl_assert(pipeline_next(loader->pipeline, &result));
    *item = result.item;
    *item_status = result.status;
    if (result.status == VKTL_OK)
        memcpy(pixels, result.slot, loader->size);
    else if (result.status == VKTL_INPUT)
        log_warning(loader->log, "%s; left out", result.message);
    else
        return log_fail(loader->log, result.status, "%s", result.message);
    return VKTL_OK;
}

void loader_destroy(struct loader **loader)
{
    if (!*loader)
        return;
    pipeline_destroy(&(*loader)->pipeline);
    free(*loader);
    *loader = NULL;
}
