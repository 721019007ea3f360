// Responsible for bars of colours; which colour means what is the drawings' business.
#include "view/scale.h"

#include <math.h>

#include "view/plot.h"

void scale_draw(struct vktl_picture *picture, const struct rect *rect, const struct scale *scale)
{
    struct text_style style = {picture->theme->muted, FONT_SMALL};
    const struct stroke frame = {picture->theme->axis, 1, DASH_NONE};
    const double left = rect->x + rect->width + 6;
    double widest = 0;
    unsigned char pixels[SCALE_COLOURS * 3];
    for (int i = 0; i < SCALE_COLOURS; i++)
        colour_write(scale->colours[SCALE_COLOURS - 1 - i], pixels + (size_t)i * 3);
    canvas_photo(picture, &(struct vktl_photo){1, SCALE_COLOURS, pixels}, rect, true);
    canvas_outline(picture, rect, &frame);
    for (uint32_t i = 0; i < scale->label_count; i++) {
        const double share = (double)i / (scale->label_count - 1);
        const double y = rect->y + rect->height * (1 - share);
        widest = fmax(widest, canvas_text(picture, left, y, &style, scale->labels[i]));
    }
    if (!scale->title)
        return;
    style.align = ALIGN_CENTRE;
    style.is_upward = true;
    style.max_width = rect->height;
    canvas_text(picture, left + widest + 12, rect->y + rect->height / 2, &style, scale->title);
}
