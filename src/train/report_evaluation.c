// Responsible for what a report tells of predictions: figures of the classes, confusion,
// reliability, and photos with what the model makes of them.
#include "train/report_parts.h"

#include <math.h>
#include <stdlib.h>

#include "base/files.h"

enum { ROWS_MAX = 1000, MATRIX_MAX = 12, PAIRS_MAX = 20 };

static const char *share(struct report *report, double value)
{
    return isnan(value) ? "-" : report_format(report, "%.1f %%", 100 * value);
}

// ---- Pictures ----------------------------------------------------------------------------------

// SVG, unless that is much larger than the same as PNG.
static vktl_status encode(const struct vktl_log *log, struct vktl_picture *pictures[2],
                          struct page_picture *encoded)
{
    enum { SVG_MAX_SIZE = 400000 };
    vktl_status status;
    unsigned char *light = NULL, *dark = NULL;
    enum vktl_picture_format format = VKTL_SVG;
    TRY(vktl_picture_bytes(log, pictures[0], format, &light, &encoded->light_size));
    if (encoded->light_size > SVG_MAX_SIZE) {
        format = VKTL_PNG_2X;
        free(light);
        light = NULL;
        TRY(vktl_picture_bytes(log, pictures[0], format, &light, &encoded->light_size));
    }
    TRY(vktl_picture_bytes(log, pictures[1], format, &dark, &encoded->dark_size));
    encoded->type = format == VKTL_SVG ? "image/svg+xml" : "image/png";
    encoded->width = vktl_picture_width(pictures[0]);
    encoded->height = vktl_picture_height(pictures[0]);
    encoded->light = light;
    encoded->dark = dark;
    return VKTL_OK;
fail:
    free(light);
    free(dark);
    return status;
}

vktl_status report_add_figure(struct report *report, struct vktl_picture *pictures[2],
                              const char *alt, const char *caption)
{
    struct page_picture encoded = {.alt = alt};
    const vktl_status status = encode(report->log, pictures, &encoded);
    if (status == VKTL_OK)
        page_figure(&report->page, &encoded, caption);
    free((void *)encoded.light);
    free((void *)encoded.dark);
    vktl_picture_destroy(&pictures[0]);
    vktl_picture_destroy(&pictures[1]);
    return status;
}

// ---- Confusion ---------------------------------------------------------------------------------

static void add_matrix(struct report *report)
{
    enum { COLUMNS = MATRIX_MAX + 1 };
    const struct vktl_evaluation *evaluation = &report->evaluation;
    const uint32_t count = evaluation->class_count, columns = count + 1;
    const char *headings[COLUMNS], *cells[COLUMNS * MATRIX_MAX];
    double shares[COLUMNS * MATRIX_MAX] = {0};
    headings[0] = "True class";
    for (uint32_t i = 0; i < count; i++) {
        headings[i + 1] = report_class(report, i);
        cells[i * columns] = report_class(report, i);
        for (uint32_t j = 0; j < count; j++) {
            const uint32_t images = evaluation->confusion[i * count + j];
            cells[i * columns + j + 1] = report_format(report, "%u", images);
            if (images)
                shares[i * columns + j + 1] = (double)images / evaluation->classes[i].images;
        }
    }
    const struct page_table table = {
        .caption = "Images by true class (rows) and predicted class (columns)",
        .look = PAGE_MATRIX,
        .columns = columns,
        .rows = count,
        .headings = headings,
        .cells = cells,
        .shares = shares};
    page_table(&report->page, &table);
}

static vktl_status add_matrix_picture(struct report *report)
{
    vktl_status status = VKTL_OK;
    struct vktl_picture *pictures[2] = {NULL, NULL};
    for (int theme = 0; theme < 2; theme++)
        TRY(vktl_evaluation_draw_confusion(report->log, report->model, &report->evaluation,
                                           (enum vktl_theme)theme, &pictures[theme]));
    return report_add_figure(report, pictures,
                             "Images by true and predicted class; the tables below tell the "
                             "commonest confusions and the figures of each class",
                             "Images by true class (rows) and predicted class (columns)");
fail:
    vktl_picture_destroy(&pictures[0]);
    return status;
}

static void add_confused(struct report *report)
{
    enum { COLUMNS = 3 };
    static const char *const headings[COLUMNS] = {"True class", "Taken for", "Images"};
    const struct vktl_evaluation *evaluation = &report->evaluation;
    const char *cells[COLUMNS * PAIRS_MAX];
    uint32_t rows = 0;
    for (; rows < evaluation->confused_count && rows < PAIRS_MAX; rows++) {
        const struct vktl_confused_pair *pair = &evaluation->confused[rows];
        cells[COLUMNS * rows] = report_class(report, pair->truth);
        cells[COLUMNS * rows + 1] = report_class(report, pair->predicted);
        cells[COLUMNS * rows + 2] = report_format(report, "%u", pair->images);
    }
    if (!rows) {
        page_paragraph(&report->page, "No image was taken for another class.");
        return;
    }
    const struct page_table table = {.caption = "Most confused classes",
                                     .columns = COLUMNS,
                                     .rows = rows,
                                     .headings = headings,
                                     .cells = cells,
                                     .text_columns = 1};
    page_table(&report->page, &table);
}

// ---- Classes -----------------------------------------------------------------------------------

static void set_row(struct report *report, const char **row, const char *name, const char *images,
                    double precision, double recall, double f1)
{
    row[0] = name;
    row[1] = images;
    row[2] = share(report, precision);
    row[3] = share(report, recall);
    row[4] = share(report, f1);
}

static void add_classes(struct report *report)
{
    enum { COLUMNS = 5 };
    static const char *const headings[COLUMNS] = {"Class", "Images", "Precision", "Recall", "F1"};
    const struct vktl_evaluation *evaluation = &report->evaluation;
    const uint32_t count = evaluation->class_count < ROWS_MAX ? evaluation->class_count : ROWS_MAX;
    const char **cells = report_array(report, COLUMNS * ((size_t)count + 2), sizeof *cells);
    if (!cells)
        return;
    for (uint32_t i = 0; i < count; i++) {
        const struct vktl_class_figures *figures = &evaluation->classes[i];
        set_row(report, cells + (size_t)COLUMNS * i, report_class(report, i),
                report_format(report, "%u", figures->images), figures->precision, figures->recall,
                figures->f1);
    }
    const char *all = report_format(report, "%u", evaluation->count);
    set_row(report, cells + (size_t)COLUMNS * count, "Mean of the classes", all,
            evaluation->macro.precision, evaluation->macro.recall, evaluation->macro.f1);
    set_row(report, cells + COLUMNS * ((size_t)count + 1), "Mean weighted by images", all,
            evaluation->weighted.precision, evaluation->weighted.recall, evaluation->weighted.f1);
    const struct page_table table = {.caption = count < evaluation->class_count
                                                    ? "The first classes; vktl eval --json has all"
                                                    : "Figures of each class",
                                     .columns = COLUMNS,
                                     .rows = count + 2,
                                     .headings = headings,
                                     .cells = cells};
    page_heading(&report->page, "Each class");
    page_paragraph(&report->page,
                   "Precision: how many of the images taken for the class are of it. Recall: how "
                   "many of its images are found. F1: their harmonic mean.");
    page_table(&report->page, &table);
}

// ---- Reliability -------------------------------------------------------------------------------

static vktl_status add_reliability_picture(struct report *report)
{
    vktl_status status = VKTL_OK;
    const double temperature = report->predictions.temperature;
    struct vktl_evaluation before = {0};
    struct vktl_picture *pictures[2] = {NULL, NULL};
    if (temperature != 1) {
        vktl_predictions_set_temperature(report->dataset, 1, &report->predictions);
        status = vktl_evaluate(report->log, report->dataset, &report->predictions, 0, &before);
        vktl_predictions_set_temperature(report->dataset, temperature, &report->predictions);
        TRY(status);
    }
    for (int theme = 0; theme < 2; theme++)
        TRY(vktl_evaluation_draw_reliability(report->log, temperature != 1 ? &before : NULL,
                                             &report->evaluation, temperature,
                                             (enum vktl_theme)theme, &pictures[theme]));
    status = report_add_figure(report, pictures,
                               "Accuracy against confidence in bins; the table below has the "
                               "numbers",
                               "How often predictions of a given confidence are right");
fail:
    vktl_evaluation_free(&before);
    vktl_picture_destroy(&pictures[0]);
    return status;
}

static void add_bins(struct report *report)
{
    enum { COLUMNS = 4 };
    static const char *const headings[COLUMNS] = {"Confidence", "Images", "Mean confidence",
                                                  "Accuracy"};
    const char *cells[COLUMNS * VKTL_RELIABILITY_BINS];
    uint32_t rows = 0;
    for (uint32_t i = 0; i < VKTL_RELIABILITY_BINS; i++) {
        const struct vktl_reliability_bin *bin = &report->evaluation.bins[i];
        if (!bin->images)
            continue;
        cells[COLUMNS * rows] = report_format(report, "%.1f\u00a0to\u00a0%.1f\u00a0%%",
                                              100.0 * i / VKTL_RELIABILITY_BINS,
                                              100.0 * (i + 1) / VKTL_RELIABILITY_BINS);
        cells[COLUMNS * rows + 1] = report_format(report, "%u", bin->images);
        cells[COLUMNS * rows + 2] = share(report, bin->confidence);
        cells[COLUMNS * rows + 3] = share(report, bin->accuracy);
        rows++;
    }
    const struct page_table table = {.caption = "Confidence and accuracy, bins with images",
                                     .columns = COLUMNS,
                                     .rows = rows,
                                     .headings = headings,
                                     .cells = cells};
    page_table(&report->page, &table);
}

static vktl_status add_reliability(struct report *report)
{
    vktl_status status = VKTL_OK;
    const double error = report->evaluation.calibration_error;
    page_heading(&report->page, "How far probabilities can be trusted");
    const char *next = "."; // nothing can be fitted to images that are all right
    if (report->predictions.temperature != 1)
        next = report_format(report, ", at temperature %.3g.", report->predictions.temperature);
    else if (report->evaluation.correct < report->evaluation.count)
        next = ". vktl eval --calibrate can lessen that.";
    page_paragraph(&report->page,
                   report_format(report,
                                 "The confidence is on average %.1f points away from the "
                                 "accuracy (expected calibration error, 15 bins)%s",
                                 100 * error, next));
    if (report->has_pictures)
        TRY(add_reliability_picture(report));
    add_bins(report);
fail:
    return status;
}

vktl_status report_add_evaluation(struct report *report)
{
    vktl_status status = VKTL_OK;
    page_section(&report->page, "evaluation", "How good it is");
    page_paragraph(&report->page, report_format(report, "Judged by %u %s.",
                                                report->evaluation.count, report->judged_by));
    if (report->predictions.unreadable)
        page_note(&report->page, report_format(report, "%u more could not be read.",
                                               report->predictions.unreadable));
    page_heading(&report->page, "Confusion matrix");
    if (report->evaluation.class_count <= MATRIX_MAX)
        add_matrix(report);
    else if (report->has_pictures)
        TRY(add_matrix_picture(report));
    add_confused(report);
    add_classes(report);
    TRY(add_reliability(report));
fail:
    return status;
}
