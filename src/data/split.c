// Responsible for parting a dataset in two such that an image stays in its part whatever else comes
// or goes.
#include <stdlib.h>

#include "data/dataset.h"

// In [0, 1), from the bytes of the path: FNV-1a, whose upper bits alone are poor for short names,
// then the finaliser of MurmurHash3. Written into people's results: it must never change.
static double place(const char *relative_path)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (const char *c = relative_path; *c; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
    hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
    hash = (hash ^ hash >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    hash ^= hash >> 33;
    return (double)(hash >> 11) * 0x1p-53;
}

static vktl_status create_part(const struct vktl_log *log, const struct vktl_dataset *whole,
                               struct vktl_dataset **part)
{
    vktl_status status = dataset_create(log, part);
    if (status == VKTL_OK)
        status = dataset_name_classes(log, *part, whole->class_names, whole->class_count);
    return status;
}

static vktl_status check_parts(const struct vktl_log *log, const struct vktl_dataset *training,
                               const struct vktl_dataset *validation)
{
    vktl_status status = VKTL_OK;
    bool *found = calloc((size_t)training->class_count + 1, sizeof *found);
    TRY_ALLOC(log, found);
    for (uint32_t i = 0; i < training->count; i++)
        found[training->items[i].class_index] = true;
    for (uint32_t i = 0; i < training->class_count; i++)
        if (!found[i])
            FAIL(log, VKTL_INPUT,
                 "class '%s' has no training image left after the split: add images or hold out a "
                 "smaller part",
                 training->class_names[i]);
    if (validation->count == 0)
        FAIL(log, VKTL_INPUT,
             "no image falls in the validation part: add images or hold out a larger part");
fail:
    free(found);
    return status;
}

vktl_status vktl_dataset_split(const struct vktl_log *log, const struct vktl_dataset *whole,
                               double fraction, struct vktl_dataset **training,
                               struct vktl_dataset **validation)
{
    vktl_status status = VKTL_OK;
    *training = *validation = NULL;
    if (!(fraction > 0 && fraction < 1))
        FAIL(log, VKTL_USAGE, "the part held out for validation must lie between 0 and 1, not %g",
             fraction);
    TRY(create_part(log, whole, training));
    TRY(create_part(log, whole, validation));
    for (uint32_t i = 0; i < whole->count; i++) {
        const struct dataset_item *item = &whole->items[i];
        bool is_held_out = place(item->path + item->relative_start) < fraction;
        TRY(dataset_add(log, is_held_out ? *validation : *training, item));
    }
    TRY(check_parts(log, *training, *validation));
    log_info(log, "Split into %u images for training and %u for validation.", (*training)->count,
             (*validation)->count);
    return VKTL_OK;
fail:
    vktl_dataset_destroy(training);
    vktl_dataset_destroy(validation);
    return status;
}
