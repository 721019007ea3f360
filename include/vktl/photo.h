// Photos: image files as they are, for pictures that show them.
#ifndef VKTL_PHOTO_H
#define VKTL_PHOTO_H

#include <stdint.h>

#include <vktl/log.h>
#include <vktl/status.h>

#ifdef __cplusplus
extern "C" {
#endif

// 8-bit RGB. Whoever fills one by hand keeps its pixels in memory of its own; one that
// vktl_photo_read filled is released by vktl_photo_free.
struct vktl_photo {
    uint32_t width, height;
    unsigned char *pixels; // (height, width, 3), rows from the top
};

// Reads an image file (JPEG, PNG, BMP, binary PPM or PGM) in its own proportions; where it is wider
// or higher than `max_side` pixels, scaled down so that it fits (0: as it is). EXIF rotation is not
// applied, as in training. VKTL_INPUT: cannot be read, not such an image, or damaged. After a
// failure `photo` is zeroed. Safe from any thread.
VKTL_API vktl_status vktl_photo_read(const struct vktl_log *log, const char *path,
                                     uint32_t max_side, struct vktl_photo *photo);
VKTL_API void vktl_photo_free(struct vktl_photo *photo);

#ifdef __cplusplus
}
#endif
#endif
