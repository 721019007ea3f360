// Fuzz target: pictures as bytes, as the loader and `infer` decode them. Its mutator mends the
// checksums of PNG, behind which nothing else would be reached.
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include <stb/stb_image.h>

#include "data/decoder.h"

// Pictures that take seconds by their size alone: nothing is to be found in those.
static bool is_large(const uint8_t *data, size_t size)
{
    int width, height, channels;
    uint32_t png_width, png_height;
    if (intact_png_size(data, size, &png_width, &png_height))
        return png_width < 1 << 20 && png_height < 1 << 20 && png_width * 1.0 * png_height > 1e6;
    return intact_is_known(data, size) && !intact_jpeg_complaint(data, size) &&
           stbi_info_from_memory(data, (int)size, &width, &height, &channels) &&
           (double)width * height > 1e6;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct image image;
    if (fuzz_is_guided() && is_large(data, size))
        return -1;
    uint32_t sum = 0;
    if (image_decode(&fuzz_log, "input", data, size, &image) == VKTL_OK) {
        const size_t count = (size_t)image.width * image.height * 3;
        for (size_t i = 0; i < count; i++)
            sum += image.pixels[i]; // all of them must be there
    }
    image_deinit(&image);
    return sum == UINT32_MAX ? -1 : 0;
}

static uint32_t crc(const uint8_t *bytes, size_t size)
{
    uint32_t value = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        value ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            value = value & 1 ? 0xEDB88320u ^ value >> 1 : value >> 1;
    }
    return ~value;
}

static void mend_png(uint8_t *data, size_t size)
{
    for (size_t at = 8; at <= size && size - at >= 12;) {
        const size_t length = (size_t)data[at] << 24 | (size_t)data[at + 1] << 16 |
                              (size_t)data[at + 2] << 8 | data[at + 3];
        if (length > size - at - 12)
            return;
        const uint32_t sum = crc(data + at + 4, length + 4);
        for (int i = 0; i < 4; i++)
            data[at + 8 + length + (size_t)i] = (uint8_t)(sum >> (24 - 8 * i));
        at += length + 12;
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    size = fuzz_mutate(data, size, most);
    if (seed % 16 && size >= 8 && memcmp(data, "\x89PNG", 4) == 0)
        mend_png(data, size);
    return size;
}
