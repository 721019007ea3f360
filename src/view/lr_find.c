// Responsible for the chart of a learning-rate range test.
#include <vktl/picture.h>

#include <math.h>
#include <stdio.h>

#include "view/plot.h"

enum { MAX_MARKS = 8, MAX_RATIO = 1000 };

static const double margin = 12, plot_height = 400;

struct chart {
    const struct vktl_lr_chart *data;
    struct vktl_picture *picture;
    const double *curve; // what marks lie on
};

// Suggestions differ by shape and colour; the first four shapes by themselves.
static enum marker marker_of(uint32_t index)
{
    static const enum marker markers[] = {MARKER_DIAMOND, MARKER_SQUARE, MARKER_RING, MARKER_DISC};
    return markers[index % 4];
}

static struct colour colour_of(const struct chart *chart, uint32_t index)
{
    const struct theme *theme = chart->picture->theme;
    const struct colour colours[] = {theme->validation, theme->good, theme->accent, theme->text};
    return colours[index % 4];
}

// The curve's value at a rate, between its neighbours; NaN outside.
static double value_at(const struct chart *chart, double rate)
{
    const double *rates = chart->data->rates;
    for (uint32_t i = 0; i < chart->data->count; i++) {
        if (rates[i] == rate)
            return chart->curve[i];
        if (i > 0 && rates[i - 1] < rate && rate < rates[i]) {
            const double share = log(rate / rates[i - 1]) / log(rates[i] / rates[i - 1]);
            return chart->curve[i - 1] + share * (chart->curve[i] - chart->curve[i - 1]);
        }
    }
    return NAN;
}

static bool is_shown(const struct vktl_lr_mark *mark)
{
    return isfinite(mark->rate) && mark->rate > 0;
}

static void draw_marks(const struct chart *chart, const struct plot *plot)
{
    const struct rect *area = &plot->area;
    canvas_clip(chart->picture,
                &(struct rect){area->x - 8, area->y - 8, area->width + 16, area->height + 16});
    for (uint32_t i = 0; i < chart->data->mark_count; i++) {
        const struct vktl_lr_mark *mark = &chart->data->marks[i];
        const struct stroke stroke = {colour_of(chart, i), mark->is_recommended ? 2 : 1.5,
                                      mark->is_recommended ? DASH_NONE : DASH_DOTS};
        if (!is_shown(mark))
            continue;
        const double x = plot_x(plot, mark->rate), value = value_at(chart, mark->rate);
        canvas_segment(chart->picture, x, area->y, x, area->y + area->height, &stroke);
        if (isfinite(value) && (!plot->y.is_log || value > 0))
            canvas_marker(chart->picture, x, plot_y(plot, value), marker_of(i), 12, stroke.colour);
    }
    canvas_unclip(chart->picture);
}

static double draw_legend(const struct chart *chart, double y)
{
    const struct theme *theme = chart->picture->theme;
    struct legend_entry entries[2 + MAX_MARKS];
    char texts[MAX_MARKS][96];
    uint32_t count = 0;
    if (chart->data->smoothed)
        entries[count++] = (struct legend_entry){"smoothed loss", {theme->training, 2.5}};
    entries[count++] = (struct legend_entry){"loss of each batch", {theme->axis, 1}};
    for (uint32_t i = 0; i < chart->data->mark_count; i++) {
        const struct vktl_lr_mark *mark = &chart->data->marks[i];
        if (!is_shown(mark))
            continue;
        snprintf(texts[i], sizeof texts[i], "%.60s: %.2g%s", mark->name ? mark->name : "",
                 mark->rate, mark->is_recommended ? " (suggested)" : "");
        entries[count++] = (struct legend_entry){texts[i], {colour_of(chart, i), 0}, marker_of(i)};
    }
    return y + legend_draw(chart->picture, margin + 4, y, CANVAS_WIDTH - 2 * margin - 4, entries,
                           count);
}

// The range is that of the smoothed loss: single batches may leave it.
static struct axis loss_axis(const struct chart *chart)
{
    struct axis axis = {"loss", INFINITY, -INFINITY};
    axis_take(&axis, chart->curve, chart->data->count);
    if (axis.low > 0 && axis.high / axis.low > MAX_RATIO) {
        axis.is_log = true;
        axis.title = "loss (log)";
    }
    axis_widen(&axis, 7);
    return axis;
}

static double draw(const struct chart *chart)
{
    const struct vktl_lr_chart *data = chart->data;
    const struct theme *theme = chart->picture->theme;
    const struct stroke raw = {theme->axis, 1, DASH_NONE},
                        smooth = {theme->training, 2.5, DASH_NONE};
    struct plot plot = {chart->picture, .x = {"learning rate", INFINITY, -INFINITY, .is_log = true},
                        .y = loss_axis(chart)};
    double y = draw_legend(chart, title_draw(chart->picture, data->title) + 8);
    axis_take(&plot.x, data->rates, data->count);
    axis_widen(&plot.x, 12);
    plot_axes(&plot, &(struct rect){margin, y, CANVAS_WIDTH - 2 * margin, plot_height});
    plot_line(&plot, data->rates, data->losses, data->count, &raw, MARKER_NONE);
    if (data->smoothed)
        plot_line(&plot, data->rates, data->smoothed, data->count, &smooth, MARKER_NONE);
    draw_marks(chart, &plot);
    return y + plot_height + margin;
}

vktl_status vktl_draw_lr_find(const struct vktl_log *log, const struct vktl_lr_chart *data,
                              enum vktl_theme theme, struct vktl_picture **picture)
{
    vktl_status status;
    struct chart chart = {data, .curve = data->smoothed ? data->smoothed : data->losses};
    *picture = NULL;
    if (data->count == 0 || !data->rates || !data->losses || data->mark_count > MAX_MARKS)
        FAIL(log, VKTL_USAGE,
             "a learning-rate chart needs at least one step, and takes at most %d suggestions",
             MAX_MARKS);
    TRY(canvas_create(log, CANVAS_WIDTH, theme, picture));
    chart.picture = *picture;
    TRY(canvas_finish(log, picture, draw(&chart)));
fail:
    return status;
}
