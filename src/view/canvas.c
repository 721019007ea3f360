// Responsible for what of a canvas needs no Cairo.
#include "view/canvas.h"

#include <math.h>

enum { MAX_PHOTO_SIDE = 32767 }; // Cairo's

void canvas_segment(struct vktl_picture *picture, double x0, double y0, double x1, double y1,
                    const struct stroke *stroke)
{
    canvas_move(picture, x0, y0);
    canvas_line(picture, x1, y1);
    canvas_stroke(picture, stroke);
}

struct rect canvas_fit(const struct vktl_photo *photo, const struct rect *box)
{
    const double scale = fmin(box->width / photo->width, box->height / photo->height);
    const double width = photo->width * scale, height = photo->height * scale;
    return (struct rect){box->x + (box->width - width) / 2, box->y + (box->height - height) / 2,
                         width, height};
}

vktl_status canvas_check_photo(const struct vktl_log *log, const struct vktl_photo *photo)
{
    if (!photo->pixels || photo->width == 0 || photo->height == 0)
        return log_fail(log, VKTL_USAGE, "a photo without pixels cannot be drawn");
    if (photo->width > MAX_PHOTO_SIDE || photo->height > MAX_PHOTO_SIDE)
        return log_fail(log, VKTL_USAGE,
                        "a photo of %u x %u pixels cannot be drawn: a side has at most %d",
                        photo->width, photo->height, MAX_PHOTO_SIDE);
    return VKTL_OK;
}
