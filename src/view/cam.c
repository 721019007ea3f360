// Responsible for heat maps over photos; where the map comes from is the caller's business.
#include "view/cam.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "view/plot.h"
#include "view/scale.h"

enum { MIN_SIDE = 700, MAX_MAP_SIDE = 32767 };

static const double margin = 16, between = 12, scale_room = 74, caption_room = 26;

// ---- The blend

// The photo stays visible everywhere, the more so where the map is weak.
static struct colour blend(struct colour photo, double heat)
{
    return colour_mix(photo, colour_map_at(COLOUR_MAP_INFERNO, heat), 0.35 + 0.35 * heat);
}

// One axis of a grid at `place` of 0..1: the four nearest values and their weights, by cubic
// convolution (Keys 1981, a = -1/2; Pillow's BICUBIC). Outermost values go on beyond the edge.
struct taps {
    size_t index[4];
    double weight[4];
};

static struct taps taps_at(double place, uint32_t size)
{
    const double centre = place * size - 0.5, first = floor(centre) - 1;
    struct taps taps;
    for (int i = 0; i < 4; i++) {
        const double x = fabs(first + i - centre);
        taps.index[i] = (size_t)fmax(0, fmin(first + i, size - 1.0));
        taps.weight[i] = x < 1 ? (1.5 * x - 2.5) * x * x + 1 : ((-0.5 * x + 2.5) * x - 4) * x + 2;
    }
    return taps;
}

static double map_at(const struct vktl_cam_overlay *overlay, const struct taps *x,
                     const struct taps *y)
{
    double sum = 0;
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 4; k++)
            sum += y->weight[i] * x->weight[k] *
                   overlay->map[y->index[i] * overlay->map_width + x->index[k]];
    return sum >= 0 ? fmin(sum, 1) : 0;
}

static struct colour photo_at(const struct vktl_photo *photo, const struct taps *x,
                              const struct taps *y)
{
    double rgb[3] = {0};
    for (int i = 0; i < 4; i++) {
        for (int k = 0; k < 4; k++) {
            const unsigned char *from =
                photo->pixels + (y->index[i] * photo->width + x->index[k]) * 3;
            for (int c = 0; c < 3; c++)
                rgb[c] += y->weight[i] * x->weight[k] * from[c] / 255;
        }
    }
    return (struct colour){fmax(0, fmin(rgb[0], 1)), fmax(0, fmin(rgb[1], 1)),
                           fmax(0, fmin(rgb[2], 1))};
}

static vktl_status check(const struct vktl_log *log, const struct vktl_cam_overlay *overlay)
{
    if (!overlay->map || overlay->map_width == 0 || overlay->map_height == 0 ||
        overlay->map_width > MAX_MAP_SIDE || overlay->map_height > MAX_MAP_SIDE)
        return log_fail(log, VKTL_USAGE, "a heat map of %u x %u cannot be drawn",
                        overlay->map_width, overlay->map_height);
    return canvas_check_photo(log, overlay->photo);
}

vktl_status cam_blend(const struct vktl_log *log, const struct vktl_cam_overlay *overlay,
                      uint32_t min_side, struct vktl_photo *blended)
{
    vktl_status status;
    const struct vktl_photo *photo = overlay->photo;
    *blended = (struct vktl_photo){0};
    TRY(check(log, overlay));
    const uint32_t longer = photo->width > photo->height ? photo->width : photo->height;
    const uint32_t times = (min_side + longer - 1) / longer;
    blended->width = photo->width * times;
    blended->height = photo->height * times;
    blended->pixels = malloc((size_t)blended->width * blended->height * 3);
    TRY_ALLOC(log, blended->pixels);
    unsigned char *to = blended->pixels;
    for (uint32_t row = 0; row < blended->height; row++) {
        const double down = (row + 0.5) / blended->height;
        const struct taps photo_y = taps_at(down, photo->height);
        const struct taps map_y = taps_at(down, overlay->map_height);
        for (uint32_t column = 0; column < blended->width; column++, to += 3) {
            const double across = (column + 0.5) / blended->width;
            const struct taps photo_x = taps_at(across, photo->width);
            const struct taps map_x = taps_at(across, overlay->map_width);
            colour_write(
                blend(photo_at(photo, &photo_x, &photo_y), map_at(overlay, &map_x, &map_y)), to);
        }
    }
fail:
    return status;
}

// ---- The picture

static void draw_scale(struct vktl_picture *picture, const struct rect *rect)
{
    static const char *const labels[] = {"weak", "strong"};
    const struct colour grey = {0.5, 0.5, 0.5};
    struct scale scale = {.labels = labels, .label_count = 2};
    for (int i = 0; i < SCALE_COLOURS; i++)
        scale.colours[i] = blend(grey, (double)i / (SCALE_COLOURS - 1));
    scale_draw(picture, rect, &scale);
}

static double draw_title(struct vktl_picture *picture, const struct vktl_cam_overlay *overlay)
{
    const struct text_style title = {picture->theme->text, FONT_TITLE, .is_bold = true,
                                     .max_width = CANVAS_WIDTH - 2 * margin - 90};
    struct text_style small = {picture->theme->muted, FONT_TEXT,
                               .max_width = (CANVAS_WIDTH - 2 * margin) / 2 - between};
    char percent[32] = "", layer[160] = "";
    if (isfinite(overlay->probability))
        snprintf(percent, sizeof percent, "  %.1f %%", 100 * overlay->probability);
    if (overlay->layer)
        snprintf(layer, sizeof layer, "Grad-CAM at %.140s", overlay->layer);
    const double width = canvas_text(picture, margin, 24, &title, overlay->class_name);
    const struct text_style value = {picture->theme->text, FONT_TITLE};
    canvas_text(picture, margin + width, 24, &value, percent);
    if (!overlay->caption && !overlay->layer)
        return 46;
    const double half = (CANVAS_WIDTH - 2 * margin - scale_room - between) / 2;
    small.max_width = half;
    small.is_path = true;
    canvas_text(picture, margin, 52, &small, overlay->caption);
    small.is_path = false;
    canvas_text(picture, margin + half + between, 52, &small, layer);
    return 46 + caption_room;
}

static double draw(struct vktl_picture *picture, const struct vktl_cam_overlay *overlay,
                   const struct vktl_photo *blended)
{
    const double side = (CANVAS_WIDTH - 2 * margin - scale_room - between) / 2;
    const double y = draw_title(picture, overlay);
    struct rect left = canvas_fit(overlay->photo, &(struct rect){margin, y, side, side});
    left.x = margin;
    left.y = y;
    const struct rect right = {margin + side + between, y, left.width, left.height};
    const double height = fmax(left.height, 40);
    canvas_photo(picture, overlay->photo, &left, true);
    canvas_photo(picture, blended, &right, true);
    draw_scale(picture, &(struct rect){right.x + side + 14, y + 6, 12, height - 12});
    return y + height + margin;
}

vktl_status vktl_draw_cam(const struct vktl_log *log, const struct vktl_cam_overlay *overlay,
                          enum vktl_theme theme, struct vktl_picture **picture)
{
    vktl_status status;
    struct vktl_photo blended = {0};
    *picture = NULL;
    TRY(cam_blend(log, overlay, MIN_SIDE, &blended));
    TRY(canvas_create(log, CANVAS_WIDTH, theme, picture));
    TRY(canvas_finish(log, picture, draw(*picture, overlay, &blended)));
fail:
    free(blended.pixels);
    return status;
}
