// Responsible for changing the text of a safetensors file without touching its tensors.
#include "formats/safetensors.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

#include "formats/safetensors_parts.h"

enum { COPY_SIZE = 1 << 20 };

// A file that safetensors_open found sound.
static vktl_status read_header(const struct vktl_log *log, const char *path, FILE *stream,
                               cJSON **header)
{
    vktl_status status = VKTL_OK;
    unsigned char length[SAFETENSORS_LENGTH_SIZE];
    uint64_t size = 0;
    char *text = NULL;
    if (fread(length, 1, sizeof length, stream) != sizeof length)
        FAIL(log, VKTL_INPUT, "%s: cannot be read", path);
    for (int i = SAFETENSORS_LENGTH_SIZE - 1; i >= 0; i--)
        size = size << 8 | length[i];
    text = malloc(size);
    TRY_ALLOC(log, text);
    if (fread(text, 1, size, stream) != size)
        FAIL(log, VKTL_INPUT, "%s: cannot be read", path);
    *header = cJSON_ParseWithLength(text, size);
    TRY_ALLOC(log, *header);
fail:
    free(text);
    return status;
}

static bool set_text(cJSON *header, const char *key, const char *value)
{
    cJSON *metadata = cJSON_GetObjectItemCaseSensitive(header, "__metadata__");
    cJSON *item = cJSON_CreateString(value);
    if (!metadata)
        metadata = cJSON_AddObjectToObject(header, "__metadata__");
    if (metadata && item &&
        (cJSON_GetObjectItemCaseSensitive(metadata, key)
             ? cJSON_ReplaceItemInObjectCaseSensitive(metadata, key, item)
             : cJSON_AddItemToObject(metadata, key, item)))
        return true;
    cJSON_Delete(item);
    return false;
}

static vktl_status copy_rest(struct file_writer *writer, const char *path, FILE *stream)
{
    vktl_status status = VKTL_OK;
    unsigned char *bytes = malloc(COPY_SIZE);
    size_t size;
    TRY_ALLOC(writer->log, bytes);
    while ((size = fread(bytes, 1, COPY_SIZE, stream)) > 0)
        TRY(file_writer_write(writer, bytes, size));
    if (ferror(stream))
        FAIL(writer->log, VKTL_INPUT, "%s: cannot be read", path);
fail:
    free(bytes);
    return status;
}

// Writes header and data anew; `stream` stands where the data begins.
static vktl_status write_anew(const struct vktl_log *log, const char *path, const cJSON *header,
                              FILE *stream)
{
    vktl_status status;
    struct file_writer writer = {.descriptor = -1};
    struct text text;
    char *printed = cJSON_PrintUnformatted(header);
    text_init(&text);
    TRY_ALLOC(log, printed);
    text_append(&text, printed);
    TRY(file_writer_init(log, path, &writer));
    TRY(safetensors_write_header(&writer, &text));
    TRY(copy_rest(&writer, path, stream));
    TRY(file_writer_commit(&writer));
fail:
    file_writer_deinit(&writer);
    text_deinit(&text);
    cJSON_free(printed);
    return status;
}

vktl_status safetensors_set_text(const struct vktl_log *log, const char *path, const char *key,
                                 const char *value)
{
    vktl_status status;
    struct safetensors *file = NULL;
    FILE *stream = NULL;
    cJSON *header = NULL;
    TRY(safetensors_open(log, path, &file));
    stream = fopen(path, "rb");
    if (!stream)
        FAIL(log, VKTL_INPUT, "%s: cannot be opened", path);
    TRY(read_header(log, path, stream, &header));
    if (!set_text(header, key, value))
        FAIL(log, VKTL_NO_MEMORY, "out of host memory");
    TRY(write_anew(log, path, header, stream));
fail:
    if (stream)
        fclose(stream);
    cJSON_Delete(header);
    safetensors_close(&file);
    return status;
}
