// Responsible for `vktl eval`: its options, and the course of an evaluation. What it shows is
// eval_text.c's and eval_json.c's.
#include <stdlib.h>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/eval_show.h"

struct eval_options {
    struct common_options common;
    struct model_options model;
    uint32_t top, worst;
    bool calibrate;
    const char *out;
};

#define AT(member) .offset = offsetof(struct eval_options, member)

// clang-format off
static const struct option options[] = {
    {.name = "top", .type = OPTION_U32, .argument = "K", AT(top), .value = "5", .min = 1,
     .max = 100000, .unit = "classes",
     .help = "also how often the true class is among the K most probable"},
    {.name = "worst", .type = OPTION_U32, .argument = "N", AT(worst), .value = "5", .max = 100000,
     .unit = "images",
     .help = "list the N images with the highest loss"},
    {.name = "calibrate", .type = OPTION_FLAG, AT(calibrate),
     .help = "fit one temperature to these images (validation images, not those of the training), "
             "so that a probability says how often the prediction is right, and keep it with the "
             "model; the accuracy stays as it is"},
    {.name = "out", .type = OPTION_TEXT, .argument = "DIR", AT(out),
     .help = "also draw confusion.png, reliability.png and worst.png there"},
    ROW_NO_CALIBRATION(struct eval_options, model),
    ROWS_MODEL(struct eval_options, model),
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

static const char examples[] = "  vktl eval runs/people photos/val\n"
                               "  vktl eval runs/people photos/val --calibrate\n"
                               "  vktl eval runs/people photos/test --json > figures.json\n";

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

// What an evaluation is made with and what comes of it.
struct evaluating {
    struct vktl_model *model;
    struct vktl_dataset *dataset;
    struct vktl_device *device;
    struct vktl_predictions predictions;
    struct vktl_evaluation evaluation;
    struct vktl_evaluation before; // at temperature 1, where the other is at another
    bool has_before;
    struct vktl_calibration calibration;
};

static void evaluating_deinit(struct evaluating *all)
{
    vktl_evaluation_free(&all->evaluation);
    vktl_evaluation_free(&all->before);
    vktl_predictions_free(&all->predictions);
    vktl_device_close(&all->device);
    vktl_dataset_destroy(&all->dataset);
    vktl_model_destroy(&all->model);
}

static vktl_status check(const struct vktl_log *log, const struct eval_options *chosen)
{
    if (chosen->calibrate && chosen->model.no_calibration)
        return log_fail(log, VKTL_USAGE, "--calibrate and --no-calibration exclude each other");
    if (chosen->calibrate && chosen->model.weights)
        return log_fail(log, VKTL_USAGE,
                        "--calibrate keeps the temperature with the model: name a run folder or a "
                        "vktl model, without --weights");
    return VKTL_OK;
}

// Fits the temperature and keeps it with the model.
static vktl_status calibrate(const struct vktl_log *log, const char *model, struct evaluating *all)
{
    vktl_status status;
    TRY(vktl_calibrate(log, all->dataset, &all->predictions, &all->calibration));
    TRY(vktl_model_store_temperature(log, model, all->calibration.temperature));
    vktl_model_set_temperature(all->model, all->calibration.temperature);
    if (all->calibration.note)
        log_warning(log, "%s", all->calibration.note);
fail:
    return status;
}

// The figures at the model's temperature, and where that is not 1 those at 1 before.
static vktl_status evaluate(const struct vktl_log *log, const struct eval_options *chosen,
                            struct evaluating *all)
{
    vktl_status status;
    const double temperature = vktl_model_temperature(all->model);
    all->has_before = temperature != 1 || chosen->calibrate;
    if (all->has_before) {
        vktl_predictions_set_temperature(all->dataset, 1, &all->predictions);
        TRY(vktl_evaluate(log, all->dataset, &all->predictions, chosen->top, &all->before));
        vktl_predictions_set_temperature(all->dataset, temperature, &all->predictions);
    }
    TRY(vktl_evaluate(log, all->dataset, &all->predictions, chosen->top, &all->evaluation));
fail:
    return status;
}

static vktl_status show(struct console *console, const struct eval_options *chosen,
                        const char *const *positionals, const struct evaluating *all)
{
    const struct eval_view view = {
        .model_name = positionals[0],
        .folder = positionals[1],
        .model = all->model,
        .dataset = all->dataset,
        .predictions = &all->predictions,
        .evaluation = &all->evaluation,
        .worst = chosen->worst,
        .calibration = chosen->calibrate ? &all->calibration : NULL,
        .before = all->has_before ? &all->before : NULL,
    };
    vktl_status status = VKTL_OK;
    if (chosen->out)
        status = eval_write_pictures(console, &view, chosen->out);
    if (status != VKTL_OK)
        return status;
    return chosen->common.json ? eval_write_json(console, &view) : eval_write_text(console, &view);
}

static vktl_status run(struct console *console, const void *values, const char *const *positionals,
                       uint32_t count)
{
    vktl_status status;
    const struct eval_options *chosen = values;
    struct evaluating all = {0};
    struct count_progress progress = {console, "Evaluating", clock_seconds()};
    const struct vktl_infer_params params = {.progress = count_progress_draw,
                                             .should_stop = count_progress_should_stop,
                                             .user = &progress};
    const struct vktl_log *log = &console->log;
    (void)count;

    TRY(check(log, chosen));
    TRY(open_model(console, positionals[0], &chosen->model, &all.model));
    TRY(open_folder(console, positionals[1], all.model, &all.dataset));
    TRY(open_device(console, &chosen->common, DEVICE_INFERS, &all.device));
    TRY(vktl_predict(log, all.device, all.model, all.dataset, &params, &all.predictions));
    if (chosen->calibrate)
        TRY(calibrate(log, positionals[0], &all));
    TRY(evaluate(log, chosen, &all));
    TRY(show(console, chosen, positionals, &all));
fail:
    evaluating_deinit(&all);
    return status;
}

const struct command command_eval = {
    .name = "eval",
    .job = "how good a model is on a labelled folder, and how sure it may be",
    .positionals = "MODEL DIR",
    .positional_min = 2,
    .positional_max = 2,
    .options = options,
    .values_size = sizeof(struct eval_options),
    .examples = examples,
    .run = run,
};
