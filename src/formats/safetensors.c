// Responsible for reading safetensors files: checking their header and handing out tensors. Writing
// is in safetensors_write.c; what the tensors mean is the caller's business.
//
// Data is little-endian, as is every machine with a Vulkan driver that vktl runs on.
#include "formats/safetensors.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH_SIZE = 8, HEADER_MAX_SIZE = 16 << 20 };

struct safetensors {
    const struct vktl_log *log;
    char *name;
    FILE *stream; // NULL for memory
    const unsigned char *bytes;
    uint64_t size, data_start;
    cJSON *header; // owns the strings of the entries
    struct safetensors_entry *entries;
    uint32_t count;
    const struct safetensors_entry **by_name;
};

static const struct {
    const char *name;
    uint32_t size;
} types[] = {
    {"F32", 4}, {"F64", 8}, {"F16", 2},  {"BF16", 2},    {"I64", 8},
    {"I32", 4}, {"I16", 2}, {"I8", 1},   {"U64", 8},     {"U32", 4},
    {"U16", 2}, {"U8", 1},  {"BOOL", 1}, {"F8_E4M3", 1}, {"F8_E5M2", 1},
};

static vktl_status read_bytes(struct safetensors *file, uint64_t offset, void *to, size_t size)
{
    if (!file->stream) {
        memcpy(to, file->bytes + offset, size);
        return VKTL_OK;
    }
    if (fseek(file->stream, (long)offset, SEEK_SET) != 0 ||
        fread(to, 1, size, file->stream) != size)
        return log_fail(file->log, VKTL_INPUT, "%s: cannot be read: %s", file->name,
                        feof(file->stream) ? "it is shorter than it was" : strerror(errno));
    return VKTL_OK;
}

// A whole number of at most 2^53, as offsets and axes are.
static bool whole_number(const cJSON *item, uint64_t *number)
{
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0) || item->valuedouble > 0x1p53 ||
        item->valuedouble != floor(item->valuedouble))
        return false;
    *number = (uint64_t)item->valuedouble;
    return true;
}

// Bytes of a tensor of this type and shape; false when they are not sane. Fills the entry's shape.
static bool expected_size(const cJSON *shape, uint32_t type_size, struct safetensors_entry *entry,
                          uint64_t *size)
{
    uint32_t rank = 0;
    bool fits = true;
    const cJSON *axis;
    *size = type_size;
    cJSON_ArrayForEach(axis, shape)
    {
        uint64_t dim;
        if (!whole_number(axis, &dim) || (dim && *size > UINT64_MAX / dim))
            return false;
        *size *= dim;
        fits = fits && rank < SHAPE_MAX_RANK && dim <= INT32_MAX;
        if (fits)
            entry->shape.dim[rank++] = (uint32_t)dim;
    }
    entry->shape.rank = rank;
    entry->readable = fits && strcmp(entry->type, "F32") == 0 && shape_is_sane(&entry->shape);
    return true;
}

static vktl_status read_entry(struct safetensors *file, const cJSON *item,
                              struct safetensors_entry *entry)
{
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(item, "dtype");
    const cJSON *shape = cJSON_GetObjectItemCaseSensitive(item, "shape");
    const cJSON *offsets = cJSON_GetObjectItemCaseSensitive(item, "data_offsets");
    entry->name = item->string;
    if (!cJSON_IsString(type) || !cJSON_IsArray(shape) || cJSON_GetArraySize(offsets) != 2)
        return log_fail(file->log, VKTL_INPUT,
                        "%s: damaged header: tensor '%.80s' lacks dtype, shape or data_offsets",
                        file->name, entry->name);
    uint32_t type_size = 0;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, type->valuestring) == 0)
            type_size = types[i].size;
    if (!type_size)
        return log_fail(file->log, VKTL_INPUT, "%s: tensor '%.80s' has the unknown dtype '%.20s'",
                        file->name, entry->name, type->valuestring);
    snprintf(entry->type, sizeof entry->type, "%s", type->valuestring);

    uint64_t end, size;
    if (!whole_number(cJSON_GetArrayItem(offsets, 0), &entry->offset) ||
        !whole_number(cJSON_GetArrayItem(offsets, 1), &end) || end < entry->offset ||
        !expected_size(shape, type_size, entry, &size) || size != end - entry->offset)
        return log_fail(file->log, VKTL_INPUT,
                        "%s: damaged header: the shape and the data_offsets of tensor '%.80s' do "
                        "not agree",
                        file->name, entry->name);
    entry->size = size;
    return VKTL_OK;
}

static int compare_offsets(const void *a, const void *b)
{
    const struct safetensors_entry *x = a, *y = b;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    if (x->size != y->size)
        return x->size < y->size ? -1 : 1; // an empty tensor comes before its neighbour
    return strcmp(x->name, y->name);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp((*(const struct safetensors_entry *const *)a)->name,
                  (*(const struct safetensors_entry *const *)b)->name);
}

// The data must be the tensors one after the other, up to the end of the file.
static vktl_status check_layout(const struct safetensors *file)
{
    const uint64_t data_size = file->size - file->data_start;
    uint64_t place = 0;
    for (uint32_t i = 0; i < file->count; i++) {
        const struct safetensors_entry *entry = &file->entries[i];
        if (entry->offset > data_size || entry->size > data_size - entry->offset)
            return log_fail(file->log, VKTL_INPUT,
                            "%s: tensor '%.80s' lies beyond the end of the file: the file is cut "
                            "short; copy or download it again",
                            file->name, entry->name);
        if (entry->offset != place)
            return log_fail(file->log, VKTL_INPUT,
                            "%s: damaged header: tensor '%.80s' %s another's data", file->name,
                            entry->name,
                            entry->offset < place ? "overlaps" : "leaves a hole after");
        place += entry->size;
    }
    if (place != data_size)
        return log_fail(file->log, VKTL_INPUT, "%s: %llu bytes follow the last tensor", file->name,
                        (unsigned long long)(data_size - place));
    return VKTL_OK;
}

static vktl_status check_names(const struct safetensors *file)
{
    for (uint32_t i = 0; i + 1 < file->count; i++)
        if (strcmp(file->by_name[i]->name, file->by_name[i + 1]->name) == 0)
            return log_fail(file->log, VKTL_INPUT, "%s: two tensors are called '%.80s'", file->name,
                            file->by_name[i]->name);
    const cJSON *metadata = cJSON_GetObjectItemCaseSensitive(file->header, "__metadata__");
    if (metadata && !cJSON_IsObject(metadata))
        return log_fail(file->log, VKTL_INPUT, "%s: damaged header: __metadata__ is no object",
                        file->name);
    return VKTL_OK;
}

static vktl_status read_entries(struct safetensors *file)
{
    vktl_status status;
    const int item_count = cJSON_GetArraySize(file->header);
    file->entries = calloc((size_t)item_count + 1, sizeof *file->entries);
    TRY_ALLOC(file->log, file->entries);
    file->by_name = calloc((size_t)item_count + 1, sizeof *file->by_name);
    TRY_ALLOC(file->log, file->by_name);
    const cJSON *item;
    cJSON_ArrayForEach(item, file->header)
    {
        if (strcmp(item->string, "__metadata__") == 0)
            continue;
        TRY(read_entry(file, item, &file->entries[file->count]));
        file->count++;
    }
    qsort(file->entries, file->count, sizeof *file->entries, compare_offsets);
    for (uint32_t i = 0; i < file->count; i++)
        file->by_name[i] = &file->entries[i];
    qsort(file->by_name, file->count, sizeof *file->by_name, compare_names);
    TRY(check_layout(file));
    return check_names(file);
fail:
    return status;
}

static vktl_status read_header(struct safetensors *file)
{
    vktl_status status;
    char *text = NULL;
    unsigned char length[LENGTH_SIZE];
    uint64_t header_size = 0;
    if (file->size >= LENGTH_SIZE) {
        TRY(read_bytes(file, 0, length, sizeof length));
        for (int i = LENGTH_SIZE - 1; i >= 0; i--)
            header_size = header_size << 8 | length[i];
    }
    if (header_size < 2 || header_size > HEADER_MAX_SIZE || header_size > file->size - LENGTH_SIZE)
        FAIL(file->log, VKTL_INPUT, "%s: not a safetensors file, or cut short", file->name);
    text = malloc(header_size);
    TRY_ALLOC(file->log, text);
    TRY(read_bytes(file, LENGTH_SIZE, text, header_size));
    file->header = cJSON_ParseWithLength(text, header_size);
    if (!cJSON_IsObject(file->header))
        FAIL(file->log, VKTL_INPUT, "%s: not a safetensors file: its header is no JSON object",
             file->name);
    free(text);
    file->data_start = LENGTH_SIZE + header_size;
    return read_entries(file);
fail:
    free(text);
    return status;
}

static vktl_status file_create(const struct vktl_log *log, const char *name,
                               struct safetensors **out)
{
    vktl_status status;
    struct safetensors *file = calloc(1, sizeof *file);
    TRY_ALLOC(log, file);
    file->log = log;
    file->name = malloc(strlen(name) + 1);
    TRY_ALLOC(log, file->name);
    strcpy(file->name, name);
    *out = file;
    return VKTL_OK;
fail:
    safetensors_close(&file);
    return status;
}

vktl_status safetensors_open(const struct vktl_log *log, const char *path,
                             struct safetensors **file)
{
    vktl_status status;
    *file = NULL;
    TRY(file_create(log, path, file));
    (*file)->stream = fopen(path, "rb");
    if (!(*file)->stream)
        FAIL(log, VKTL_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
    long size = -1;
    if (fseek((*file)->stream, 0, SEEK_END) == 0)
        size = ftell((*file)->stream);
    if (size < 0 || size == LONG_MAX) // a folder has no end
        FAIL(log, VKTL_INPUT, "%s: not a file that can be read", path);
    (*file)->size = (uint64_t)size;
    TRY(read_header(*file));
    return VKTL_OK;
fail:
    safetensors_close(file);
    return status;
}

vktl_status safetensors_open_memory(const struct vktl_log *log, const char *name, const void *bytes,
                                    size_t size, struct safetensors **file)
{
    vktl_status status;
    *file = NULL;
    TRY(file_create(log, name, file));
    (*file)->bytes = bytes;
    (*file)->size = size;
    TRY(read_header(*file));
    return VKTL_OK;
fail:
    safetensors_close(file);
    return status;
}

void safetensors_close(struct safetensors **file)
{
    if (!*file)
        return;
    if ((*file)->stream)
        fclose((*file)->stream);
    cJSON_Delete((*file)->header);
    free((*file)->entries);
    free((*file)->by_name);
    free((*file)->name);
    free(*file);
    *file = NULL;
}

uint32_t safetensors_count(const struct safetensors *file)
{
    return file->count;
}

const struct safetensors_entry *safetensors_at(const struct safetensors *file, uint32_t index)
{
    vktl_assert(index < file->count);
    return &file->entries[index];
}

const struct safetensors_entry *safetensors_find(const struct safetensors *file, const char *name)
{
    const struct safetensors_entry key = {.name = name}, *wanted = &key;
    const struct safetensors_entry **found =
        bsearch(&wanted, file->by_name, file->count, sizeof *file->by_name, compare_names);
    return found ? *found : NULL;
}

const char *safetensors_metadata(const struct safetensors *file, const char *key)
{
    const cJSON *metadata = cJSON_GetObjectItemCaseSensitive(file->header, "__metadata__");
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(metadata, key));
}

vktl_status safetensors_read(struct safetensors *file, const struct safetensors_entry *entry,
                             float *values)
{
    if (!entry->readable)
        return log_fail(file->log, VKTL_INPUT,
                        "%s: tensor '%.80s' is %s; vktl reads F32 of one to four axes", file->name,
                        entry->name, entry->type);
    return read_bytes(file, file->data_start + entry->offset, values, entry->size);
}
