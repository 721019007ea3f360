// Responsible for axes, lines and legends; what they show is left to the charts.
#include "view/plot.h"

#include <math.h>

static const double gap = 6; // between a tick's label and the frame

// ---- Ranges

void axis_take(struct axis *axis, const double *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!isfinite(values[i]) || (axis->is_log && values[i] <= 0))
            continue;
        axis->low = fmin(axis->low, values[i]);
        axis->high = fmax(axis->high, values[i]);
    }
}

static void widen_log(struct axis *axis)
{
    const double margin = pow(axis->high / axis->low, 0.03);
    axis->low = fmax(axis->low / fmax(margin, 1.1), 1e-300);
    axis->high = fmin(axis->high * fmax(margin, 1.1), 1e300);
}

void axis_widen(struct axis *axis, uint32_t most)
{
    if (!(axis->low <= axis->high)) {
        axis->low = axis->is_log ? 0.1 : 0;
        axis->high = 1;
    }
    if (axis->is_log) {
        widen_log(axis);
        return;
    }
    axis->low = fmax(axis->low, -1e300);
    axis->high = fmin(axis->high, 1e300);
    // Equal values get room around them, by their own size.
    const double size = fmax(fabs(axis->low), fabs(axis->high));
    const double least = size > 0 ? size * 1e-6 : 1;
    if (axis->high - axis->low < least) {
        const double room = size > 0 ? size * 0.05 : 0.5;
        axis->low -= room;
        axis->high += room;
    }
    axis->step = ticks_step(axis->high - axis->low, most - 1, axis->is_whole ? 1 : 0);
    axis->low = floor(axis->low / axis->step + 1e-9) * axis->step;
    axis->high = ceil(axis->high / axis->step - 1e-9) * axis->step;
}

// ---- Axes

static struct text_style label_style(const struct plot *plot, enum align align)
{
    return (struct text_style){plot->picture->theme->muted, FONT_SMALL, .align = align};
}

static double widest_label(const struct plot *plot, const struct ticks *ticks)
{
    const struct text_style style = label_style(plot, ALIGN_RIGHT);
    double widest = 0;
    for (uint32_t i = 0; i < ticks->count; i++)
        widest = fmax(widest, canvas_text_width(plot->picture, &style, ticks->labels[i]));
    return widest;
}

static void choose_ticks(struct axis *axis, uint32_t most)
{
    if (axis->is_log)
        ticks_log(axis->low, axis->high, most, &axis->ticks);
    else
        ticks_linear(axis->low, axis->high, axis->step > 0 ? TICKS_MAX : most,
                     axis->is_whole ? fmax(axis->step, 1) : axis->step, &axis->ticks);
}

// As many ticks as their labels leave room for.
static void choose_x_ticks(struct plot *plot)
{
    const double room = 18;
    for (uint32_t most = 12;; most--) {
        choose_ticks(&plot->x, most);
        if (most == 2 ||
            plot->x.ticks.count * (widest_label(plot, &plot->x.ticks) + room) <= plot->area.width)
            return;
    }
}

static void draw_y_ticks(const struct plot *plot)
{
    const struct stroke grid = {plot->picture->theme->grid, 1, DASH_NONE};
    const struct text_style style = label_style(plot, ALIGN_RIGHT);
    const struct rect *area = &plot->area;
    for (uint32_t i = 0; i < plot->y.ticks.count; i++) {
        const double y = plot_y(plot, plot->y.ticks.at[i]);
        canvas_segment(plot->picture, area->x, y, area->x + area->width, y, &grid);
        canvas_text(plot->picture, area->x - gap, y, &style, plot->y.ticks.labels[i]);
    }
}

static void draw_x_ticks(const struct plot *plot)
{
    const struct stroke mark = {plot->picture->theme->axis, 1, DASH_NONE};
    const struct text_style style = label_style(plot, ALIGN_CENTRE);
    const double bottom = plot->area.y + plot->area.height;
    for (uint32_t i = 0; i < plot->x.ticks.count; i++) {
        const double x = plot_x(plot, plot->x.ticks.at[i]);
        canvas_segment(plot->picture, x, bottom, x, bottom + 4, &mark);
        canvas_text(plot->picture, x, bottom + 13, &style, plot->x.ticks.labels[i]);
    }
}

static void draw_titles(const struct plot *plot, const struct rect *outer)
{
    const struct rect *area = &plot->area;
    struct text_style style = {plot->picture->theme->text, FONT_TEXT, .align = ALIGN_CENTRE};
    style.max_width = outer->width;
    canvas_text(plot->picture, area->x + area->width / 2, outer->y + outer->height - 8, &style,
                plot->x.title);
    style.is_upward = true;
    style.max_width = outer->height;
    canvas_text(plot->picture, outer->x + 8, area->y + area->height / 2, &style, plot->y.title);
}

void plot_axes(struct plot *plot, const struct rect *outer)
{
    const double title = 20, x_label = 22;
    choose_ticks(&plot->y, outer->height > 160 ? 7 : 4);
    const double left = title + widest_label(plot, &plot->y.ticks) + gap;
    const double right = 14, top = 8, bottom = title + x_label;
    plot->area = (struct rect){outer->x + left, outer->y + top, outer->width - left - right,
                               outer->height - top - bottom};
    choose_x_ticks(plot);
    draw_y_ticks(plot);
    draw_x_ticks(plot);
    canvas_outline(plot->picture, &plot->area,
                   &(struct stroke){plot->picture->theme->axis, 1, DASH_NONE});
    draw_titles(plot, outer);
}

static double share_of(const struct axis *axis, double value)
{
    return axis->is_log ? log(value / axis->low) / log(axis->high / axis->low)
                        : (value - axis->low) / (axis->high - axis->low);
}

// Kept near the page: Cairo's coordinates end at eight million.
static double near_page(double place)
{
    return fmax(-1e5, fmin(place, 1e5));
}

double plot_x(const struct plot *plot, double value)
{
    return near_page(plot->area.x + plot->area.width * share_of(&plot->x, value));
}

double plot_y(const struct plot *plot, double value)
{
    return near_page(plot->area.y + plot->area.height * (1 - share_of(&plot->y, value)));
}

// ---- Lines

static bool is_on_axis(const struct axis *axis, double value)
{
    return isfinite(value) && (!axis->is_log || value > 0);
}

struct pen {
    const struct plot *plot;
    struct stroke stroke;
    bool is_down;
    uint32_t run; // points since the last gap
    double last_x, last_y;
    double column;    // of units, whose points are being gathered
    double low, high; // of them
};

// Many points in one column of the picture become a vertical line.
static void flush_column(struct pen *pen)
{
    if (pen->low < pen->high) {
        canvas_line(pen->plot->picture, pen->column, pen->low);
        canvas_line(pen->plot->picture, pen->column, pen->high);
    }
    canvas_line(pen->plot->picture, pen->last_x, pen->last_y);
}

static void end_run(struct pen *pen)
{
    if (pen->run == 1)
        canvas_marker(pen->plot->picture, pen->last_x, pen->last_y, MARKER_DISC,
                      pen->stroke.width * 2, pen->stroke.colour);
    if (pen->run > 1) {
        flush_column(pen);
        canvas_stroke(pen->plot->picture, &pen->stroke);
    }
    pen->run = 0;
}

static void add_point(struct pen *pen, double x, double y)
{
    const double column = floor(x * 2) / 2;
    if (pen->run == 0) {
        canvas_move(pen->plot->picture, x, y);
        pen->low = pen->high = y;
    } else if (column != pen->column) {
        flush_column(pen);
        pen->low = pen->high = y;
    }
    pen->column = column;
    pen->low = fmin(pen->low, y);
    pen->high = fmax(pen->high, y);
    pen->last_x = x;
    pen->last_y = y;
    pen->run++;
}

void plot_line(const struct plot *plot, const double *x, const double *y, uint32_t count,
               const struct stroke *stroke, enum marker marker)
{
    enum { ALL_MARKED = 30, SOME_MARKED = 12 };
    const uint32_t every = count <= ALL_MARKED ? 1 : count / SOME_MARKED;
    const struct rect room = {plot->area.x - 4, plot->area.y - 4, plot->area.width + 8,
                              plot->area.height + 8};
    struct pen pen = {plot, *stroke};
    canvas_clip(plot->picture, &room);
    for (uint32_t i = 0; i < count; i++) {
        if (is_on_axis(&plot->x, x[i]) && is_on_axis(&plot->y, y[i]))
            add_point(&pen, plot_x(plot, x[i]), plot_y(plot, y[i]));
        else
            end_run(&pen);
    }
    end_run(&pen);
    for (uint32_t i = 0; marker != MARKER_NONE && i < count; i += every)
        if (is_on_axis(&plot->x, x[i]) && is_on_axis(&plot->y, y[i]))
            canvas_marker(plot->picture, plot_x(plot, x[i]), plot_y(plot, y[i]), marker, 6,
                          stroke->colour);
    canvas_unclip(plot->picture);
}

// ---- Legend

double legend_draw(struct vktl_picture *picture, double x, double y, double width,
                   const struct legend_entry *entries, uint32_t count)
{
    const double sample = 26, row = 20, between = 22;
    struct text_style style = {picture->theme->text, FONT_TEXT};
    double at = x, first = y;
    for (uint32_t i = 0; i < count; i++) {
        const struct legend_entry *entry = &entries[i];
        const double lead = entry->stroke.width > 0 ? sample + 6 : 14;
        style.max_width = 0;
        const double wanted = lead + canvas_text_width(picture, &style, entry->text);
        if (at > x && at + wanted > x + width) {
            at = x;
            y += row;
        }
        if (entry->stroke.width > 0)
            canvas_segment(picture, at, y, at + sample, y, &entry->stroke);
        canvas_marker(picture, at + (lead - 6) / 2, y, entry->marker,
                      entry->stroke.width > 0 ? 6 : 9, entry->stroke.colour);
        style.max_width = x + width - at - lead;
        at += lead + canvas_text(picture, at + lead, y, &style, entry->text) + between;
    }
    return y + row - first;
}

double title_draw(struct vktl_picture *picture, const char *title)
{
    const double margin = 16;
    const struct text_style style = {picture->theme->text, FONT_TITLE, .is_bold = true,
                                     .max_width = picture->width - 2 * margin};
    if (!title || !*title)
        return 12;
    canvas_text(picture, margin, 24, &style, title);
    return 46;
}
