// Weight files of any format that vktl reads, as one list of arrays with the names of their layers.
#ifndef FORMATS_WEIGHTS_H
#define FORMATS_WEIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "base/shape.h"

struct weights_entry {
    const char *layer;  // "block1_conv1"
    const char *name;   // as Keras 2 calls it: "kernel", "bias", "gamma", "moving_mean", ...
    struct shape shape; // of a readable one
    bool readable;      // a floating-point array of one to four axes
};

// An open file; for one thread at a time.
struct weights_file;

// Opens a Keras .h5 or a .safetensors file, which its first bytes tell apart; or a .safetensors
// file in memory, which must outlive it and which messages call `name`. `log` must outlive it.
// VKTL_INPUT: neither, damaged, or an .h5 file in a vktl built without HDF5.
vktl_status weights_open(const struct vktl_log *log, const char *path, struct weights_file **file);
vktl_status weights_open_memory(const struct vktl_log *log, const char *name, const void *bytes,
                                size_t size, struct weights_file **file);
void weights_close(struct weights_file **file);

// The arrays, sorted by layer; those of one layer in the order of the file, which for .h5 is
// Keras's (kernel, bias; gamma, beta, moving_mean, moving_variance). Valid until the file is
// closed.
uint32_t weights_count(const struct weights_file *file);
const struct weights_entry *weights_at(const struct weights_file *file, uint32_t index);

// Reads an array into `values`, of the entry's shape. VKTL_INPUT: not readable, or damaged.
vktl_status weights_read(struct weights_file *file, uint32_t index, float *values);

#endif
