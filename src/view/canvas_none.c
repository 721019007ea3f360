// Responsible for saying so where vktl is built without Cairo; canvas_cairo.c is the real thing.
#include "view/canvas.h"

#ifndef VKTL_CAIRO

static vktl_status lacks_cairo(const struct vktl_log *log)
{
    return log_fail(log, VKTL_USAGE,
                    "this vktl was built without Cairo (VKTL_CAIRO=OFF) and draws no pictures");
}

vktl_status canvas_create(const struct vktl_log *log, double width, enum vktl_theme theme,
                          struct vktl_picture **picture)
{
    (void)width, (void)theme;
    *picture = NULL;
    return lacks_cairo(log);
}

vktl_status canvas_finish(const struct vktl_log *log, struct vktl_picture **picture, double height)
{
    (void)picture, (void)height;
    return lacks_cairo(log);
}

vktl_status canvas_encode(const struct vktl_log *log, const struct vktl_picture *picture,
                          enum vktl_picture_format format, unsigned char **bytes, size_t *size)
{
    (void)picture, (void)format;
    *bytes = NULL;
    *size = 0;
    return lacks_cairo(log);
}

bool vktl_picture_can_draw(void)
{
    return false;
}

void vktl_picture_destroy(struct vktl_picture **picture)
{
    *picture = NULL;
}

// Without a picture the rest cannot be called.
double canvas_text_width(struct vktl_picture *picture, const struct text_style *style,
                         const char *text)
{
    (void)style, (void)text;
    vktl_assert(picture);
    return 0;
}

double canvas_text(struct vktl_picture *picture, double x, double y, const struct text_style *style,
                   const char *text)
{
    (void)x, (void)y;
    return canvas_text_width(picture, style, text);
}

void canvas_move(struct vktl_picture *picture, double x, double y)
{
    (void)x, (void)y;
    vktl_assert(picture);
}

void canvas_line(struct vktl_picture *picture, double x, double y)
{
    canvas_move(picture, x, y);
}

void canvas_stroke(struct vktl_picture *picture, const struct stroke *stroke)
{
    (void)stroke;
    vktl_assert(picture);
}

void canvas_fill(struct vktl_picture *picture, const struct rect *rect, struct colour colour)
{
    (void)rect, (void)colour;
    vktl_assert(picture);
}

void canvas_outline(struct vktl_picture *picture, const struct rect *rect,
                    const struct stroke *stroke)
{
    (void)rect, (void)stroke;
    vktl_assert(picture);
}

void canvas_marker(struct vktl_picture *picture, double x, double y, enum marker marker,
                   double size, struct colour colour)
{
    (void)marker, (void)size, (void)colour;
    canvas_move(picture, x, y);
}

void canvas_clip(struct vktl_picture *picture, const struct rect *rect)
{
    (void)rect;
    vktl_assert(picture);
}

void canvas_unclip(struct vktl_picture *picture)
{
    vktl_assert(picture);
}

void canvas_photo(struct vktl_picture *picture, const struct vktl_photo *photo,
                  const struct rect *rect, bool is_smooth)
{
    (void)photo, (void)rect, (void)is_smooth;
    vktl_assert(picture);
}

#else
// An empty translation unit is not C.
typedef int canvas_is_built_in;
#endif
