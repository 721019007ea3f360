// Options of augmentation, by the names of Keras's ImageDataGenerator: a table to stand in those of
// commands that distort images.
#ifndef CLI_AUGMENTATION_H
#define CLI_AUGMENTATION_H

#include <vktl/augment.h>

#include "cli/command.h"

struct augment_options {
    double rotation, width_shift, height_shift, shear, channel_shift, cval;
    const char *zoom, *brightness; // "0.2", "0.8,1.2"; NULL: none
    bool horizontal_flip, vertical_flip, keras_quirks;
    int fill;
};

// Rows that write to a struct augment_options.
extern const struct option augment_rows[];

// What the options say. VKTL_USAGE for ranges that are none.
vktl_status augment_read(const struct vktl_log *log, const struct augment_options *options,
                         struct vktl_augment *augment);

#endif
