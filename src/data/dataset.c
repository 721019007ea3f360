// Responsible for the list of images and classes itself: making it, asking it, releasing it. How a
// folder becomes a dataset is in open.c.
#include "data/dataset.h"

#include <stdlib.h>
#include <string.h>

void dataset_forget(struct vktl_dataset *dataset)
{
    for (uint32_t i = 0; i < dataset->count; i++) {
        free(dataset->items[i].cached);
        dataset->items[i].cached = NULL;
    }
    dataset->cache_left = 0;
}

// Keeping fewer images than allowed is no failure: the loader decodes the rest again.
void dataset_keep(struct vktl_dataset *dataset, uint32_t index, const unsigned char *pixels)
{
    const size_t size = (size_t)dataset->cached_size * dataset->cached_size * 3;
    struct dataset_item *item = &dataset->items[index];
    if (item->cached || size > dataset->cache_left)
        return;
    item->cached = malloc(size);
    if (!item->cached)
        return;
    memcpy(item->cached, pixels, size);
    dataset->cache_left -= size;
}

void vktl_dataset_destroy(struct vktl_dataset **dataset)
{
    if (!*dataset)
        return;
    dataset_forget(*dataset);
    free((*dataset)->items);
    arena_deinit(&(*dataset)->arena);
    free(*dataset);
    *dataset = NULL;
}

vktl_status dataset_create(const struct vktl_log *log, struct vktl_dataset **dataset)
{
    *dataset = calloc(1, sizeof **dataset);
    return *dataset ? VKTL_OK : log_fail(log, VKTL_NO_MEMORY, "out of host memory");
}

vktl_status dataset_name_classes(const struct vktl_log *log, struct vktl_dataset *dataset,
                                 const char *const *class_names, uint32_t class_count)
{
    vktl_status status = VKTL_OK;
    dataset->class_names = arena_alloc_array(&dataset->arena, class_count, sizeof(char *));
    TRY_ALLOC(log, dataset->class_names);
    for (uint32_t i = 0; i < class_count; i++) {
        dataset->class_names[i] = arena_copy_text(&dataset->arena, class_names[i]);
        TRY_ALLOC(log, dataset->class_names[i]);
    }
    dataset->class_count = class_count;
fail:
    return status;
}

vktl_status dataset_add(const struct vktl_log *log, struct vktl_dataset *dataset,
                        const struct dataset_item *item)
{
    vktl_status status = VKTL_OK;
    if (dataset->count == dataset->capacity) {
        if (dataset->capacity > UINT32_MAX / 4)
            FAIL(log, VKTL_INPUT, "more than %u images in one dataset", dataset->count);
        uint32_t capacity = dataset->capacity ? dataset->capacity * 2 : 64;
        struct dataset_item *items = realloc(dataset->items, capacity * sizeof *items);
        TRY_ALLOC(log, items);
        dataset->items = items;
        dataset->capacity = capacity;
    }
    struct dataset_item *added = &dataset->items[dataset->count];
    *added = *item;
    added->cached = NULL;
    added->path = arena_copy_text(&dataset->arena, item->path);
    TRY_ALLOC(log, added->path);
    dataset->count++;
fail:
    return status;
}

uint32_t vktl_dataset_count(const struct vktl_dataset *dataset)
{
    return dataset->count;
}

uint32_t vktl_dataset_class_count(const struct vktl_dataset *dataset)
{
    return dataset->class_count;
}

const char *vktl_dataset_class_name(const struct vktl_dataset *dataset, uint32_t index)
{
    vktl_assert(index < dataset->class_count);
    return dataset->class_names[index];
}

const char *vktl_dataset_path(const struct vktl_dataset *dataset, uint32_t index)
{
    vktl_assert(index < dataset->count);
    return dataset->items[index].path;
}

uint32_t vktl_dataset_class(const struct vktl_dataset *dataset, uint32_t index)
{
    vktl_assert(index < dataset->count);
    return dataset->items[index].class_index;
}
