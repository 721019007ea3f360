// Responsible for the curves of a training run.
#include <vktl/picture.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "view/plot.h"

static const double margin = 12, panel_height = 300, rate_height = 150;

struct curves {
    const struct vktl_curves *data;
    struct vktl_picture *picture;
    double *epochs;  // 1, 2, ...
    double *percent; // room for one line of accuracies
};

static struct stroke training_stroke(const struct curves *curves)
{
    return (struct stroke){curves->picture->theme->training, 2, DASH_NONE};
}

static struct stroke validation_stroke(const struct curves *curves)
{
    return (struct stroke){curves->picture->theme->validation, 2, DASH_LONG};
}

static bool is_best_known(const struct vktl_curves *data)
{
    return data->best_epoch >= 1 && data->best_epoch <= data->count;
}

static bool is_fine_tuned(const struct vktl_curves *data)
{
    return data->fine_tune_epoch >= 1 && data->fine_tune_epoch <= data->count;
}

static bool does_rate_change(const struct vktl_curves *data)
{
    for (uint32_t i = 1; data->learning_rate && i < data->count; i++)
        if (data->learning_rate[i] != data->learning_rate[0])
            return true;
    return false;
}

// ---- Panels

static struct axis epoch_axis(const struct curves *curves)
{
    struct axis axis = {"epoch", 1, curves->data->count, .is_whole = true};
    if (curves->data->count == 1) {
        axis.low = 0;
        axis.high = 2;
    }
    return axis;
}

// The last epoch of the head's phase is left of the line, the first of fine-tuning right of it.
static void mark_phase(const struct curves *curves, const struct plot *plot)
{
    const struct stroke stroke = {plot->picture->theme->muted, 1.5, DASH_DOTS};
    if (!is_fine_tuned(curves->data))
        return;
    const double x = fmax(plot_x(plot, curves->data->fine_tune_epoch - 0.5), plot->area.x);
    canvas_segment(plot->picture, x, plot->area.y, x, plot->area.y + plot->area.height, &stroke);
}

static void mark_best(const struct curves *curves, const struct plot *plot, const double *values)
{
    if (!is_best_known(curves->data))
        return;
    const double value = values[curves->data->best_epoch - 1];
    if (isfinite(value) && (!plot->y.is_log || value > 0))
        canvas_marker(plot->picture, plot_x(plot, curves->data->best_epoch), plot_y(plot, value),
                      MARKER_RING, 12, plot->picture->theme->accent);
}

// Draws the training and the validation line (which may be missing), given as y axis and values.
static void draw_panel(const struct curves *curves, struct axis y, const struct rect *outer,
                       const double *training, const double *validation, double scale)
{
    const uint32_t count = curves->data->count;
    const struct stroke strokes[] = {training_stroke(curves), validation_stroke(curves)};
    const double *lines[] = {training, validation};
    struct plot plot = {curves->picture, .x = epoch_axis(curves), .y = y};
    plot_axes(&plot, outer);
    mark_phase(curves, &plot);
    for (int i = 0; i < 2; i++) {
        if (!lines[i])
            continue;
        for (uint32_t k = 0; k < count; k++)
            curves->percent[k] = lines[i][k] * scale;
        plot_line(&plot, curves->epochs, curves->percent, count, &strokes[i],
                  i == 0 ? MARKER_DISC : MARKER_SQUARE);
        if (i == 1 || !validation)
            mark_best(curves, &plot, curves->percent);
    }
}

static void draw_accuracy(const struct curves *curves, const struct rect *outer)
{
    const struct vktl_curves *data = curves->data;
    struct axis axis = {"accuracy (%)", INFINITY, -INFINITY};
    axis_take(&axis, data->accuracy, data->count);
    if (data->val_accuracy)
        axis_take(&axis, data->val_accuracy, data->count);
    // A few points at least, within what an accuracy can be.
    if (axis.low >= 0 && axis.high <= 1 && axis.high - axis.low < 0.05) {
        axis.high = fmin(axis.low + 0.05, 1);
        axis.low = fmax(axis.high - 0.05, 0);
    }
    axis.low *= 100;
    axis.high *= 100;
    axis_widen(&axis, 6);
    draw_panel(curves, axis, outer, data->accuracy, data->val_accuracy, 100);
}

// Losses that span more than three powers of ten are shown on a logarithmic axis.
static void draw_loss(const struct curves *curves, const struct rect *outer)
{
    const struct vktl_curves *data = curves->data;
    struct axis axis = {"loss", INFINITY, -INFINITY};
    axis_take(&axis, data->loss, data->count);
    if (data->val_loss)
        axis_take(&axis, data->val_loss, data->count);
    if (axis.low > 0 && axis.high / axis.low > 1000) {
        axis.is_log = true;
        axis.title = "loss (log)";
    } else if (axis.low > 0 && axis.low < axis.high) {
        axis.low = 0;
    }
    axis_widen(&axis, 6);
    draw_panel(curves, axis, outer, data->loss, data->val_loss, 1);
}

static void draw_rate(const struct curves *curves, const struct rect *outer)
{
    const struct vktl_curves *data = curves->data;
    const struct stroke stroke = {curves->picture->theme->good, 2, DASH_NONE};
    struct plot plot = {curves->picture, .x = epoch_axis(curves),
                        .y = {"learning rate", INFINITY, -INFINITY, .is_log = true}};
    axis_take(&plot.y, data->learning_rate, data->count);
    axis_widen(&plot.y, 4);
    plot_axes(&plot, outer);
    mark_phase(curves, &plot);
    plot_line(&plot, curves->epochs, data->learning_rate, data->count, &stroke, MARKER_NONE);
}

// ---- The whole

static double draw_legend(const struct curves *curves, double y)
{
    const struct vktl_curves *data = curves->data;
    const struct theme *theme = curves->picture->theme;
    const bool has_validation = data->val_accuracy || data->val_loss;
    const double *values = data->val_accuracy ? data->val_accuracy : data->accuracy;
    char best[96], phase[64];
    struct legend_entry entries[4];
    uint32_t count = 0;
    entries[count++] = (struct legend_entry){"training", training_stroke(curves), MARKER_DISC};
    if (has_validation)
        entries[count++] =
            (struct legend_entry){"validation", validation_stroke(curves), MARKER_SQUARE};
    if (is_best_known(data)) {
        const double value = values[data->best_epoch - 1];
        snprintf(best, sizeof best, isfinite(value) ? "best: epoch %u, %.1f %%" : "best: epoch %u",
                 data->best_epoch, 100 * value);
        entries[count++] = (struct legend_entry){best, {theme->accent, 0}, MARKER_RING};
    }
    if (is_fine_tuned(data)) {
        snprintf(phase, sizeof phase, "fine-tuning from epoch %u", data->fine_tune_epoch);
        entries[count++] =
            (struct legend_entry){phase, {theme->muted, 1.5, DASH_DOTS}, MARKER_NONE};
    }
    return y +
           legend_draw(curves->picture, margin + 4, y, CANVAS_WIDTH - 2 * margin, entries, count);
}

static double draw(const struct curves *curves)
{
    const double width = (CANVAS_WIDTH - 2 * margin) / 2;
    double y = title_draw(curves->picture, curves->data->title);
    y = draw_legend(curves, y + 8);
    draw_accuracy(curves, &(struct rect){margin, y, width, panel_height});
    draw_loss(curves, &(struct rect){margin + width, y, width, panel_height});
    y += panel_height;
    if (does_rate_change(curves->data)) {
        y += 10;
        draw_rate(curves, &(struct rect){margin, y, 2 * width, rate_height});
        y += rate_height;
    }
    return y + margin;
}

vktl_status vktl_draw_curves(const struct vktl_log *log, const struct vktl_curves *data,
                             enum vktl_theme theme, struct vktl_picture **picture)
{
    vktl_status status;
    struct curves curves = {data};
    *picture = NULL;
    if (data->count == 0 || !data->accuracy || !data->loss)
        FAIL(log, VKTL_USAGE, "curves need at least one epoch with accuracy and loss");
    curves.epochs = calloc(data->count, sizeof *curves.epochs);
    curves.percent = calloc(data->count, sizeof *curves.percent);
    TRY_ALLOC(log, curves.epochs && curves.percent ? picture : NULL);
    for (uint32_t i = 0; i < data->count; i++)
        curves.epochs[i] = i + 1;
    TRY(canvas_create(log, CANVAS_WIDTH, theme, picture));
    curves.picture = *picture;
    TRY(canvas_finish(log, picture, draw(&curves)));
fail:
    free(curves.epochs);
    free(curves.percent);
    return status;
}
