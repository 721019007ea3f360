// Responsible for pictures as users hold them: size, formats by name, files. Drawing and encoding
// are the canvas's.
#include <vktl/picture.h>

#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "view/canvas.h"

uint32_t vktl_picture_width(const struct vktl_picture *picture)
{
    return (uint32_t)picture->width;
}

uint32_t vktl_picture_height(const struct vktl_picture *picture)
{
    return (uint32_t)picture->height;
}

static bool ends_in(const char *path, const char *ending)
{
    const size_t length = strlen(path), size = strlen(ending);
    if (length <= size) // a bare ".png" is a hidden file without extension
        return false;
    for (size_t i = 0; i < size; i++) {
        const char c = path[length - size + i];
        if ((c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) != ending[i])
            return false;
    }
    return path[length - size - 1] != '/';
}

static bool format_of(const char *path, enum vktl_picture_format *format)
{
    static const struct {
        const char *ending;
        enum vktl_picture_format format;
    } formats[] = {{"@2x.png", VKTL_PNG_2X}, {".png", VKTL_PNG}, {".svg", VKTL_SVG}};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (ends_in(path, formats[i].ending)) {
            *format = formats[i].format;
            return true;
        }
    }
    return false;
}

bool vktl_picture_can_save(const char *path)
{
    enum vktl_picture_format format;
    return format_of(path, &format);
}

vktl_status vktl_picture_save(const struct vktl_log *log, const struct vktl_picture *picture,
                              const char *path)
{
    vktl_status status;
    enum vktl_picture_format format;
    unsigned char *bytes = NULL;
    size_t size;
    if (!format_of(path, &format))
        FAIL(log, VKTL_USAGE, "%s: a picture's name must end in .png or .svg", path);
    TRY(canvas_encode(log, picture, format, &bytes, &size));
    TRY(file_write_all(log, path, bytes, size));
fail:
    free(bytes);
    return status;
}

vktl_status vktl_picture_bytes(const struct vktl_log *log, const struct vktl_picture *picture,
                               enum vktl_picture_format format, unsigned char **bytes, size_t *size)
{
    return canvas_encode(log, picture, format, bytes, size);
}
