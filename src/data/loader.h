// Images in the size that a model takes, as bytes, decoded and resized by threads ahead of the
// consumer.
#ifndef DATA_LOADER_H
#define DATA_LOADER_H

#include <vktl/dataset.h>

#include "base/log.h"

struct loader;

struct loader_params {
    uint32_t image_size; // pixels on a side; 1 to 65535
    vktl_interpolation interpolation;
    uint32_t thread_count; // 0: one a processor
    uint32_t ahead;        // images held ready at most; 0: 4 a thread
};

// What a scan or dataset_keep has in memory, with the same size and interpolation, is not decoded
// again. Memory: `ahead` images of 3 * image_size^2 bytes, and one decoded file a thread. `log`
// and `dataset` are borrowed for the loader's life; the dataset must not be scanned meanwhile. The
// functions are for one consumer thread.
vktl_status loader_create(const struct vktl_log *log, const struct vktl_dataset *dataset,
                          const struct loader_params *params, struct loader **loader);

// Starts on the dataset's images order[0] to order[count - 1], in that order; an epoch, usually.
// `order` is borrowed until the last image is taken or loader_begin is called again.
void loader_begin(struct loader *loader, const uint32_t *order, uint32_t count);

// Waits for the next image of the order; there must be one left. `item` is its index in the
// dataset. `pixels` receives (image_size, image_size, 3) bytes of RGB if `item_status` is VKTL_OK.
// It is VKTL_INPUT if the image cannot be read: a warning says why, `pixels` is left alone, the
// rest can still be had. The function itself fails with VKTL_NO_MEMORY.
vktl_status loader_next(struct loader *loader, unsigned char *pixels, uint32_t *item,
                        vktl_status *item_status);

// Reads the dataset's image `item` at once, on the calling thread, whatever the order is.
// VKTL_INPUT: it cannot be read; VKTL_NO_MEMORY. A message says why.
vktl_status loader_read(const struct loader *loader, uint32_t item, unsigned char *pixels);

void loader_destroy(struct loader **loader);

#endif
