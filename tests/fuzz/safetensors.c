// Fuzz target: safetensors files, read as weights and opened as vktl models.
#include "fuzz/fuzz.h"

#include <stdlib.h>

#include "formats/safetensors.h"
#include "fuzz/use_model.h"

enum { MOST_BYTES = 64 << 20 };

static void read_all(struct safetensors *file)
{
    for (uint32_t i = 0; i < safetensors_count(file); i++) {
        const struct safetensors_entry *entry = safetensors_at(file, i);
        if (!entry->readable || entry->size > MOST_BYTES)
            continue;
        float *values = malloc((size_t)entry->size);
        if (values)
            (void)safetensors_read(file, entry, values);
        free(values);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct safetensors *file;
    if (safetensors_open_memory(&fuzz_log, "input", data, size, &file) == VKTL_OK)
        read_all(file);
    safetensors_close(&file);
    const char *path = fuzz_file("input.safetensors", data, size);
    if (safetensors_open(&fuzz_log, path, &file) == VKTL_OK)
        read_all(file);
    safetensors_close(&file);
    fuzz_use_model(path);
    (void)safetensors_set_text(&fuzz_log, path, "temperature", "1.5");
    return 0;
}
