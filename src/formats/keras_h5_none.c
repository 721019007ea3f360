// Responsible for saying so where vktl is built without HDF5; keras_h5.c is the real thing.
#include "formats/keras_h5.h"

#include <stddef.h>

#ifndef VKTL_HDF5

vktl_status keras_h5_open(const struct vktl_log *log, const char *path, struct keras_h5 **file)
{
    *file = NULL;
    return log_fail(log, VKTL_INPUT,
                    "%s: this vktl was built without HDF5 (VKTL_HDF5=OFF) and cannot read .h5 "
                    "files; convert it to .safetensors with one that was",
                    path);
}

vktl_status keras_h5_write(const struct vktl_log *log, const char *path,
                           const struct keras_h5_model *model)
{
    (void)model;
    return log_fail(log, VKTL_USAGE,
                    "%s: this vktl was built without HDF5 (VKTL_HDF5=OFF) and cannot write .h5 "
                    "files",
                    path);
}

void keras_h5_close(struct keras_h5 **file)
{
    *file = NULL;
}

// Without an open file the rest cannot be called.
const char *keras_h5_config(const struct keras_h5 *file)
{
    vktl_assert(file);
    return NULL;
}

uint32_t keras_h5_count(const struct keras_h5 *file)
{
    vktl_assert(file);
    return 0;
}

const struct keras_h5_entry *keras_h5_at(const struct keras_h5 *file, uint32_t index)
{
    (void)index;
    vktl_assert(file);
    return NULL;
}

vktl_status keras_h5_read(struct keras_h5 *file, uint32_t index, float *values)
{
    (void)index, (void)values;
    vktl_assert(file);
    return VKTL_FAILED;
}

#else
// An empty translation unit is not C.
typedef int keras_h5_is_built_in;
#endif
