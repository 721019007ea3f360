// The reader of Keras's HDF5 files itself, on top of HDF5 and so at its mercy: keras_h5.c runs it
// in a process of its own. Functions are those of keras_h5.h, and mean the same.
#ifndef FORMATS_KERAS_H5_READER_H
#define FORMATS_KERAS_H5_READER_H

#include "formats/keras_h5.h"

struct h5_reader;

enum { KERAS_H5_MAX_NAMES = 65536 }; // of layers, and of arrays

vktl_status h5_reader_open(const struct vktl_log *log, const char *path, struct h5_reader **file);
void h5_reader_close(struct h5_reader **file);
const char *h5_reader_config(const struct h5_reader *file);
uint32_t h5_reader_count(const struct h5_reader *file);
const struct keras_h5_entry *h5_reader_at(const struct h5_reader *file, uint32_t index);
vktl_status h5_reader_read(struct h5_reader *file, uint32_t index, float *values);

#endif
