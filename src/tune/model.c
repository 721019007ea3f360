// Responsible for tuning a whole model because somebody asked for it.
#include "tune/tune.h"

static vktl_status make_plan(const struct vktl_log *log, struct vktl_device *device,
                             const struct vktl_model *model, const struct vktl_tune_params *params,
                             struct plan **plan)
{
    _Alignas(8) unsigned char optimizer_params[OP_MAX_PARAMS_SIZE] = {0};
    struct plan_params wanted = {
        .batch = params->batch ? params->batch : 1,
        .optimizer = op_find("sgd"),
        .optimizer_params = optimizer_params,
    };
    fields_init(wanted.optimizer->fields, optimizer_params);
    if (params->training) {
        wanted.passes[PASS_TRAIN] = true;
    } else { // to the last layer, whatever it is
        wanted.passes[PASS_FEATURES] = true;
        wanted.cut = model->layer_count;
    }
    return plan_create(log, device, model, &wanted, plan);
}

vktl_status vktl_tune(const struct vktl_log *log, struct vktl_device *device,
                      struct vktl_model *model, const struct vktl_tune_params *params,
                      void (*on_row)(const struct vktl_tune_row *row, void *user), void *user,
                      struct vktl_tune_counts *counts)
{
    vktl_status status;
    struct plan *plan = NULL;
    const struct vktl_tuning_params *listener = gpu_tuning_params(device);
    struct tuner tuner = {
        .log = log,
        .device = device,
        .measures_anew = true,
        .limit_seconds = params->limit_seconds,
        .on_row = on_row,
        .user = user,
        .progress = listener->progress,
        .should_stop = listener->should_stop,
        .progress_user = listener->user,
    };
    TRY(model_initialize(log, model, 0));
    TRY(make_plan(log, device, model, params, &plan));
    TRY(tuner_run(&tuner, plan));
fail:
    *counts = tuner.counts;
    plan_destroy(&plan);
    tuner_deinit(&tuner);
    return status;
}
