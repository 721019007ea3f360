// Responsible for writing .npy files. Data is little-endian, as is every machine with a Vulkan
// driver that vktl runs on.
#include "formats/npy.h"

#include <stdio.h>
#include <string.h>

#include "base/files.h"

// Preamble and dictionary together: a multiple of 64, as the format asks; four axes always fit.
enum { HEADER_SIZE = 128, PREAMBLE_SIZE = 10 };

static void write_header(unsigned char header[HEADER_SIZE], const struct shape *shape)
{
    static const unsigned char preamble[PREAMBLE_SIZE] = {
        0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, HEADER_SIZE - PREAMBLE_SIZE, 0};
    char axes[SHAPE_TEXT_SIZE];
    char dictionary[HEADER_SIZE];
    int length = 0;
    for (uint32_t i = 0; i < shape->rank; i++)
        length += snprintf(axes + length, sizeof axes - (size_t)length, "%u, ", shape->dim[i]);
    length = snprintf(dictionary, sizeof dictionary,
                      "{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", axes);
    memset(header, ' ', HEADER_SIZE);
    memcpy(header, preamble, sizeof preamble);
    memcpy(header + PREAMBLE_SIZE, dictionary, (size_t)length);
    header[HEADER_SIZE - 1] = '\n';
}

vktl_status npy_write(const struct vktl_log *log, const char *path, const struct shape *shape,
                      const float *values)
{
    vktl_status status;
    struct file_writer writer = {.descriptor = -1};
    unsigned char header[HEADER_SIZE];
    vktl_assert(shape->rank > 0 && shape->rank <= SHAPE_MAX_RANK);
    write_header(header, shape);
    TRY(file_writer_init(log, path, &writer));
    TRY(file_writer_write(&writer, header, sizeof header));
    TRY(file_writer_write(&writer, values, (size_t)shape_size(shape)));
    TRY(file_writer_commit(&writer));
fail:
    file_writer_deinit(&writer);
    return status;
}
