// What dataset.c shares with split.c, scan.c, loader.c, and with training. The public half is
// vktl/dataset.h.
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include <vktl/dataset.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/log.h"

struct dataset_item {
    const char *path;        // in the arena
    uint32_t relative_start; // path + this: below the dataset's folder
    uint32_t name_start;     // path + this: the file's name
    uint32_t class_index;
    unsigned char *cached; // (image_size, image_size, 3), or NULL; from malloc
    struct hash pixels;    // fingerprint of these bytes, whether or not they are kept; of a scan
};

struct vktl_dataset {
    struct arena arena;
    const char **class_names; // in the arena, as are the names
    uint32_t class_count;
    struct dataset_item *items;
    uint32_t count;
    uint32_t capacity;
    // Of the last scan: pixels on a side of what items have cached, and bytes left for more.
    uint32_t cached_size;
    vktl_interpolation cached_interpolation;
    uint64_t cache_left;
};

// An empty dataset without classes.
vktl_status dataset_create(const struct vktl_log *log, struct vktl_dataset **dataset);

// Gives it its classes: copies of the names.
vktl_status dataset_name_classes(const struct vktl_log *log, struct vktl_dataset *dataset,
                                 const char *const *class_names, uint32_t class_count);

// Adds an item; its path is copied, its cache is not.
vktl_status dataset_add(const struct vktl_log *log, struct vktl_dataset *dataset,
                        const struct dataset_item *item);

// Adds all images below `folder`, sorted as Keras sorts them. `root_length` characters of `folder`
// are the dataset's own folder, which relative paths leave out.
vktl_status dataset_add_folder(const struct vktl_log *log, struct vktl_dataset *dataset,
                               const char *folder, uint32_t root_length, uint32_t class_index);

// Whether a file of this name is an image by its extension.
bool dataset_takes(const char *name);

// Keeps a copy of the square of an image that a scan did not keep, if there is room; `pixels` are
// in the size and interpolation of the scan. Not while a loader is at that image.
void dataset_keep(struct vktl_dataset *dataset, uint32_t index, const unsigned char *pixels);

// Forgets all cached images.
void dataset_forget(struct vktl_dataset *dataset);

#endif
