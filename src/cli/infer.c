// Responsible for `vktl infer`: its options, and predictions as text, JSON and NumPy.
#include <vktl/infer.h>
#include <vktl/picture.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/infer_chart.h"
#include "cli/json.h"
#include "cli/ranking.h"

struct infer_options {
    struct common_options common;
    struct model_options model;
    uint32_t top;
    const char *chart, *npy;
};

// clang-format off
static const struct option options[] = {
    {.name = "top", .type = OPTION_U32, .argument = "K",
     .offset = offsetof(struct infer_options, top), .value = "5", .min = 1, .max = 100000,
     .unit = "classes",
     .help = "the K classes of highest probability, or all where there are fewer"},
    {.name = "chart", .type = OPTION_TEXT, .argument = "FILE.png|svg",
     .offset = offsetof(struct infer_options, chart),
     .help = "also draw each photo beside the bars of its --top classes (at most 20); up to 16 "
             "images in FILE, more in FILE-1.png, FILE-2.png and so on, 16 in each; FILE@2x.png "
             "has twice the pixels"},
    {.name = "npy", .type = OPTION_TEXT, .argument = "FILE",
     .offset = offsetof(struct infer_options, npy),
     .help = "also write all probabilities, float32 (images, classes), in the order of the paths; "
             "a row of NaN for an image that cannot be read"},
    ROWS_MODEL(struct infer_options, model),
    ROW_NO_CALIBRATION(struct infer_options, model),
    ROW_DEVICE,
    ROW_NO_SMOKE,
    ROW_NO_TUNE,
    ROW_STRICT,
    ROW_MEMORY_LIMIT,
    ROW_JSON,
    ROW_QUIET,
    ROW_HELP,
    {NULL},
};
// clang-format on

static const char examples[] =
    "  vktl infer runs/people photo.jpg\n"
    "  vktl infer runs/people photos/new --top 1\n"
    "  vktl infer runs/people photo.jpg --chart photo.svg\n"
    "  vktl infer mobilenet cat.jpg --weights mobilenet_1_0_224_tf.h5 --json\n";

// ---- What is shown

struct view {
    const struct vktl_model *model;
    const struct vktl_dataset *dataset;
    const struct vktl_predictions *predictions;
    struct ranked *ranking; // of the classes, filled anew for each image
    uint32_t top;           // classes shown, at most all
};

static const float *probabilities_of(const struct view *view, uint32_t image)
{
    return view->predictions->probabilities + (size_t)image * view->predictions->class_count;
}

// A bar of `width` columns: eighths of blocks where the terminal knows them, else '#'.
static void append_bar(struct text *text, double share, uint32_t width, bool has_blocks)
{
    static const char *const eighths[] = {"",       "\u258f", "\u258e", "\u258d",
                                          "\u258c", "\u258b", "\u258a", "\u2589"};
    const uint32_t parts = has_blocks ? 8 : 1;
    const uint32_t length = (uint32_t)lround(fmin(fmax(share, 0), 1) * width * parts);
    for (uint32_t i = 0; i < length / parts; i++)
        text_append(text, has_blocks ? "\u2588" : "#");
    text_append(text, has_blocks ? eighths[length % parts] : "");
}

static uint32_t name_width(const struct view *view)
{
    enum { MAX_WIDTH = 30 };
    size_t width = 0;
    for (uint32_t i = 0; i < view->predictions->class_count; i++) {
        const size_t length = strlen(vktl_model_class_name(view->model, i));
        if (length > width)
            width = length;
    }
    return (uint32_t)(width < MAX_WIDTH ? width : MAX_WIDTH);
}

// A line with the image's class; below it, where more than one is asked for, a bar a class.
static void append_image(const struct view *view, uint32_t image, struct text *text)
{
    enum { MAX_BAR = 40 };
    const uint32_t names = name_width(view), width = terminal_width();
    const uint32_t taken = names + 14; // "  name   12.3%  "
    const uint32_t bar = width > taken + MAX_BAR ? MAX_BAR : width > taken ? width - taken : 0;
    const bool has_blocks = console_has_utf8();
    rank_classes(probabilities_of(view, image), view->predictions->class_count, view->ranking);
    text_format(text, "%s: %s %.1f%%\n", vktl_dataset_path(view->dataset, image),
                vktl_model_class_name(view->model, view->ranking[0].index),
                100.0 * view->ranking[0].probability);
    for (uint32_t i = 0; view->top > 1 && i < view->top; i++) {
        const struct ranked *ranked = &view->ranking[i];
        text_format(text, "  %-*s %6.1f%%  ", (int)names,
                    vktl_model_class_name(view->model, ranked->index), 100.0 * ranked->probability);
        append_bar(text, ranked->probability, bar, has_blocks);
        text_append(text, "\n");
    }
}

static vktl_status write_text(struct console *console, const struct view *view)
{
    vktl_status status;
    struct text text;
    text_init(&text);
    text_append(&text, "");
    for (uint32_t i = 0; i < view->predictions->count; i++)
        if (view->predictions->statuses[i] == VKTL_OK)
            append_image(view, i, &text);
    TRY(text_status(&console->log, &text));
    TRY(console_write(console, text.data));
fail:
    text_deinit(&text);
    return status;
}

static void add_image(const struct view *view, uint32_t image, struct json *json)
{
    cJSON *item = json_add_object(json, json->root, NULL);
    json_add_text(json, item, "path", vktl_dataset_path(view->dataset, image));
    cJSON *list = json_add_array(json, item, "predictions");
    if (view->predictions->statuses[image] != VKTL_OK) {
        json_add_text(json, item, "error", "the image cannot be read");
        return;
    }
    rank_classes(probabilities_of(view, image), view->predictions->class_count, view->ranking);
    for (uint32_t i = 0; i < view->top; i++) {
        const struct ranked *ranked = &view->ranking[i];
        cJSON *prediction = json_add_object(json, list, NULL);
        json_add_text(json, prediction, "class", vktl_model_class_name(view->model, ranked->index));
        json_add_number(json, prediction, "index", ranked->index);
        json_add_float(json, prediction, "probability", ranked->probability);
    }
}

static vktl_status write_json(struct console *console, const struct view *view)
{
    struct json json;
    json_init_array(&json);
    for (uint32_t i = 0; i < view->predictions->count; i++)
        add_image(view, i, &json);
    const vktl_status status = json_write(console, &json);
    json_deinit(&json);
    return status;
}

static vktl_status show(struct console *console, const struct infer_options *chosen,
                        const struct vktl_model *model, const struct vktl_dataset *dataset,
                        const struct vktl_predictions *predictions)
{
    vktl_status status;
    const uint32_t class_count = predictions->class_count;
    struct view view = {model, dataset, predictions, NULL,
                        chosen->top < class_count ? chosen->top : class_count};
    view.ranking = calloc(class_count, sizeof *view.ranking);
    TRY_ALLOC(&console->log, view.ranking);
    if (chosen->npy) {
        const uint32_t shape[] = {predictions->count, class_count};
        TRY(vktl_write_npy(&console->log, chosen->npy, predictions->probabilities, shape, 2));
        console_say(console, "Wrote %s, float32 (%u, %u)", chosen->npy, shape[0], shape[1]);
    }
    TRY(chosen->common.json ? write_json(console, &view) : write_text(console, &view));
    if (chosen->chart && predictions->unreadable < predictions->count)
        TRY(infer_chart_write(console, chosen->chart, model, dataset, predictions, view.top));
    if (predictions->unreadable)
        FAIL(&console->log, VKTL_INPUT, "%u of %u images could not be read; the warnings name them",
             predictions->unreadable, predictions->count);
fail:
    free(view.ranking);
    return status;
}

static vktl_status run(struct console *console, const void *values, const char *const *positionals,
                       uint32_t count)
{
    vktl_status status;
    const struct infer_options *chosen = values;
    struct vktl_model *model = NULL;
    struct vktl_dataset *dataset = NULL;
    struct vktl_device *device = NULL;
    struct vktl_predictions predictions = {0};
    struct count_progress progress = {console, "Predicting", clock_seconds()};
    const struct vktl_infer_params params = {.progress = count_progress_draw,
                                             .should_stop = count_progress_should_stop,
                                             .user = &progress};

    if (chosen->chart)
        TRY(check_picture_name(console, chosen->chart));
    TRY(open_model(console, positionals[0], &chosen->model, &model));
    TRY(vktl_dataset_from_paths(&console->log, positionals + 1, count - 1, &dataset));
    TRY(open_device(console, &chosen->common, DEVICE_INFERS, &device));
    TRY(vktl_predict(&console->log, device, model, dataset, &params, &predictions));
    TRY(show(console, chosen, model, dataset, &predictions));
fail:
    vktl_predictions_free(&predictions);
    vktl_device_close(&device);
    vktl_dataset_destroy(&dataset);
    vktl_model_destroy(&model);
    return status;
}

const struct command command_infer = {
    .name = "infer",
    .job = "predict images: top classes with bars",
    .positionals = "MODEL PATH...",
    .positional_min = 2,
    .positional_max = UINT32_MAX,
    .options = options,
    .values_size = sizeof(struct infer_options),
    .examples = examples,
    .run = run,
};
