// Responsible for reliability diagrams: confidence against accuracy, and how many images say so.
#include <vktl/picture.h>

#include <math.h>
#include <stdio.h>

#include "view/plot.h"

enum { MAX_BINS = 100 };

static const double margin = 12, diagram_height = 360, counts_height = 170, heading_room = 26;

struct diagram {
    const struct vktl_reliability *data;
    struct vktl_picture *picture;
};

static bool is_filled(const struct vktl_reliability_series *series, uint32_t bin)
{
    return series->counts[bin] > 0 && isfinite(series->accuracy[bin]);
}

// ---- Accuracy in each bin

static struct axis percent_axis(const char *title)
{
    return (struct axis){title, 0, 100};
}

// The gap between a bin's accuracy and its mean confidence.
static void draw_gap(const struct diagram *diagram, const struct plot *plot, const struct rect *bar,
                     double confidence)
{
    const struct theme *theme = diagram->picture->theme;
    const double other = plot_y(plot, 100 * confidence);
    const struct rect gap = {bar->x, fmin(bar->y, other), bar->width, fabs(bar->y - other)};
    const struct stroke stroke = {theme->bad, 1.5, DASH_NONE};
    const double step = 5;
    canvas_clip(diagram->picture, &gap);
    for (double x = gap.x - gap.height; x < gap.x + gap.width; x += step)
        canvas_segment(diagram->picture, x, gap.y + gap.height, x + gap.height, gap.y,
                       &(struct stroke){theme->bad, 1, DASH_NONE});
    canvas_unclip(diagram->picture);
    canvas_outline(diagram->picture, &gap, &stroke);
}

static void draw_accuracy(const struct diagram *diagram,
                          const struct vktl_reliability_series *series, const struct rect *outer)
{
    const struct theme *theme = diagram->picture->theme;
    const uint32_t bins = diagram->data->bin_count;
    struct plot plot = {diagram->picture, .x = percent_axis("confidence (%)"),
                        .y = percent_axis("accuracy (%)")};
    plot_axes(&plot, outer);
    const double width = plot.area.width / bins, bottom = plot.area.y + plot.area.height;
    for (uint32_t i = 0; i < bins; i++) {
        if (!is_filled(series, i))
            continue;
        const double y = plot_y(&plot, 100 * fmax(0, fmin(series->accuracy[i], 1)));
        const struct rect bar = {plot.area.x + i * width, y, width, bottom - y};
        canvas_fill(diagram->picture, &bar, theme->bar);
        canvas_outline(diagram->picture, &bar, &(struct stroke){theme->axis, 1, DASH_NONE});
        if (isfinite(series->confidence[i]))
            draw_gap(diagram, &plot, &bar, fmax(0, fmin(series->confidence[i], 1)));
    }
    canvas_segment(diagram->picture, plot.area.x, bottom, plot.area.x + plot.area.width,
                   plot.area.y, &(struct stroke){theme->text, 1.5, DASH_LONG});
}

// ---- Images in each bin

static void draw_counts(const struct diagram *diagram, const struct vktl_reliability_series *series,
                        const struct rect *outer)
{
    const struct theme *theme = diagram->picture->theme;
    const uint32_t bins = diagram->data->bin_count;
    struct plot plot = {diagram->picture, .x = percent_axis("confidence (%)"),
                        .y = {"images", 0, 1, .is_whole = true}};
    for (uint32_t i = 0; i < bins; i++)
        plot.y.high = fmax(plot.y.high, series->counts[i]);
    axis_widen(&plot.y, 4);
    plot_axes(&plot, outer);
    const double width = plot.area.width / bins, bottom = plot.area.y + plot.area.height;
    for (uint32_t i = 0; i < bins; i++) {
        const double y = plot_y(&plot, series->counts[i]);
        if (series->counts[i] == 0)
            continue;
        const struct rect bar = {plot.area.x + i * width, y, width, bottom - y};
        canvas_fill(diagram->picture, &bar, theme->muted);
        canvas_outline(diagram->picture, &bar, &(struct stroke){theme->background, 1, DASH_NONE});
    }
}

// ---- The whole

static double draw_heading(const struct diagram *diagram,
                           const struct vktl_reliability_series *series, const struct rect *outer)
{
    const struct text_style style = {diagram->picture->theme->text, FONT_HEADING, .is_bold = true,
                                     .max_width = outer->width - 100};
    struct text_style value = {diagram->picture->theme->text, FONT_HEADING, .align = ALIGN_RIGHT};
    char text[64] = "";
    if (isfinite(series->ece))
        snprintf(text, sizeof text, "ECE %.1f %%", 100 * series->ece);
    canvas_text(diagram->picture, outer->x + 4, outer->y + 10, &style, series->name);
    canvas_text(diagram->picture, outer->x + outer->width - 14, outer->y + 10, &value, text);
    return outer->y + heading_room;
}

static double draw_legend(const struct diagram *diagram, double y)
{
    const struct theme *theme = diagram->picture->theme;
    const struct legend_entry entries[] = {
        {"accuracy", {theme->bar, 0}, MARKER_SQUARE},
        {"gap to the mean confidence (hatched)", {theme->bad, 0}, MARKER_SQUARE},
        {"perfect calibration", {theme->text, 1.5, DASH_LONG}, MARKER_NONE},
    };
    return y + legend_draw(diagram->picture, margin + 4, y, CANVAS_WIDTH - 2 * margin, entries, 3);
}

// Two series stand side by side, counts below; a single one has its counts beside it.
static double draw(const struct diagram *diagram)
{
    const double width = (CANVAS_WIDTH - 2 * margin) / 2;
    const bool is_single = diagram->data->series_count == 1;
    double y = draw_legend(diagram, title_draw(diagram->picture, diagram->data->title) + 8) + 4;
    for (uint32_t i = 0; i < diagram->data->series_count; i++) {
        const struct vktl_reliability_series *series = &diagram->data->series[i];
        struct rect outer = {margin + i * width, y, width, diagram_height};
        outer.y = draw_heading(diagram, series, &outer);
        draw_accuracy(diagram, series, &outer);
        const struct rect counts =
            is_single ? (struct rect){margin + width, outer.y, width, diagram_height}
                      : (struct rect){outer.x, outer.y + diagram_height, width, counts_height};
        draw_counts(diagram, series, &counts);
    }
    return y + heading_room + diagram_height + (is_single ? 0 : counts_height) + margin;
}

vktl_status vktl_draw_reliability(const struct vktl_log *log, const struct vktl_reliability *data,
                                  enum vktl_theme theme, struct vktl_picture **picture)
{
    vktl_status status;
    struct diagram diagram = {data};
    *picture = NULL;
    if (data->bin_count == 0 || data->bin_count > MAX_BINS || data->series_count == 0 ||
        data->series_count > 2)
        FAIL(log, VKTL_USAGE, "a reliability diagram takes 1 to %d bins and one or two series",
             MAX_BINS);
    TRY(canvas_create(log, CANVAS_WIDTH, theme, picture));
    diagram.picture = *picture;
    TRY(canvas_finish(log, picture, draw(&diagram)));
fail:
    return status;
}
