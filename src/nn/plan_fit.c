// Responsible for plans that fit: where memory runs out, in planning or in building, the rows of a
// run are halved until it does not. What refused a plan is told once, when it is known how it ends.
#include "nn/plan_private.h"

#include <stdio.h>

enum { REASON_SIZE = 1024 };

// A log that keeps the last error back and hands on everything else.
struct keeper {
    struct vktl_log log;
    const struct vktl_log *to;
    char error[REASON_SIZE];
};

static void keep_error(void *user, enum vktl_log_level level, const char *sentence)
{
    struct keeper *keeper = user;
    if (level == VKTL_LOG_ERROR)
        snprintf(keeper->error, sizeof keeper->error, "%s", sentence);
    else
        log_write(keeper->to, level, "%s", sentence);
}

struct fitting {
    struct keeper keeper;
    struct vktl_device *device;
    const struct vktl_model *model;
    struct plan_params *params;
    const struct plan_listener *listener;
    bool builds;
    struct plan *plan;
};

static vktl_status attempt(struct fitting *fitting)
{
    vktl_status status;
    const struct plan_listener *listener = fitting->listener;
    TRY(plan_create(&fitting->keeper.log, fitting->device, fitting->model, fitting->params,
                    &fitting->plan));
    if (!fitting->builds)
        return VKTL_OK;
    if (listener && listener->tell)
        TRY(listener->tell(listener->user, fitting->plan));
    TRY(plan_build(fitting->plan));
    return VKTL_OK;
fail:
    plan_destroy(&fitting->plan);
    return status;
}

static void say_shrunk(const struct fitting *fitting, uint32_t asked, const char *reason)
{
    const struct plan_params *params = fitting->params;
    if (params->passes[PASS_TRAIN])
        log_warning(fitting->keeper.to,
                    "%s; so each batch is trained on in parts of %u, whose gradients are summed: "
                    "the result is that of batches of %u, up to rounding",
                    reason, params->batch, params->step_rows ? params->step_rows : asked);
    else
        log_info(fitting->keeper.to, "%s; so batches are of %u", reason, params->batch);
}

static vktl_status fit(struct fitting *fitting)
{
    struct keeper *keeper = &fitting->keeper;
    struct plan_params *params = fitting->params;
    const uint32_t asked = params->batch;
    char reason[REASON_SIZE] = "";
    vktl_status status;
    if (!params->step_rows)
        params->step_rows = asked;
    // Smaller runs sum in another order.
    const bool may_shrink = !vktl_device_info(fitting->device)->strict;
    while ((status = attempt(fitting)) == VKTL_NO_MEMORY && params->batch > 1 && may_shrink) {
        if (!*reason)
            snprintf(reason, sizeof reason, "%s", keeper->error);
        params->batch = params->batch / 2 + params->batch % 2;
    }
    if (status == VKTL_OK && *reason)
        say_shrunk(fitting, asked, reason);
    if (status == VKTL_OK)
        return VKTL_OK;
    if (status == VKTL_USAGE && *reason) // not asked for, so no mistake in what was
        return log_fail(keeper->to, VKTL_NO_MEMORY, "%s; %s", reason, keeper->error);
    if (*keeper->error)
        log_write(keeper->to, VKTL_LOG_ERROR, "%s%s", keeper->error,
                  may_shrink || status != VKTL_NO_MEMORY
                      ? ""
                      : "; with --strict a batch is not taken in smaller parts unless "
                        "--micro-batch says so");
    return status;
}

static struct fitting begin(const struct vktl_log *log, struct vktl_device *device,
                            const struct vktl_model *model, struct plan_params *params)
{
    return (struct fitting){
        .keeper = {.to = log}, .device = device, .model = model, .params = params};
}

vktl_status plan_fit(const struct vktl_log *log, struct vktl_device *device,
                     const struct vktl_model *model, struct plan_params *params)
{
    struct fitting fitting = begin(log, device, model, params);
    fitting.keeper.log = (struct vktl_log){keep_error, &fitting.keeper};
    const vktl_status status = fit(&fitting);
    plan_destroy(&fitting.plan);
    return status;
}

vktl_status plan_open(const struct vktl_log *log, struct vktl_device *device,
                      const struct vktl_model *model, struct plan_params *params,
                      const struct plan_listener *listener, struct plan **plan)
{
    struct fitting fitting = begin(log, device, model, params);
    fitting.keeper.log = (struct vktl_log){keep_error, &fitting.keeper};
    fitting.listener = listener;
    fitting.builds = true;
    const struct vktl_log *before = device_redirect_log(device, &fitting.keeper.log);
    const vktl_status status = fit(&fitting);
    device_redirect_log(device, before);
    if (status != VKTL_OK)
        return status;
    fitting.plan->log = log;
    *plan = fitting.plan;
    return VKTL_OK;
}
