// Responsible for writing safetensors files; reading is in safetensors.c.
#include "formats/safetensors.h"

#include "formats/safetensors_parts.h"

enum { ALIGNMENT = 8 };

static void append_texts(struct text *header, const struct safetensors_text *texts,
                         uint32_t text_count)
{
    text_append(header, "\"__metadata__\":{");
    for (uint32_t i = 0; i < text_count; i++) {
        text_append(header, i ? "," : "");
        text_append_json(header, texts[i].key);
        text_append(header, ":");
        text_append_json(header, texts[i].value);
    }
    text_append(header, "}");
}

// Appends one tensor's line and moves `offset` behind its data.
static void append_tensor(struct text *header, const struct safetensors_tensor *tensor,
                          uint64_t *offset)
{
    const uint64_t end = *offset + shape_size(&tensor->shape);
    text_append_json(header, tensor->name);
    text_append(header, ":{\"dtype\":\"F32\",\"shape\":[");
    for (uint32_t i = 0; i < tensor->shape.rank; i++)
        text_format(header, i ? ",%u" : "%u", tensor->shape.dim[i]);
    text_format(header, "],\"data_offsets\":[%llu,%llu]}", (unsigned long long)*offset,
                (unsigned long long)end);
    *offset = end;
}

static void append_header(struct text *header, const struct safetensors_text *texts,
                          uint32_t text_count, const struct safetensors_tensor *tensors,
                          uint32_t tensor_count)
{
    uint64_t offset = 0;
    text_append(header, "{");
    if (text_count)
        append_texts(header, texts, text_count);
    for (uint32_t i = 0; i < tensor_count; i++) {
        text_append(header, i || text_count ? "," : "");
        append_tensor(header, &tensors[i], &offset);
    }
    text_append(header, "}");
}

vktl_status safetensors_write_header(struct file_writer *writer, struct text *header)
{
    vktl_status status;
    unsigned char length[SAFETENSORS_LENGTH_SIZE];
    while (!header->failed && header->length % ALIGNMENT)
        text_append(header, " ");
    TRY(text_status(writer->log, header));
    for (int i = 0; i < SAFETENSORS_LENGTH_SIZE; i++)
        length[i] = (unsigned char)((uint64_t)header->length >> 8 * i);
    TRY(file_writer_write(writer, length, sizeof length));
    TRY(file_writer_write(writer, header->data, header->length));
fail:
    return status;
}

vktl_status safetensors_write(const struct vktl_log *log, const char *path,
                              const struct safetensors_text *texts, uint32_t text_count,
                              const struct safetensors_tensor *tensors, uint32_t tensor_count)
{
    vktl_status status;
    struct file_writer writer = {.descriptor = -1};
    struct text header;
    text_init(&header);
    append_header(&header, texts, text_count, tensors, tensor_count);
    TRY(file_writer_init(log, path, &writer));
    TRY(safetensors_write_header(&writer, &header));
    for (uint32_t i = 0; i < tensor_count; i++)
        TRY(file_writer_write(&writer, tensors[i].values, (size_t)shape_size(&tensors[i].shape)));
    TRY(file_writer_commit(&writer));
fail:
    file_writer_deinit(&writer);
    text_deinit(&header);
    return status;
}
