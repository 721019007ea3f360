// Images through the operator augment alone, without a model after it.
#ifndef TRAIN_AUGMENTER_H
#define TRAIN_AUGMENTER_H

#include "nn/start.h"

struct augmenter;

// Everything is allocated and recorded here. Used from one thread, the device's.
vktl_status augmenter_create(const struct vktl_log *log, struct vktl_device *device,
                             const struct start_params *params, struct augmenter **augmenter);
void augmenter_destroy(struct augmenter **augmenter);

// For each row of the batch: (H, W, 3) bytes of RGB to write, what is done to them (zeroed at
// first), and after a run the (H, W, 3) floats that came out. Valid as long as the augmenter.
unsigned char *augmenter_pixels(struct augmenter *augmenter, uint32_t row);
struct augment_image *augmenter_image(struct augmenter *augmenter, uint32_t row);
const float *augmenter_output(const struct augmenter *augmenter, uint32_t row);

vktl_status augmenter_run(struct augmenter *augmenter);

#endif
