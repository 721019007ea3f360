// Fuzz target: HDF5 files, read as weights and opened as whole Keras models. Where libFuzzer
// guides, the reader runs in this process, so that what it covers is seen, and libHDF5's own
// crashes are findings; a replay reads them as users do, in a process apart, and must survive them
// all.
#include "fuzz/fuzz.h"

#include <stdlib.h>

#include "formats/keras_h5.h"
#include "formats/keras_h5_reader.h"
#include "fuzz/use_model.h"

enum { MOST_NUMBERS = 16 << 20 };

static float *allocate(const struct keras_h5_entry *entry)
{
    const uint64_t count = entry->readable ? shape_count(&entry->shape) : 0;
    return count && count <= MOST_NUMBERS ? malloc(count * sizeof(float)) : NULL;
}

static bool read_here(const char *path)
{
    struct h5_reader *file;
    if (h5_reader_open(&fuzz_log, path, &file) != VKTL_OK)
        return false;
    for (uint32_t i = 0; i < h5_reader_count(file); i++) {
        float *values = allocate(h5_reader_at(file, i));
        if (values)
            (void)h5_reader_read(file, i, values);
        free(values);
    }
    const bool is_model = h5_reader_config(file) != NULL;
    h5_reader_close(&file);
    return is_model;
}

static bool read_apart(const char *path)
{
    struct keras_h5 *file;
    if (keras_h5_open(&fuzz_log, path, &file) != VKTL_OK)
        return false;
    for (uint32_t i = 0; i < keras_h5_count(file); i++) {
        float *values = allocate(keras_h5_at(file, i));
        if (values)
            (void)keras_h5_read(file, i, values);
        free(values);
    }
    keras_h5_close(&file);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = fuzz_file("input.h5", data, size);
    if (fuzz_is_guided() && !read_here(path))
        return 0;
    if (read_apart(path))
        fuzz_use_model(path);
    return 0;
}
