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

// ---- stb_image.c

// Whether stb_image, on this thread, failed for want of memory since this was last asked. Its own
// reasons do not always say so.
bool stb_has_run_out_of_memory(void);

// From now on this thread's decoder gets no block larger than this: what is packed in a PNG may be
// larger than its header says, without end.
void stb_limit_blocks(size_t size);

// ---- intact.c: damage that stb_image overlooks

// Whether a file begins as a JPEG, PNG or BMP does. stb_image is less strict, and what it took for
// a JPEG all the same would have been checked by nobody.
bool intact_is_known(const unsigned char *bytes, size_t size);

// In words what is wrong with a file, or NULL; also NULL for any other format.
//
// A JPEG with impossible Huffman tables, with more scans than a sane one has, each of which costs
// as much time as the picture, or without its end. To be asked before stb_image sees it.
const char *intact_jpeg_complaint(const unsigned char *bytes, size_t size);
// A PNG whose checksums do not match or without its end, a BMP shorter than its header says.
const char *intact_complaint(const unsigned char *bytes, size_t size);

// The size in a PNG's header; stb_image does not tell that of one too large for it. False: no PNG.
bool intact_png_size(const unsigned char *bytes, size_t size, uint32_t *width, uint32_t *height);

// ---- image.c: VKTL_INPUT for an empty or a too large image, before anything is allocated for it

vktl_status image_check_size(const struct vktl_log *log, const char *name, int64_t width,
                             int64_t height);

#endif
