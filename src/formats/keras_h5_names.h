// Names of layers and weights in Keras's HDF5 files, without the files.
#ifndef FORMATS_KERAS_H5_NAMES_H
#define FORMATS_KERAS_H5_NAMES_H

#include <stddef.h>

enum { KERAS_NAME_SIZE = 256 };

// The last component but one of a weight's path within its group, which is the layer where the
// group is a whole model: "block1_conv1" of "block1_conv1/kernel:0". "" when the path has one
// component.
void keras_h5_parent(const char *path, char parent[KERAS_NAME_SIZE]);

// What Keras 2 calls a weight: "kernel" of "conv1/kernel:0" and of Keras 1's "conv1_W_1:0", where
// "conv1" is the layer.
void keras_h5_weight_name(const char *path, const char *layer, char name[KERAS_NAME_SIZE]);

#endif
