// NumPy's .npy (numpy.lib.format, version 1.0): one array and its shape.
#ifndef FORMATS_NPY_H
#define FORMATS_NPY_H

#include "base/log.h"
#include "base/shape.h"

// Writes `values`, of `shape` in C order, as little-endian float32, all or nothing: an older file
// of that name stays whole until the new one is complete. VKTL_IO: it cannot be written.
vktl_status npy_write(const struct vktl_log *log, const char *path, const struct shape *shape,
                      const float *values);

#endif
