// Responsible for `vktl eval`: its options, and the figures of an evaluation as text and JSON.
#include <vktl/infer.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/json.h"

struct eval_options {
    struct common_options common;
    struct model_options model;
};

// clang-format off
static const struct option options[] = {
    ROWS_MODEL(struct eval_options, model), ROW_DEVICE, ROW_JSON, ROW_QUIET, ROW_HELP, {NULL},
};
// clang-format on

static const char examples[] = "  vktl eval runs/people photos/val\n"
                               "  vktl eval runs/people photos/val --json > figures.json\n";

// ---- Figures of one class

struct class_figures {
    uint32_t images, predicted, correct;
    double precision, recall, f1; // NaN where nothing is divided by
};

static double ratio(double part, double whole)
{
    return whole > 0 ? part / whole : NAN;
}

static uint32_t confused(const struct vktl_evaluation *evaluation, uint32_t is, uint32_t taken_for)
{
    return evaluation->confusion[(size_t)is * evaluation->class_count + taken_for];
}

static struct class_figures figures_of(const struct vktl_evaluation *evaluation, uint32_t index)
{
    struct class_figures figures = {.correct = confused(evaluation, index, index)};
    for (uint32_t i = 0; i < evaluation->class_count; i++) {
        figures.images += confused(evaluation, index, i);
        figures.predicted += confused(evaluation, i, index);
    }
    figures.precision = ratio(figures.correct, figures.predicted);
    figures.recall = ratio(figures.correct, figures.images);
    figures.f1 = ratio(2.0 * figures.correct, (double)figures.images + figures.predicted);
    return figures;
}

// ---- Text

struct view {
    const char *model_name, *folder;
    const struct vktl_model *model;
    const struct vktl_predictions *predictions;
    const struct vktl_evaluation *evaluation;
};

enum { NAME_WIDTH = 24, MATRIX_CLASSES = 12 };

static void append_share(struct text *text, double share)
{
    if (isnan(share))
        text_format(text, "%10s", "-");
    else
        text_format(text, "%10.4f", share);
}

static void append_classes(const struct view *view, struct text *text)
{
    text_format(text, "\n     %-*s%8s%10s%10s%10s\n", NAME_WIDTH, "class", "images", "precision",
                "recall", "F1");
    for (uint32_t i = 0; i < view->evaluation->class_count; i++) {
        const struct class_figures figures = figures_of(view->evaluation, i);
        text_format(text, "%4u %-*s%8u", i, NAME_WIDTH, vktl_model_class_name(view->model, i),
                    figures.images);
        append_share(text, figures.precision);
        append_share(text, figures.recall);
        append_share(text, figures.f1);
        text_append(text, "\n");
    }
}

// Rows are true classes, columns what they were taken for, by number.
static void append_matrix(const struct view *view, struct text *text)
{
    const uint32_t count = view->evaluation->class_count;
    text_format(text, "\nConfusion matrix (row: true class; column: predicted)\n%*s",
                5 + NAME_WIDTH, "");
    for (uint32_t i = 0; i < count; i++)
        text_format(text, "%4u", i);
    for (uint32_t i = 0; i < count; i++) {
        text_format(text, "\n%4u %-*.*s", i, NAME_WIDTH, NAME_WIDTH,
                    vktl_model_class_name(view->model, i));
        for (uint32_t j = 0; j < count; j++)
            text_format(text, "%4u", confused(view->evaluation, i, j));
    }
    text_append(text, "\n");
}

struct confusion {
    uint32_t is, taken_for, images;
};

// Whether `a` belongs before `b`: more images first, then in the matrix's order.
static int compare(const void *a, const void *b)
{
    const struct confusion *left = a, *right = b;
    if (left->images != right->images)
        return left->images > right->images ? -1 : 1;
    if (left->is != right->is)
        return left->is < right->is ? -1 : 1;
    return left->taken_for < right->taken_for ? -1 : 1;
}

// For more classes than fit side by side: the commonest confusions, one a line.
static void append_commonest(const struct view *view, struct text *text)
{
    enum { SHOWN = 20 };
    const uint32_t count = view->evaluation->class_count;
    uint32_t found = 0;
    // Two of the same image are never counted: there are at most as many as images.
    struct confusion *list = calloc((size_t)view->evaluation->count + 1, sizeof *list);
    if (!list) {
        text->failed = true;
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < count; j++)
            if (i != j && confused(view->evaluation, i, j))
                list[found++] = (struct confusion){i, j, confused(view->evaluation, i, j)};
    qsort(list, found, sizeof *list, compare);
    text_append(text, "\nCommonest confusions (the whole matrix is in --json)\n");
    for (uint32_t i = 0; i < found && i < SHOWN; i++)
        text_format(text, "%6u  %s taken for %s\n", list[i].images,
                    vktl_model_class_name(view->model, list[i].is),
                    vktl_model_class_name(view->model, list[i].taken_for));
    free(list);
}

static vktl_status write_text(struct console *console, const struct view *view)
{
    vktl_status status;
    struct text text;
    const struct vktl_evaluation *evaluation = view->evaluation;
    text_init(&text);
    text_format(&text, "%s: %u images of %u classes", view->folder, evaluation->count,
                evaluation->class_count);
    if (view->predictions->unreadable)
        text_format(&text, ", %u more cannot be read", view->predictions->unreadable);
    text_format(&text, "\naccuracy %.4f (%u of %u)\nloss     %.4f\n", evaluation->accuracy,
                evaluation->correct, evaluation->count, evaluation->loss);
    append_classes(view, &text);
    if (evaluation->class_count <= MATRIX_CLASSES)
        append_matrix(view, &text);
    else
        append_commonest(view, &text);
    TRY(text_status(&console->log, &text));
    TRY(console_write(console, text.data));
fail:
    text_deinit(&text);
    return status;
}

// ---- JSON

static void add_class(const struct view *view, uint32_t index, struct json *json, cJSON *list)
{
    const struct class_figures figures = figures_of(view->evaluation, index);
    cJSON *item = json_add_object(json, list, NULL);
    json_add_text(json, item, "class", vktl_model_class_name(view->model, index));
    json_add_number(json, item, "index", index);
    json_add_number(json, item, "images", figures.images);
    json_add_number(json, item, "correct", figures.correct);
    json_add_number(json, item, "precision", figures.precision);
    json_add_number(json, item, "recall", figures.recall);
    json_add_number(json, item, "f1", figures.f1);
}

static vktl_status write_json(struct console *console, const struct view *view)
{
    struct json json;
    const struct vktl_evaluation *evaluation = view->evaluation;
    json_init_object(&json);
    json_add_text(&json, json.root, "model", view->model_name);
    json_add_text(&json, json.root, "folder", view->folder);
    json_add_number(&json, json.root, "images", evaluation->count);
    json_add_number(&json, json.root, "unreadable", view->predictions->unreadable);
    json_add_number(&json, json.root, "correct", evaluation->correct);
    json_add_number(&json, json.root, "accuracy", evaluation->accuracy);
    json_add_number(&json, json.root, "loss", evaluation->loss);
    json_add_number(&json, json.root, "seconds", view->predictions->seconds);
    cJSON *classes = json_add_array(&json, json.root, "classes");
    for (uint32_t i = 0; i < evaluation->class_count; i++)
        add_class(view, i, &json, classes);
    cJSON *confusion = json_add_array(&json, json.root, "confusion");
    for (uint32_t i = 0; i < evaluation->class_count; i++) {
        cJSON *row = json_add_array(&json, confusion, NULL);
        for (uint32_t j = 0; j < evaluation->class_count; j++)
            json_add_number(&json, row, NULL, confused(evaluation, i, j));
    }
    const vktl_status status = json_write(console, &json);
    json_deinit(&json);
    return status;
}

// ---- The command

// The folder's images under the model's classes.
static vktl_status open_folder(struct console *console, const char *folder,
                               const struct vktl_model *model, struct vktl_dataset **dataset)
{
    vktl_status status;
    const uint32_t count = vktl_model_class_count(model);
    const char **names = calloc((size_t)count + 1, sizeof *names);
    TRY_ALLOC(&console->log, names);
    if (!count)
        FAIL(&console->log, VKTL_USAGE, "%s has no classes, so it predicts none: it has no top",
             vktl_model_name(model));
    for (uint32_t i = 0; i < count; i++)
        names[i] = vktl_model_class_name(model, i);
    TRY(vktl_dataset_open(&console->log, folder, names, count, dataset));
fail:
    free(names);
    return status;
}

static vktl_status run(struct console *console, const void *values, const char *const *positionals,
                       uint32_t count)
{
    vktl_status status;
    const struct eval_options *chosen = values;
    struct vktl_model *model = NULL;
    struct vktl_dataset *dataset = NULL;
    struct vktl_device *device = NULL;
    struct vktl_predictions predictions = {0};
    struct vktl_evaluation evaluation = {0};
    struct count_progress progress = {console, "Evaluating", clock_seconds()};
    const struct vktl_infer_params params = {.progress = count_progress_draw,
                                             .should_stop = count_progress_should_stop,
                                             .user = &progress};
    (void)count;

    TRY(open_model(console, positionals[0], &chosen->model, &model));
    TRY(open_folder(console, positionals[1], model, &dataset));
    TRY(open_device(console, &chosen->common, &device));
    TRY(vktl_predict(&console->log, device, model, dataset, &params, &predictions));
    TRY(vktl_evaluate(&console->log, dataset, &predictions, &evaluation));
    const struct view view = {positionals[0], positionals[1], model, &predictions, &evaluation};
    TRY(chosen->common.json ? write_json(console, &view) : write_text(console, &view));
fail:
    vktl_evaluation_free(&evaluation);
    vktl_predictions_free(&predictions);
    vktl_device_close(&device);
    vktl_dataset_destroy(&dataset);
    vktl_model_destroy(&model);
    return status;
}

const struct command command_eval = {
    .name = "eval",
    .job = "accuracy, loss and confusion matrix on a labelled folder",
    .positionals = "MODEL DIR",
    .positional_min = 2,
    .positional_max = 2,
    .options = options,
    .values_size = sizeof(struct eval_options),
    .examples = examples,
    .run = run,
};
