// Any picture to a square of N x N pixels; proportions are not kept, as in Keras.
#ifndef DATA_RESIZE_H
#define DATA_RESIZE_H

#include <vktl/dataset.h>

#include "data/image.h"

// Writes (size, size, 3) into `to`. Equals Pillow's Image.resize((size, size)) with NEAREST or
// BILINEAR. `image` must not be empty, nor `size` 0. VKTL_NO_MEMORY. Safe from any thread.
vktl_status image_resize(const struct vktl_log *log, const struct image *image, uint32_t size,
                         vktl_interpolation interpolation, unsigned char *to);

// Writes (height, width, 3): Pillow's BILINEAR for any proportions, none of them 0.
vktl_status image_resize_to(const struct vktl_log *log, const struct image *image, uint32_t width,
                            uint32_t height, unsigned char *to);

// image_read, then image_resize.
vktl_status image_read_square(const struct vktl_log *log, const char *path, uint32_t size,
                              vktl_interpolation interpolation, unsigned char *to);

#endif
