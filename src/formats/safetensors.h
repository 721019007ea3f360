// safetensors: named tensors and text behind a JSON header (github.com/huggingface/safetensors).
//
//     8 bytes   size of the header, little-endian
//     header    JSON: {"__metadata__": {key: text}, name: {"dtype", "shape", "data_offsets"}, ...}
//     data      the tensors, one after the other, without holes
//
// vktl writes float32 and reads float32 of one to four axes; other tensors may stand in a file, and
// only reading them is refused. A file is trusted in nothing: every size is checked before use.
#ifndef FORMATS_SAFETENSORS_H
#define FORMATS_SAFETENSORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "base/shape.h"

// ---- Writing

struct safetensors_text {
    const char *key, *value;
};

struct safetensors_tensor {
    const char *name;
    struct shape shape;
    const float *values; // shape_count(&shape) numbers
};

// Writes a file in the order given, all or nothing: an older file of that name stays whole until
// the new one is complete. Names and keys must be unique. VKTL_IO: it cannot be written.
vktl_status safetensors_write(const struct vktl_log *log, const char *path,
                              const struct safetensors_text *texts, uint32_t text_count,
                              const struct safetensors_tensor *tensors, uint32_t tensor_count);

// Gives `key` of an existing file's __metadata__ the text `value`, all or nothing. The tensors and
// their order, and all other text, stay as they are. VKTL_INPUT: no safetensors file, or damaged.
vktl_status safetensors_set_text(const struct vktl_log *log, const char *path, const char *key,
                                 const char *value);

// ---- Reading

struct safetensors_entry {
    const char *name;
    char type[8];          // "F32", "BF16", ...
    bool readable;         // float32 with one to four axes of at least 1
    struct shape shape;    // of a readable tensor
    uint64_t offset, size; // bytes, from the start of the data
};

// An open file; for one thread at a time.
struct safetensors;

// Opens a file and reads its header, or takes the bytes of one in memory, which must outlive it;
// `name` is what messages call those. `log` must outlive it. VKTL_INPUT: not such a file, or
// damaged.
vktl_status safetensors_open(const struct vktl_log *log, const char *path,
                             struct safetensors **file);
vktl_status safetensors_open_memory(const struct vktl_log *log, const char *name, const void *bytes,
                                    size_t size, struct safetensors **file);
void safetensors_close(struct safetensors **file);

// The tensors, in the order of their data. Valid until the file is closed.
uint32_t safetensors_count(const struct safetensors *file);
const struct safetensors_entry *safetensors_at(const struct safetensors *file, uint32_t index);
const struct safetensors_entry *safetensors_find(const struct safetensors *file, const char *name);

// Text of __metadata__; NULL when it has no such key. Valid until the file is closed.
const char *safetensors_metadata(const struct safetensors *file, const char *key);

// Reads a tensor into `values`, of the entry's shape. VKTL_INPUT: not readable, or a read error.
vktl_status safetensors_read(struct safetensors *file, const struct safetensors_entry *entry,
                             float *values);

#endif
