// A bar of colours with the values that they stand for.
#ifndef VIEW_SCALE_H
#define VIEW_SCALE_H

#include "view/canvas.h"

enum { SCALE_COLOURS = 64 };

struct scale {
    struct colour colours[SCALE_COLOURS]; // from the least to the most
    const char *const *labels;            // evenly spaced from the least to the most
    uint32_t label_count;                 // 2 or more
    const char *title;                    // turned, right of the labels; NULL: none
};

// Draws an upright bar, least below; labels and title are to the right of `rect`.
void scale_draw(struct vktl_picture *picture, const struct rect *rect, const struct scale *scale);

#endif
