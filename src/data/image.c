// Responsible for turning the bytes of an image file into RGB, and for refusing what is too large,
// corrupt or cut off. stb_image decodes JPEG, PNG and BMP, pnm.c the rest; sizes that a model wants
// are resize.c's business.
#include "data/image.h"

#include <limits.h>
#include <stdlib.h>

#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_ONLY_BMP
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#include <stb/stb_image.h>

#include "base/files.h"
#include "data/decoder.h"

#define MAX_FILE_SIZE (UINT64_C(512) << 20)

void image_deinit(struct image *image)
{
    free(image->pixels);
    *image = (struct image){0};
}

vktl_status image_check_size(const struct vktl_log *log, const char *name, int64_t width,
                             int64_t height)
{
    if (width <= 0 || height <= 0)
        return log_fail(log, VKTL_INPUT, "%s: the image is empty", name);
    if (width > IMAGE_MAX_SIDE || height > IMAGE_MAX_SIDE || width * height > IMAGE_MAX_PIXELS)
        return log_fail(log, VKTL_INPUT,
                        "%s: the image has %lld x %lld pixels; at most %d in all and %d on a side "
                        "are read",
                        name, (long long)width, (long long)height, IMAGE_MAX_PIXELS,
                        IMAGE_MAX_SIDE);
    return VKTL_OK;
}

// From 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha) channels. stb_image could convert too,
// but what it does with alpha is for us to decide.
static void copy_as_rgb(const unsigned char *from, int channel_count, size_t pixel_count,
                        unsigned char *to)
{
    const int green = channel_count >= 3 ? 1 : 0, blue = channel_count >= 3 ? 2 : 0;
    for (size_t i = 0; i < pixel_count; i++, from += channel_count, to += 3) {
        to[0] = from[0];
        to[1] = from[green];
        to[2] = from[blue];
    }
}

static vktl_status stb_failed(const struct vktl_log *log, const char *name)
{
    const char *reason = stbi_failure_reason(); // per thread
    if (stb_has_run_out_of_memory())
        return log_fail(log, VKTL_NO_MEMORY, "%s: out of host memory", name);
    return log_fail(log, VKTL_INPUT, "%s: corrupt or truncated image (%s)", name,
                    reason ? reason : "unknown reason");
}

// Samples of 16 bits are cut to 8 here: where memory runs out stb_image's own conversion leaks.
static unsigned char *load(const unsigned char *bytes, int size, int *width, int *height,
                           int *channel_count)
{
    if (!stbi_is_16_bit_from_memory(bytes, size))
        return stbi_load_from_memory(bytes, size, width, height, channel_count, 0);
    stbi_us *wide = stbi_load_16_from_memory(bytes, size, width, height, channel_count, 0);
    if (!wide)
        return NULL;
    unsigned char *narrow = (unsigned char *)wide; // in place: a byte is written behind the reading
    const size_t count = (size_t)*width * (size_t)*height * (size_t)*channel_count;
    for (size_t i = 0; i < count; i++)
        narrow[i] = (unsigned char)(wide[i] >> 8);
    return narrow;
}

// The largest block that the decoder of a sound file can ask for. Raw pixels have up to 8 bytes and
// a PNG's rows one more; sizes of a JPEG are rounded up to 32; buffers grow to twice what they
// hold.
static size_t most_block(size_t file_size, size_t width, size_t height)
{
    return (width + 32) * (height + 32) * 16 + 4 * file_size + ((size_t)1 << 20);
}

static vktl_status decode_by_stb(const struct vktl_log *log, const char *name,
                                 const unsigned char *bytes, size_t size, struct image *image)
{
    vktl_status status = VKTL_OK;
    int width, height, channel_count;
    uint32_t png_width, png_height;
    unsigned char *decoded = NULL;
    const char *complaint = intact_jpeg_complaint(bytes, size);
    if (complaint)
        FAIL(log, VKTL_INPUT, "%s: corrupt or truncated image (%s)", name, complaint);
    if (intact_png_size(bytes, size, &png_width, &png_height))
        TRY(image_check_size(log, name, png_width, png_height));
    if (!intact_is_known(bytes, size))
        FAIL(log, VKTL_INPUT, "%s: not a readable JPEG, PNG, BMP, PPM or PGM image", name);
    stb_limit_blocks(SIZE_MAX);
    if (size > INT_MAX || !stbi_info_from_memory(bytes, (int)size, &width, &height, &channel_count))
        FAIL(log, VKTL_INPUT, "%s: not a readable JPEG, PNG, BMP, PPM or PGM image (%s)", name,
             size > INT_MAX ? "too large" : stbi_failure_reason());
    TRY(image_check_size(log, name, width, llabs(height))); // a BMP from the top has height < 0
    complaint = intact_complaint(bytes, size);
    if (complaint)
        FAIL(log, VKTL_INPUT, "%s: corrupt or truncated image (%s)", name, complaint);
    stb_limit_blocks(most_block(size, (size_t)width, (size_t)llabs(height)));
    decoded = load(bytes, (int)size, &width, &height, &channel_count);
    if (!decoded)
        TRY(stb_failed(log, name));
    TRY(image_check_size(log, name, width, height));
    image->width = (uint32_t)width;
    image->height = (uint32_t)height;
    size_t pixel_count = (size_t)width * (size_t)height;
    image->pixels = malloc(pixel_count * 3);
    TRY_ALLOC(log, image->pixels);
    copy_as_rgb(decoded, channel_count, pixel_count, image->pixels);
fail:
    stbi_image_free(decoded);
    return status;
}

vktl_status image_decode(const struct vktl_log *log, const char *name, const unsigned char *bytes,
                         size_t size, struct image *image)
{
    *image = (struct image){0};
    vktl_status status = pnm_matches(bytes, size) ? pnm_decode(log, name, bytes, size, image)
                                                  : decode_by_stb(log, name, bytes, size, image);
    if (status != VKTL_OK)
        image_deinit(image);
    return status;
}

vktl_status image_read(const struct vktl_log *log, const char *path, struct image *image)
{
    unsigned char *bytes;
    size_t size;
    *image = (struct image){0};
    vktl_status status = file_read_all(log, path, MAX_FILE_SIZE, &bytes, &size);
    if (status == VKTL_OK)
        status = image_decode(log, path, bytes, size, image);
    free(bytes);
    return status;
}
