// Responsible for predictions of single images: the photo and the bars of its classes.
#include <vktl/picture.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "view/plot.h"

enum { MAX_BARS = 100 };

static const double margin = 16, photo_side = 168, line = 24, bar_height = 14, max_names = 190,
                    percent_room = 66, caption_room = 26, between = 24;

struct bars {
    const struct vktl_bars *data;
    struct vktl_picture *picture;
    double names; // width of the widest class name, at most max_names
    bool has_photos;
};

static struct text_style name_style(const struct bars *bars)
{
    return (struct text_style){bars->picture->theme->text, FONT_TEXT, .align = ALIGN_RIGHT,
                               .max_width = max_names};
}

static void measure(struct bars *bars)
{
    struct text_style style = name_style(bars);
    style.is_bold = true; // the first one's
    for (uint32_t i = 0; i < bars->data->row_count; i++) {
        const struct vktl_bars_row *row = &bars->data->rows[i];
        bars->has_photos |= row->photo != NULL;
        for (uint32_t k = 0; k < row->count; k++)
            bars->names =
                fmax(bars->names, canvas_text_width(bars->picture, &style, row->names[k]));
    }
    bars->names = fmin(bars->names, max_names);
}

static bool is_truth(const struct vktl_bars_row *row, uint32_t index)
{
    return row->truth && strcmp(row->truth, row->names[index]) == 0;
}

static void draw_bar(const struct bars *bars, const struct vktl_bars_row *row, uint32_t index,
                     double left, double y)
{
    const struct theme *theme = bars->picture->theme;
    const double share = row->probabilities[index];
    const struct rect track = {left + bars->names + 10, y - bar_height / 2,
                               CANVAS_WIDTH - margin - percent_room - left - bars->names - 10,
                               bar_height};
    struct rect bar = track;
    struct text_style style = name_style(bars);
    char percent[16] = "\u2013";
    bar.width *= share > 0 ? fmin(share, 1) : 0;
    style.is_bold = index == 0;
    canvas_text(bars->picture, left + bars->names, y, &style, row->names[index]);
    canvas_fill(bars->picture, &track, theme->grid);
    canvas_fill(bars->picture, &bar, index == 0 ? theme->training : theme->bar);
    if (is_truth(row, index))
        canvas_outline(bars->picture, &track, &(struct stroke){theme->validation, 2, DASH_NONE});
    if (isfinite(share))
        snprintf(percent, sizeof percent, "%.1f %%", 100 * share);
    style.max_width = 0;
    canvas_text(bars->picture, CANVAS_WIDTH - margin, y, &style, percent);
}

// "photo.jpg, true class: madonna", whichever of them is known.
static double draw_caption(const struct bars *bars, const struct vktl_bars_row *row, double left,
                           double y)
{
    const struct theme *theme = bars->picture->theme;
    struct text_style style = {theme->muted, FONT_TEXT};
    double truth_width = 0;
    char truth[160] = "";
    if (!row->caption && !row->truth)
        return y;
    if (row->truth) {
        snprintf(truth, sizeof truth, "true class: %.140s", row->truth);
        style.max_width = (CANVAS_WIDTH - margin - left) / 2;
        truth_width = fmin(canvas_text_width(bars->picture, &style, truth), style.max_width);
        style.align = ALIGN_RIGHT;
        canvas_text(bars->picture, CANVAS_WIDTH - margin, y + 8, &style, truth);
        style.align = ALIGN_LEFT;
    }
    style.max_width = CANVAS_WIDTH - margin - left - truth_width - (truth_width > 0 ? 16 : 0);
    style.is_path = true;
    if (row->caption)
        canvas_text(bars->picture, left, y + 8, &style, row->caption);
    return y + caption_room;
}

static double draw_row(const struct bars *bars, const struct vktl_bars_row *row, double y)
{
    const double left = bars->has_photos ? margin + photo_side + between : margin;
    double bottom = y;
    if (row->photo) {
        const struct rect box = {margin, y, photo_side, photo_side};
        struct rect place = canvas_fit(row->photo, &box);
        place.y = y;
        canvas_photo(bars->picture, row->photo, &place, true);
        bottom += place.height;
    }
    y = draw_caption(bars, row, left, y);
    for (uint32_t i = 0; i < row->count; i++)
        draw_bar(bars, row, i, left, y + (i + 0.5) * line);
    return fmax(bottom, y + row->count * line);
}

static double draw(struct bars *bars)
{
    const struct stroke rule = {bars->picture->theme->grid, 1, DASH_NONE};
    double y = fmax(title_draw(bars->picture, bars->data->title), margin);
    measure(bars);
    for (uint32_t i = 0; i < bars->data->row_count; i++) {
        if (i > 0) {
            canvas_segment(bars->picture, margin, y + between / 2, CANVAS_WIDTH - margin,
                           y + between / 2, &rule);
            y += between;
        }
        y = draw_row(bars, &bars->data->rows[i], y);
    }
    return y + margin;
}

vktl_status vktl_draw_bars(const struct vktl_log *log, const struct vktl_bars *data,
                           enum vktl_theme theme, struct vktl_picture **picture)
{
    vktl_status status;
    struct bars bars = {data};
    *picture = NULL;
    if (data->row_count == 0)
        FAIL(log, VKTL_USAGE, "a chart of predictions needs at least one image");
    for (uint32_t i = 0; i < data->row_count; i++) {
        if (data->rows[i].photo)
            TRY(canvas_check_photo(log, data->rows[i].photo));
        if (data->rows[i].count > MAX_BARS)
            FAIL(log, VKTL_USAGE, "%u bars for one image are too many: at most %d are drawn",
                 data->rows[i].count, MAX_BARS);
    }
    TRY(canvas_create(log, CANVAS_WIDTH, theme, picture));
    bars.picture = *picture;
    TRY(canvas_finish(log, picture, draw(&bars)));
fail:
    return status;
}
