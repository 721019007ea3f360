// What writing and changing safetensors files share.
#ifndef FORMATS_SAFETENSORS_PARTS_H
#define FORMATS_SAFETENSORS_PARTS_H

#include "base/files.h"
#include "base/text.h"

enum { SAFETENSORS_LENGTH_SIZE = 8 }; // of the number that a file begins with

// Pads the header with spaces, so that the data is aligned, and writes it behind its length.
vktl_status safetensors_write_header(struct file_writer *writer, struct text *header);

#endif
