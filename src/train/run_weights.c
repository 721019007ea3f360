// Responsible for the weights of a run: those of the last good moment and of the best epoch, with
// the optimizer's state, to and from their files.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "train/optimizer.h"
#include "train/run.h"

enum { NUMBER_SIZE = 32 };

// ---- Tensors -----------------------------------------------------------------------------------

static float **model_tensor(struct run *run, uint32_t index)
{
    const struct plan_trained tensor = plan_trained(run->plan, index);
    return &run->model->layers[tensor.layer].weight[tensor.weight];
}

static const struct shape *tensor_shape(const struct run *run, uint32_t index)
{
    const struct plan_trained tensor = plan_trained(run->plan, index);
    return &run->model->layers[tensor.layer].io.weight[tensor.weight].shape;
}

static void free_tensors(struct run *run)
{
    for (uint32_t i = 0; i < run->tensor_count; i++) {
        if (run->state)
            free(run->state[i]);
        if (run->best)
            free(run->best[i]);
    }
    free(run->state);
    free(run->best);
    run->state = NULL;
    run->best = NULL;
    run->tensor_count = 0;
}

vktl_status run_take_plan(struct run *run, struct plan *plan)
{
    vktl_status status = VKTL_OK;
    free_tensors(run);
    run->frozen_is_known = false;
    run->plan = plan;
    if (!plan)
        return VKTL_OK;
    run->tensor_count = plan_trained_count(plan);
    run->state = calloc(run->tensor_count ? run->tensor_count : 1, sizeof *run->state);
    run->best = calloc(run->tensor_count ? run->tensor_count : 1, sizeof *run->best);
    TRY_ALLOC(run->log, run->state);
    TRY_ALLOC(run->log, run->best);
    for (uint32_t i = 0; i < run->tensor_count; i++) {
        const uint64_t state_size = plan_trained(plan, i).state_size;
        run->best[i] = malloc(shape_size(tensor_shape(run, i)));
        TRY_ALLOC(run->log, run->best[i]);
        if (state_size == 0)
            continue;
        run->state[i] = calloc(1, state_size);
        TRY_ALLOC(run->log, run->state[i]);
    }
    run_keep_best(run);
fail:
    return status;
}

static vktl_status write_state(struct run *run)
{
    vktl_status status = VKTL_OK;
    for (uint32_t i = 0; i < run->tensor_count; i++)
        if (run->state[i])
            TRY(plan_write_state(run->plan, i, run->state[i]));
fail:
    return status;
}

vktl_status run_change_plan(struct run *run, struct plan *plan)
{
    run->plan = plan;
    vktl_assert(plan_trained_count(plan) == run->tensor_count);
    return write_state(run);
}

vktl_status run_pull(struct run *run, const struct course *course)
{
    vktl_status status = VKTL_OK;
    run->last_is_new = false; // half of this moment and half of the one before is neither
    TRY(plan_read_weights(run->plan, run->model));
    for (uint32_t i = 0; i < run->tensor_count; i++)
        TRY(plan_read_state(run->plan, i, run->state[i]));
    run->good = *course;
    run->last_is_new = true;
fail:
    return status;
}

void run_keep_best(struct run *run)
{
    for (uint32_t i = 0; i < run->tensor_count; i++)
        memcpy(run->best[i], *model_tensor(run, i), shape_size(tensor_shape(run, i)));
}

void run_restore_best(struct run *run)
{
    for (uint32_t i = 0; i < run->tensor_count; i++)
        memcpy(*model_tensor(run, i), run->best[i], shape_size(tensor_shape(run, i)));
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

// Tensors of the optimizer's state for one weight.
static uint32_t state_count(const struct run *run, uint32_t index)
{
    return (uint32_t)(plan_trained(run->plan, index).state_size /
                      shape_size(tensor_shape(run, index)));
}

// The k-th tensor of the state of one weight, as "optimizer/velocity/fc1/kernel".
static vktl_status name_state(const struct run *run, uint32_t index, uint32_t k,
                              struct safetensors_tensor *tensor)
{
    const struct plan_trained trained = plan_trained(run->plan, index);
    const struct layer *layer = &run->model->layers[trained.layer];
    const struct shape *shape = tensor_shape(run, index);
    struct text name;
    text_init(&name);
    text_format(&name, "optimizer/%s/%s/%s", plan_state_names(run->plan)[k], layer->name,
                layer->io.weight[trained.weight].name);
    const vktl_status status = text_status(run->log, &name);
    if (status == VKTL_OK)
        *tensor = (struct safetensors_tensor){.name = name.data,
                                              .shape = *shape,
                                              .values = (float *)run->state[index] +
                                                        k * shape_count(shape)};
    return status;
}

// The optimizer's state as tensors shaped like the weights they belong to. The caller frees them
// by free_state, also after a failure.
static vktl_status list_state(const struct run *run, struct safetensors_tensor **tensors,
                              uint32_t *count)
{
    vktl_status status = VKTL_OK;
    uint32_t total = 0;
    *count = 0;
    for (uint32_t i = 0; i < run->tensor_count; i++)
        total += state_count(run, i);
    *tensors = calloc(total ? total : 1, sizeof **tensors);
    TRY_ALLOC(run->log, *tensors);
    for (uint32_t i = 0; i < run->tensor_count; i++)
        for (uint32_t k = 0; k < state_count(run, i); k++) {
            TRY(name_state(run, i, k, *tensors + *count));
            ++*count;
        }
fail:
    return status;
}

static void free_state(struct safetensors_tensor *tensors, uint32_t count)
{
    for (uint32_t i = 0; tensors && i < count; i++)
        free((char *)tensors[i].name);
    free(tensors);
}

// ---- Saving ------------------------------------------------------------------------------------

static vktl_status save(struct run *run, const char *name, const struct model_extra *extra)
{
    char *path = run_path(run->params, name);
    const vktl_status status = path ? model_save(run->log, run->model, path, extra)
                                    : log_fail(run->log, VKTL_NO_MEMORY, "out of host memory");
    free(path);
    return status;
}

static bool is_validated(const struct run *run)
{
    return run->params->validation_folder || run->params->validation_split > 0;
}

vktl_status run_save_epoch(struct run *run, uint32_t epoch)
{
    char name[NUMBER_SIZE + 24], number[NUMBER_SIZE];
    snprintf(number, sizeof number, "%" PRIu32, epoch);
    snprintf(name, sizeof name, "epoch-%03" PRIu32 ".safetensors", epoch);
    const struct safetensors_text text = {"epoch", number};
    return save(run, name, &(struct model_extra){.texts = &text, .text_count = 1});
}

vktl_status run_save_best(struct run *run)
{
    char epoch[NUMBER_SIZE], value[NUMBER_SIZE], loss[NUMBER_SIZE];
    const struct best *best = &run->good.best;
    const enum vktl_monitor monitor = best_monitor(&run->params->callbacks, is_validated(run));
    const enum vktl_monitor second = is_validated(run) ? VKTL_MONITOR_VAL_LOSS : VKTL_MONITOR_LOSS;
    snprintf(epoch, sizeof epoch, "%" PRIu32, best->epoch);
    snprintf(value, sizeof value, "%.9g", best->value);
    snprintf(loss, sizeof loss, "%.9g", best->loss);
    const struct safetensors_text texts[] = {
        {"epoch", epoch}, {vktl_monitor_name(monitor), value}, {vktl_monitor_name(second), loss}};
    swap_best(run);
    const vktl_status status =
        save(run, "best.safetensors",
             &(struct model_extra){.texts = texts, .text_count = monitor == second ? 2 : 3});
    swap_best(run);
    if (status == VKTL_OK)
        run->best_is_new = false;
    return status;
}

vktl_status run_save_last(struct run *run)
{
    vktl_status status = VKTL_OK;
    uint32_t count = 0;
    char epoch[NUMBER_SIZE], step[NUMBER_SIZE], seed[NUMBER_SIZE];
    struct text course;
    struct safetensors_tensor *tensors = NULL;
    text_init(&course);
    course_write(&course, &run->good);
    TRY(text_status(run->log, &course));
    snprintf(epoch, sizeof epoch, "%" PRIu32, run->good.epochs_done);
    snprintf(step, sizeof step, "%" PRIu64, run->good.step);
    snprintf(seed, sizeof seed, "%" PRIu64, run->params->seed);
    const char *optimizer = optimizer_names[run->params->optimizer.kind];
    const struct safetensors_text texts[] = {{"epoch", epoch},
                                             {"step", step},
                                             {"seed", seed},
                                             {"optimizer", optimizer},
                                             {COURSE_KEY, course.data}};
    TRY(list_state(run, &tensors, &count));
    TRY(save(run, "last.safetensors",
             &(struct model_extra){.texts = texts,
                                   .text_count = sizeof texts / sizeof *texts,
                                   .tensors = tensors,
                                   .tensor_count = count}));
    run->last_is_new = false;
fail:
    free_state(tensors, count);
    text_deinit(&course);
    return status;
}

// ---- Loading -----------------------------------------------------------------------------------

static vktl_status read_tensor(struct run *run, struct safetensors *file, const char *path,
                               const char *name, const struct shape *shape, float *values)
{
    const struct safetensors_entry *entry = safetensors_find(file, name);
    if (!entry || !entry->readable || !shape_equal(&entry->shape, shape))
        return log_fail(run->log, VKTL_INPUT, "%s: %s '%s'; the run cannot be resumed", path,
                        entry ? "another shape than the run's has" : "it has no", name);
    return safetensors_read(file, entry, values);
}

vktl_status run_load_state(struct run *run)
{
    vktl_status status = VKTL_OK;
    uint32_t count = 0;
    struct safetensors *file = NULL;
    char *path = run_path(run->params, "last.safetensors");
    struct safetensors_tensor *tensors = NULL;
    TRY_ALLOC(run->log, path);
    TRY(safetensors_open(run->log, path, &file));
    TRY(list_state(run, &tensors, &count));
    for (uint32_t i = 0; i < count; i++)
        TRY(read_tensor(run, file, path, tensors[i].name, &tensors[i].shape,
                        (float *)tensors[i].values));
    TRY(write_state(run));
fail:
    safetensors_close(&file);
    free_state(tensors, count);
    free(path);
    return status;
}

// A best epoch that is later than the one last.safetensors knows of was reached before the run was
// killed; it will be reached again, and until then its weights are the best there are.
static vktl_status check_best(struct run *run, const char *path, const struct safetensors *file)
{
    const char *epoch = safetensors_metadata(file, "epoch");
    if (epoch && strtoul(epoch, NULL, 10) >= run->good.best.epoch)
        return VKTL_OK;
    return log_fail(run->log, VKTL_INPUT,
                    "%s: not the best of this run, whose epoch %" PRIu32
                    " was better; the run cannot be resumed without that",
                    path, run->good.best.epoch);
}

vktl_status run_load_best(struct run *run)
{
    vktl_status status = VKTL_OK;
    struct safetensors *file = NULL;
    char *path = run_path(run->params, "best.safetensors");
    TRY_ALLOC(run->log, path);
    TRY(safetensors_open(run->log, path, &file));
    TRY(check_best(run, path, file));
    for (uint32_t i = 0; i < run->tensor_count; i++) {
        const struct plan_trained tensor = plan_trained(run->plan, i);
        const struct layer *layer = &run->model->layers[tensor.layer];
        struct text name;
        text_init(&name);
        text_format(&name, "%s/%s", layer->name, layer->io.weight[tensor.weight].name);
        status = text_status(run->log, &name);
        if (status == VKTL_OK)
            status = read_tensor(run, file, path, name.data, tensor_shape(run, i), run->best[i]);
        text_deinit(&name);
        TRY(status);
    }
fail:
    safetensors_close(&file);
    free(path);
    return status;
}
