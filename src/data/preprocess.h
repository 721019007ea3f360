// From bytes to the numbers a model was trained on.
#ifndef DATA_PREPROCESS_H
#define DATA_PREPROCESS_H

#include <stddef.h>

#include <vktl/dataset.h>

// `pixel_count` pixels of 8-bit RGB to as many of three floats, by Keras's preprocess_input in
// float32 (keras/src/applications/imagenet_utils.py).
void preprocess_apply(vktl_preprocess preprocess, const unsigned char *rgb, size_t pixel_count,
                      float *out);

#endif
