// The pieces that image.c decodes with; nobody else includes this.
#ifndef DATA_DECODER_H
#define DATA_DECODER_H

#include <stdbool.h>

#include "data/image.h"

// ---- pnm.c: binary PPM and PGM, 8 and 16 bits

bool pnm_matches(const unsigned char *bytes, size_t size);
// VKTL_INPUT with a message, also for one that is too large.
vktl_status pnm_decode(const struct vktl_log *log, const char *name, const unsigned char *bytes,
                       size_t size, struct image *image);

// ---- intact.c: damage that stb_image overlooks

// NULL, or in words what is wrong: a PNG whose checksums do not match or whose end is missing, a
// BMP shorter than its header says. Other formats: NULL.
const char *intact_complaint(const unsigned char *bytes, size_t size);

// ---- image.c: VKTL_INPUT for an empty or a too large image, before anything is allocated for it

vktl_status image_check_size(const struct vktl_log *log, const char *name, int64_t width,
                             int64_t height);

#endif
