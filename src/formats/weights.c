// Responsible for showing any weight file as one sorted list. The formats themselves are in
// safetensors.c and keras_h5.c.
#include "formats/weights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "formats/keras_h5.h"
#include "formats/safetensors.h"

// What vktl's own checkpoints hold beside weights.
#define OPTIMIZER_PREFIX "optimizer/"

struct row {
    struct weights_entry entry;
    uint32_t index; // in its format's list
};

struct weights_file {
    struct safetensors *safetensors; // one of the two
    struct keras_h5 *h5;
    struct arena arena;
    struct row *rows;
    uint32_t count;
};

static int compare_rows(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    const int order = strcmp(x->entry.layer, y->entry.layer);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

static void list_h5(struct weights_file *file)
{
    for (uint32_t i = 0; i < keras_h5_count(file->h5); i++) {
        const struct keras_h5_entry *entry = keras_h5_at(file->h5, i);
        file->rows[file->count++] = (struct row){
            .entry = {entry->layer, entry->name, entry->shape, entry->readable},
            .index = i,
        };
    }
}

// "block1_conv1/kernel": the layer is all before the last slash.
static vktl_status list_safetensors(const struct vktl_log *log, struct weights_file *file)
{
    vktl_status status;
    for (uint32_t i = 0; i < safetensors_count(file->safetensors); i++) {
        const struct safetensors_entry *entry = safetensors_at(file->safetensors, i);
        if (strncmp(entry->name, OPTIMIZER_PREFIX, strlen(OPTIMIZER_PREFIX)) == 0)
            continue;
        char *layer = arena_copy_text(&file->arena, entry->name);
        TRY_ALLOC(log, layer);
        char *slash = strrchr(layer, '/');
        if (slash)
            *slash = '\0';
        file->rows[file->count++] = (struct row){
            .entry = {layer, slash ? slash + 1 : "", entry->shape, entry->readable},
            .index = i,
        };
    }
    return VKTL_OK;
fail:
    return status;
}

static vktl_status list(const struct vktl_log *log, struct weights_file *file)
{
    vktl_status status = VKTL_OK;
    const size_t count = file->h5 ? keras_h5_count(file->h5) : safetensors_count(file->safetensors);
    file->rows = calloc(count + 1, sizeof *file->rows);
    TRY_ALLOC(log, file->rows);
    if (file->h5)
        list_h5(file);
    else
        TRY(list_safetensors(log, file));
    qsort(file->rows, file->count, sizeof *file->rows, compare_rows);
fail:
    return status;
}

static bool is_h5(const char *path)
{
    static const unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    unsigned char start[sizeof signature] = {0};
    FILE *stream = fopen(path, "rb");
    if (!stream)
        return false;
    const size_t size = fread(start, 1, sizeof start, stream);
    fclose(stream);
    return size == sizeof start && memcmp(start, signature, sizeof start) == 0;
}

vktl_status weights_open(const struct vktl_log *log, const char *path, struct weights_file **out)
{
    vktl_status status;
    struct weights_file *file = calloc(1, sizeof *file);
    *out = NULL;
    TRY_ALLOC(log, file);
    const char *dot = strrchr(path, '.');
    const bool is_named_h5 = dot && (strcmp(dot, ".h5") == 0 || strcmp(dot, ".hdf5") == 0);
    if (is_h5(path) || is_named_h5)
        TRY(keras_h5_open(log, path, &file->h5));
    else
        TRY(safetensors_open(log, path, &file->safetensors));
    TRY(list(log, file));
    *out = file;
    return VKTL_OK;
fail:
    weights_close(&file);
    return status;
}

vktl_status weights_open_memory(const struct vktl_log *log, const char *name, const void *bytes,
                                size_t size, struct weights_file **out)
{
    vktl_status status;
    struct weights_file *file = calloc(1, sizeof *file);
    *out = NULL;
    TRY_ALLOC(log, file);
    TRY(safetensors_open_memory(log, name, bytes, size, &file->safetensors));
    TRY(list(log, file));
    *out = file;
    return VKTL_OK;
fail:
    weights_close(&file);
    return status;
}

void weights_close(struct weights_file **file)
{
    if (!*file)
        return;
    safetensors_close(&(*file)->safetensors);
    keras_h5_close(&(*file)->h5);
    free((*file)->rows);
    arena_deinit(&(*file)->arena);
    free(*file);
    *file = NULL;
}

uint32_t weights_count(const struct weights_file *file)
{
    return file->count;
}

const struct weights_entry *weights_at(const struct weights_file *file, uint32_t index)
{
    vktl_assert(index < file->count);
    return &file->rows[index].entry;
}

vktl_status weights_read(struct weights_file *file, uint32_t index, float *values)
{
    vktl_assert(index < file->count);
    const uint32_t inner = file->rows[index].index;
    if (file->h5)
        return keras_h5_read(file->h5, inner, values);
    return safetensors_read(file->safetensors, safetensors_at(file->safetensors, inner), values);
}
