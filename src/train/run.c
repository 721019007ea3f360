// Responsible for the files of a run folder and for the weights that go into them. What to train
// and when is the trainer's.
#include "train/run.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/files.h"
#include "train/config.h"

static const double write_interval_seconds = 10;

static const char *const run_files[] = {"config.json", "last.safetensors", "best.safetensors",
                                        "history.csv"};

// ---- Making ------------------------------------------------------------------------------------

vktl_status run_check_folder(const struct vktl_log *log, const struct vktl_train_params *params)
{
    for (size_t i = 0; !params->overwrite && i < sizeof run_files / sizeof *run_files; i++) {
        char *path = path_join(params->run_folder, run_files[i]);
        const bool exists = path && file_exists(path);
        free(path);
        if (exists)
            return log_fail(log, VKTL_USAGE,
                            "%s holds a run already (%s); choose another --run, or replace it with "
                            "--overwrite",
                            params->run_folder, run_files[i]);
    }
    return VKTL_OK;
}

static vktl_status write_text(const struct run *run, const char *name, const struct text *text)
{
    char *path = path_join(run->params->run_folder, name);
    vktl_status status = text_status(run->log, text);
    if (status == VKTL_OK)
        status = path ? file_write_all(run->log, path, text->data, text->length)
                      : log_fail(run->log, VKTL_NO_MEMORY, "out of host memory");
    free(path);
    return status;
}

static vktl_status write_settings(const struct run *run, struct vktl_device *device)
{
    vktl_status status = VKTL_OK;
    struct text config, classes;
    char *json = NULL;
    text_init(&config);
    text_init(&classes);
    config_json(&config, run->params, vktl_device_info(device), run->model);
    classes_json(&classes, run->model);
    TRY(write_text(run, "config.json", &config));
    TRY(write_text(run, "classes.json", &classes));
    TRY(vktl_model_json(run->log, run->model, &json));
    TRY(write_text(run, "model.json", &(struct text){.data = json, .length = strlen(json)}));
fail:
    text_deinit(&config);
    text_deinit(&classes);
    free(json);
    return status;
}

// What an older run left is gone before the new one starts: no file of one beside files of another.
static vktl_status remove_old(const struct run *run)
{
    static const char *const all[] = {"best.safetensors", "last.safetensors", "history.csv",
                                      "steps.csv"};
    vktl_status status = VKTL_OK;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char *path = path_join(run->params->run_folder, all[i]);
        TRY_ALLOC(run->log, path);
        if (file_exists(path) && remove(path) != 0)
            status = log_fail(run->log, VKTL_IO, "%s cannot be removed", path);
        free(path);
        TRY(status);
    }
fail:
    return status;
}

static vktl_status allocate_tensors(struct run *run)
{
    vktl_status status = VKTL_OK;
    run->tensor_count = plan_trained_count(run->plan);
    run->state = calloc(run->tensor_count ? run->tensor_count : 1, sizeof *run->state);
    run->best = calloc(run->tensor_count ? run->tensor_count : 1, sizeof *run->best);
    TRY_ALLOC(run->log, run->state);
    TRY_ALLOC(run->log, run->best);
    for (uint32_t i = 0; i < run->tensor_count; i++) {
        const struct plan_trained tensor = plan_trained(run->plan, i);
        const struct op_io *io = &run->model->layers[tensor.layer].io;
        run->best[i] = malloc(shape_size(&io->weight[tensor.weight].shape));
        TRY_ALLOC(run->log, run->best[i]);
        if (tensor.state_size == 0)
            continue;
        run->state[i] = calloc(1, tensor.state_size);
        TRY_ALLOC(run->log, run->state[i]);
    }
fail:
    return status;
}

vktl_status run_init(const struct vktl_log *log, const struct vktl_train_params *params,
                     struct vktl_device *device, struct vktl_model *model, struct plan *plan,
                     struct run *run)
{
    vktl_status status = VKTL_OK;
    run->log = log;
    run->params = params;
    run->model = model;
    run->plan = plan;
    run->best_value = -INFINITY;
    run->best_loss = INFINITY;
    run->written_at = clock_seconds();
    text_init(&run->history);
    text_init(&run->steps);
    text_append(&run->history, "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds\n");
    text_append(&run->steps, "step,loss,accuracy,learning_rate\n");
    TRY(allocate_tensors(run));
    TRY(folder_create_all(log, params->run_folder));
    TRY(remove_old(run));
    TRY(write_settings(run, device));
fail:
    return status;
}

void run_deinit(struct run *run)
{
    for (uint32_t i = 0; i < run->tensor_count; i++) {
        if (run->state)
            free(run->state[i]);
        if (run->best)
            free(run->best[i]);
    }
    free(run->state);
    free(run->best);
    text_deinit(&run->history);
    text_deinit(&run->steps);
}

// ---- Weights -----------------------------------------------------------------------------------

static float **model_tensor(struct run *run, uint32_t index)
{
    const struct plan_trained tensor = plan_trained(run->plan, index);
    return &run->model->layers[tensor.layer].weight[tensor.weight];
}

static uint64_t tensor_size(const struct run *run, uint32_t index)
{
    const struct plan_trained tensor = plan_trained(run->plan, index);
    return shape_size(&run->model->layers[tensor.layer].io.weight[tensor.weight].shape);
}

vktl_status run_pull(struct run *run, uint32_t epoch, uint64_t step)
{
    vktl_status status = VKTL_OK;
    TRY(plan_read_weights(run->plan, run->model));
    for (uint32_t i = 0; i < run->tensor_count; i++)
        TRY(plan_read_state(run->plan, i, run->state[i]));
    run->epoch = epoch;
    run->step = step;
    run->last_is_new = true;
fail:
    return status;
}

bool run_judge(struct run *run, double value, double loss)
{
    const bool better =
        value > run->best_value || (value == run->best_value && loss < run->best_loss);
    if (!better)
        return false;
    for (uint32_t i = 0; i < run->tensor_count; i++)
        memcpy(run->best[i], *model_tensor(run, i), tensor_size(run, i));
    run->best_value = value;
    run->best_loss = loss;
    run->best_epoch = run->epoch;
    run->best_is_new = true;
    return true;
}

static void swap_best(struct run *run)
{
    for (uint32_t i = 0; i < run->tensor_count; i++) {
        float **tensor = model_tensor(run, i);
        float *const swapped = *tensor;
        *tensor = run->best[i];
        run->best[i] = swapped;
    }
}

// ---- Writing -----------------------------------------------------------------------------------

enum { NUMBER_SIZE = 32 };

static vktl_status save(struct run *run, const char *name, const struct model_extra *extra)
{
    char *path = path_join(run->params->run_folder, name);
    const vktl_status status = path ? model_save(run->log, run->model, path, extra)
                                    : log_fail(run->log, VKTL_NO_MEMORY, "out of host memory");
    free(path);
    return status;
}

static vktl_status save_best(struct run *run)
{
    char epoch[NUMBER_SIZE], value[NUMBER_SIZE], loss[NUMBER_SIZE];
    snprintf(epoch, sizeof epoch, "%" PRIu32, run->best_epoch);
    snprintf(value, sizeof value, "%.9g", run->best_value);
    snprintf(loss, sizeof loss, "%.9g", run->best_loss);
    const bool validated = run->params->validation_folder || run->params->validation_split > 0;
    const struct safetensors_text texts[] = {
        {"epoch", epoch},
        {validated ? "val_accuracy" : "accuracy", value},
        {validated ? "val_loss" : "loss", loss},
    };
    swap_best(run);
    const vktl_status status =
        save(run, "best.safetensors",
             &(struct model_extra){.texts = texts, .text_count = sizeof texts / sizeof *texts});
    swap_best(run);
    if (status == VKTL_OK)
        run->best_is_new = false;
    return status;
}

static char *state_name(const struct run *run, uint32_t index)
{
    const struct plan_trained tensor = plan_trained(run->plan, index);
    const struct layer *layer = &run->model->layers[tensor.layer];
    struct text text;
    text_init(&text);
    text_format(&text, "optimizer/velocity/%s/%s", layer->name,
                layer->io.weight[tensor.weight].name);
    return text.failed ? NULL : text.data;
}

// Optimizer state as tensors shaped like the weights they belong to.
static vktl_status list_state(struct run *run, struct safetensors_tensor *tensors, uint32_t *count)
{
    vktl_status status = VKTL_OK;
    *count = 0;
    for (uint32_t i = 0; i < run->tensor_count; i++) {
        const struct plan_trained tensor = plan_trained(run->plan, i);
        if (!run->state[i])
            continue;
        tensors[*count] = (struct safetensors_tensor){
            .name = state_name(run, i),
            .shape = run->model->layers[tensor.layer].io.weight[tensor.weight].shape,
            .values = run->state[i]};
        TRY_ALLOC(run->log, tensors[*count].name);
        ++*count;
    }
fail:
    return status;
}

static vktl_status save_last(struct run *run)
{
    vktl_status status = VKTL_OK;
    uint32_t count = 0;
    char epoch[NUMBER_SIZE], step[NUMBER_SIZE], seed[NUMBER_SIZE];
    struct safetensors_tensor *tensors =
        calloc(run->tensor_count ? run->tensor_count : 1, sizeof *tensors);
    TRY_ALLOC(run->log, tensors);
    snprintf(epoch, sizeof epoch, "%" PRIu32, run->epoch);
    snprintf(step, sizeof step, "%" PRIu64, run->step);
    snprintf(seed, sizeof seed, "%" PRIu64, run->params->seed);
    const struct safetensors_text texts[] = {
        {"epoch", epoch}, {"step", step}, {"seed", seed}, {"optimizer", "sgd"}};
    TRY(list_state(run, tensors, &count));
    TRY(save(run, "last.safetensors",
             &(struct model_extra){.texts = texts,
                                   .text_count = sizeof texts / sizeof *texts,
                                   .tensors = tensors,
                                   .tensor_count = count}));
    run->last_is_new = false;
fail:
    for (uint32_t i = 0; tensors && i < run->tensor_count; i++)
        free((char *)tensors[i].name);
    free(tensors);
    return status;
}

vktl_status run_flush(struct run *run, bool now)
{
    vktl_status status = VKTL_OK;
    if (!now && clock_seconds() - run->written_at < write_interval_seconds)
        return VKTL_OK;
    TRY(write_text(run, "steps.csv", &run->steps));
    TRY(write_text(run, "history.csv", &run->history));
    if (run->best_is_new)
        TRY(save_best(run));
    if (run->last_is_new)
        TRY(save_last(run));
    run->written_at = clock_seconds();
fail:
    return status;
}
