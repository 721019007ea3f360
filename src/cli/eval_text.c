// Responsible for the figures of an evaluation as text of 80 columns.
#include "cli/eval_show.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { WIDTH = 80, NAME_WIDTH = 24 };

// ---- Cells

// Where the next character of a UTF-8 text begins; a stray byte is a character.
static const char *next_character(const char *text)
{
    text++;
    while (((unsigned char)*text & 0xc0) == 0x80)
        text++;
    return text;
}

static uint32_t columns_of(const char *text)
{
    uint32_t columns = 0;
    for (; *text; text = next_character(text))
        columns++;
    return columns;
}

// Appends a name in at most `width` columns, the last two of them dots where it is longer; control
// characters do not reach the terminal.
static void append_name(struct text *text, const char *name, uint32_t width)
{
    const uint32_t columns = columns_of(name);
    const uint32_t shown = columns > width ? width - 2 : columns;
    for (uint32_t i = 0; i < shown; i++) {
        const char *next = next_character(name);
        const bool is_control = (unsigned char)*name < 0x20 || *name == 0x7f;
        text_append_bytes(text, is_control ? "?" : name, is_control ? 1 : (size_t)(next - name));
        name = next;
    }
    text_append(text, columns > width ? ".." : "");
}

static void append_cell(struct text *text, const char *name)
{
    const uint32_t columns = columns_of(name);
    append_name(text, name, NAME_WIDTH);
    text_format(text, "%*s", columns < NAME_WIDTH ? (int)(NAME_WIDTH - columns) : 0, "");
}

static void append_share(struct text *text, double share)
{
    if (isnan(share))
        text_format(text, "%10s", "-");
    else
        text_format(text, "%10.4f", share);
}

static const char *class_name(const struct eval_view *view, uint32_t index)
{
    return vktl_model_class_name(view->model, index);
}

// ---- Parts

static void append_summary(const struct eval_view *view, struct text *text)
{
    const struct vktl_evaluation *evaluation = view->evaluation;
    char top[32];
    text_format(text, "%s: %u images of %u classes", view->folder, evaluation->count,
                evaluation->class_count);
    if (view->predictions->unreadable)
        text_format(text, ", %u more cannot be read", view->predictions->unreadable);
    text_format(text, "\naccuracy          %.4f (%u of %u)\n", evaluation->accuracy,
                evaluation->correct, evaluation->count);
    snprintf(top, sizeof top, "top-%u", evaluation->top);
    if (evaluation->top < evaluation->class_count)
        text_format(text, "%-17s %.4f (%u of %u)\n", top, evaluation->top_accuracy,
                    evaluation->top_correct, evaluation->count);
    text_format(text, "loss              %.4f\ncalibration error %.4f", evaluation->loss,
                evaluation->calibration_error);
    if (view->predictions->temperature != 1)
        text_format(text, " (temperature %.4g)", view->predictions->temperature);
    text_append(text, "\n");
}

static void append_calibration(const struct eval_view *view, struct text *text)
{
    const struct vktl_calibration *calibration = view->calibration;
    if (!calibration)
        return;
    text_format(text,
                "\nTemperature       %.4f, kept with the model\n"
                "loss              %.4f -> %.4f\n"
                "calibration error %.4f -> %.4f\n",
                calibration->temperature, calibration->loss_before, calibration->loss_after,
                view->before->calibration_error, view->evaluation->calibration_error);
}

static void append_average(const char *name, const struct vktl_class_averages *averages,
                           struct text *text)
{
    text_format(text, "     %-*s%8s", NAME_WIDTH, name, "");
    append_share(text, averages->precision);
    append_share(text, averages->recall);
    append_share(text, averages->f1);
    text_append(text, "\n");
}

static void append_classes(const struct eval_view *view, struct text *text)
{
    text_format(text, "\n     %-*s%8s%10s%10s%10s\n", NAME_WIDTH, "class", "images", "precision",
                "recall", "F1");
    for (uint32_t i = 0; i < view->evaluation->class_count; i++) {
        const struct vktl_class_figures *figures = &view->evaluation->classes[i];
        text_format(text, "%4u ", i);
        append_cell(text, class_name(view, i));
        text_format(text, "%8u", figures->images);
        append_share(text, figures->precision);
        append_share(text, figures->recall);
        append_share(text, figures->f1);
        text_append(text, "\n");
    }
    append_average("mean of the classes", &view->evaluation->macro, text);
    append_average("weighted by images", &view->evaluation->weighted, text);
}

// Columns of a cell of the matrix, with the space before it.
static uint32_t cell_width(const struct vktl_evaluation *evaluation)
{
    uint32_t digits = 1;
    for (uint32_t rest = evaluation->count; rest >= 10; rest /= 10)
        digits++;
    return digits < 3 ? 4 : digits + 1;
}

// Rows are true classes, columns what they were taken for, by number. Left out where it is too
// wide.
static bool append_matrix(const struct eval_view *view, struct text *text)
{
    const struct vktl_evaluation *evaluation = view->evaluation;
    const uint32_t count = evaluation->class_count, width = cell_width(evaluation);
    if (count > WIDTH || 5 + NAME_WIDTH + count * width > WIDTH)
        return false;
    text_format(text, "\nConfusion matrix (row: true class; column: predicted)\n%*s",
                5 + NAME_WIDTH, "");
    for (uint32_t i = 0; i < count; i++)
        text_format(text, "%*u", (int)width, i);
    for (uint32_t i = 0; i < count; i++) {
        text_format(text, "\n%4u ", i);
        append_cell(text, class_name(view, i));
        for (uint32_t j = 0; j < count; j++)
            text_format(text, "%*u", (int)width, evaluation->confusion[i * count + j]);
    }
    text_append(text, "\n");
    return true;
}

static void append_taken_for(const struct eval_view *view, uint32_t truth, uint32_t predicted,
                             struct text *text)
{
    append_name(text, class_name(view, truth), NAME_WIDTH);
    text_append(text, truth == predicted ? " is " : " taken for ");
    append_name(text, class_name(view, predicted), NAME_WIDTH);
}

static void append_confused(const struct eval_view *view, bool has_matrix, struct text *text)
{
    const struct vktl_evaluation *evaluation = view->evaluation;
    const uint32_t most = has_matrix ? 5 : 20;
    if (!evaluation->confused_count)
        return;
    text_format(text, "\nMost confused%s\n",
                has_matrix ? "" : " (the whole confusion matrix is in --json)");
    for (uint32_t i = 0; i < evaluation->confused_count && i < most; i++) {
        const struct vktl_confused_pair *pair = &evaluation->confused[i];
        text_format(text, "%6u  ", pair->images);
        append_taken_for(view, pair->truth, pair->predicted, text);
        text_append(text, "\n");
    }
}

static void append_worst(const struct eval_view *view, struct text *text)
{
    const struct vktl_evaluation *evaluation = view->evaluation;
    const struct vktl_predictions *predictions = view->predictions;
    if (view->worst && evaluation->count)
        text_append(text, "\nWorst predicted (highest loss)\n");
    for (uint32_t i = 0; i < view->worst && i < evaluation->count; i++) {
        const uint32_t image = evaluation->worst[i];
        const uint32_t truth = vktl_dataset_class(view->dataset, image);
        const uint32_t guess = vktl_predictions_class(predictions, image);
        const float *probabilities =
            predictions->probabilities + (size_t)image * predictions->class_count;
        text_format(text, "%8.4f  %s\n          ", (double)predictions->losses[image],
                    vktl_dataset_path(view->dataset, image));
        append_taken_for(view, truth, guess, text);
        text_format(text, ", %.1f%%", 100.0 * (double)probabilities[guess]);
        if (guess != truth)
            text_format(text, " (true class %.1f%%)", 100.0 * (double)probabilities[truth]);
        text_append(text, "\n");
    }
}

static void append_reliability(const struct eval_view *view, struct text *text)
{
    const struct vktl_reliability_bin *bins = view->evaluation->bins;
    text_append(text, "\nConfidence      images      mean  accuracy\n");
    for (uint32_t i = 0; i < VKTL_RELIABILITY_BINS; i++) {
        if (!bins[i].images)
            continue;
        text_format(text, "%.3f to %.3f%8u", (double)i / VKTL_RELIABILITY_BINS,
                    (i + 1.0) / VKTL_RELIABILITY_BINS, bins[i].images);
        append_share(text, bins[i].confidence);
        append_share(text, bins[i].accuracy);
        text_append(text, "\n");
    }
}

vktl_status eval_write_text(struct console *console, const struct eval_view *view)
{
    vktl_status status;
    struct text text;
    text_init(&text);
    append_summary(view, &text);
    append_calibration(view, &text);
    append_classes(view, &text);
    append_confused(view, append_matrix(view, &text), &text);
    append_worst(view, &text);
    append_reliability(view, &text);
    TRY(text_status(&console->log, &text));
    TRY(console_write(console, text.data));
fail:
    text_deinit(&text);
    return status;
}
