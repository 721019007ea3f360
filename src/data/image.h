// One picture: read from a file, as 8-bit RGB.
#ifndef DATA_IMAGE_H
#define DATA_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

struct image {
    uint32_t width;
    uint32_t height;
    unsigned char *pixels; // (height, width, 3), rows from the top; from malloc
};

enum {
    IMAGE_MAX_PIXELS = 100 * 1000 * 1000,
    IMAGE_MAX_SIDE = 65535, // as JPEG's: bounds what a resize needs between its two passes
};

// Decodes a JPEG, PNG, BMP or binary PPM/PGM that is at hand; what it is, its first bytes tell, not
// its name. Grey becomes RGB, alpha is discarded (not blended: as Keras and Pillow do), 16 bits
// become 8, a rotation in EXIF data is not applied (nor does Keras). `name` is for messages.
//
// VKTL_INPUT: not such an image, more than IMAGE_MAX_PIXELS or a longer side than IMAGE_MAX_SIDE
// by its header (nothing was decoded), corrupt, or truncated. VKTL_NO_MEMORY. After a failure
// `image` is zeroed. Safe from any thread.
vktl_status image_decode(const struct vktl_log *log, const char *name, const unsigned char *bytes,
                         size_t size, struct image *image);

// The same for a file of at most 512 MiB.
vktl_status image_read(const struct vktl_log *log, const char *path, struct image *image);

void image_deinit(struct image *image);

#endif
