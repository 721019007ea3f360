// Weights in Keras's HDF5 files, of Keras 1, 2 and 3 (its "legacy" .h5): for each layer a group
// with its arrays.
//
//     Keras 1    /block1_conv1/block1_conv1_W_1:0
//     Keras 2    /block1_conv1/block1_conv1/kernel:0
//     Keras 3    /model_weights/block1_conv1/block1_conv1/kernel
//
// any of them at the root or below /model_weights. Only links within the file are followed.
//
// Written is Keras 2's layout, which Keras 2 and 3 read.
//
// The HDF5 library is for one thread at a time, in the whole process.
#ifndef FORMATS_KERAS_H5_H
#define FORMATS_KERAS_H5_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "base/shape.h"

// ---- Writing

enum { KERAS_H5_MAX_WEIGHTS = 8 };

struct keras_h5_weight {
    const char *name; // "kernel"
    struct shape shape;
    const float *values;
};

struct keras_h5_layer {
    const char *name;
    const struct keras_h5_weight *weights; // in Keras's order: trainable ones first
    uint32_t weight_count;                 // at most KERAS_H5_MAX_WEIGHTS
};

struct keras_h5_model {
    const char *config; // the model's JSON, for a whole model; NULL: weights alone
    const struct keras_h5_layer *layers;
    uint32_t layer_count;
};

// Writes a file, all or nothing: an older file of that name stays whole until the new one is
// complete. The same model gives the same bytes. VKTL_IO: it cannot be written; VKTL_INPUT: a
// layer's name that HDF5 cannot hold; VKTL_USAGE: vktl was built without HDF5.
vktl_status keras_h5_write(const struct vktl_log *log, const char *path,
                           const struct keras_h5_model *model);

// ---- Reading

struct keras_h5_entry {
    char *layer;        // the name of its layer, also where that is part of a nested model
    char *name;         // as Keras 2 calls it: Keras 1's W is "kernel", its running_std
                        // "moving_variance"
    char *path;         // in the file
    bool readable;      // floating-point, one to four axes of at least 1
    struct shape shape; // of a readable one
};

struct keras_h5;

// Opens a file and lists its arrays. `log` must outlive it. VKTL_INPUT: not such a file, damaged,
// or vktl was built without HDF5.
vktl_status keras_h5_open(const struct vktl_log *log, const char *path, struct keras_h5 **file);
void keras_h5_close(struct keras_h5 **file);

// The JSON of a whole model, or NULL where the file holds weights alone. Valid until the file is
// closed.
const char *keras_h5_config(const struct keras_h5 *file);

// The arrays, in the order of the file. Valid until the file is closed.
uint32_t keras_h5_count(const struct keras_h5 *file);
const struct keras_h5_entry *keras_h5_at(const struct keras_h5 *file, uint32_t index);

// Reads an array as float32 into `values`, of the entry's shape. VKTL_INPUT: not readable, damaged.
vktl_status keras_h5_read(struct keras_h5 *file, uint32_t index, float *values);

#endif
