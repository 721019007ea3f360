// Responsible for the learning-rate range test: its steps, and that nothing of them remains. What
// its losses say is lr_suggest.c's business, how they are written and drawn lr_find_save.c's.
#include "train/lr_find.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "train/lr_suggest.h"

enum { MIN_STEPS = 20, USUAL_EPOCHS = 5, USUAL_MIN = 100, USUAL_MAX = 1000 };

// ---- What is put back --------------------------------------------------------------------------

struct kept {
    void **state; // of the optimizer, a tensor each; NULL where it keeps none
    uint32_t count;
    uint32_t epoch, done;
    uint64_t step;
    double learning_rate;
};

// The weights are kept in the model itself, which a step on the device leaves alone.
static vktl_status keep(struct session *session, struct kept *kept)
{
    vktl_status status;
    struct plan *plan = session->plan;
    *kept = (struct kept){.count = plan_trained_count(plan),
                          .epoch = session->epoch,
                          .done = session->done,
                          .step = session->step,
                          .learning_rate = session->learning_rate};
    TRY(plan_read_weights(plan, session->model));
    kept->state = calloc(kept->count ? kept->count : 1, sizeof *kept->state);
    TRY_ALLOC(session->log, kept->state);
    for (uint32_t i = 0; i < kept->count; i++) {
        const uint64_t size = plan_trained(plan, i).state_size;
        if (size == 0)
            continue;
        kept->state[i] = malloc(size);
        TRY_ALLOC(session->log, kept->state[i]);
        TRY(plan_read_state(plan, i, kept->state[i]));
    }
fail:
    return status;
}

static vktl_status put_back(struct session *session, const struct kept *kept)
{
    vktl_status status;
    // Images are decoded ahead, in the order that the next epoch will overwrite.
    feed_begin(&session->training_feed, session->order, 0, 0);
    session->epoch = kept->epoch;
    session->done = kept->done;
    session->step = kept->step;
    session->learning_rate = kept->learning_rate;
    TRY(plan_write_weights(session->plan));
    for (uint32_t i = 0; i < kept->count; i++)
        if (kept->state[i])
            TRY(plan_write_state(session->plan, i, kept->state[i]));
fail:
    return status;
}

static void kept_deinit(struct kept *kept)
{
    for (uint32_t i = 0; kept->state && i < kept->count; i++)
        free(kept->state[i]);
    free(kept->state);
}

// ---- Settings ----------------------------------------------------------------------------------

static uint32_t usual_steps(const struct session *session)
{
    const uint64_t steps = (uint64_t)session_steps(session) * USUAL_EPOCHS;
    return steps < USUAL_MIN ? USUAL_MIN : steps > USUAL_MAX ? USUAL_MAX : (uint32_t)steps;
}

static vktl_status settle(const struct session *session, struct vktl_lr_find_params *params)
{
    if (params->from == 0)
        params->from = 1e-10;
    if (params->to == 0)
        params->to = 10;
    if (params->steps == 0)
        params->steps = usual_steps(session);
    if (!(params->from > 0 && params->from < params->to && isfinite(params->to)))
        return log_fail(session->log, VKTL_USAGE,
                        "a range of learning rates goes from a small one above 0 to a larger one, "
                        "not from %g to %g",
                        params->from, params->to);
    if (params->steps < MIN_STEPS || params->steps > LR_MAX_STEPS)
        return log_fail(session->log, VKTL_USAGE,
                        "a range test of %" PRIu32 " steps: it takes %d to %d", params->steps,
                        MIN_STEPS, LR_MAX_STEPS);
    return VKTL_OK;
}

static vktl_status allocate(const struct session *session, uint32_t steps,
                            struct vktl_lr_find_result *result)
{
    vktl_status status = VKTL_OK;
    result->steps = steps;
    result->rates = calloc(steps, sizeof *result->rates);
    result->losses = calloc(steps, sizeof *result->losses);
    result->smoothed = calloc(steps, sizeof *result->smoothed);
    TRY_ALLOC(session->log, result->rates);
    TRY_ALLOC(session->log, result->losses);
    TRY_ALLOC(session->log, result->smoothed);
fail:
    return status;
}

void vktl_lr_find_release(struct vktl_lr_find_result *result)
{
    free(result->rates);
    free(result->losses);
    free(result->smoothed);
    *result = (struct vktl_lr_find_result){0};
}

// ---- Steps -------------------------------------------------------------------------------------

// The rate of step `index`: an equal factor from step to step, `from` first and `to` last.
static double rate_of(const struct vktl_lr_find_params *params, uint32_t index)
{
    const double share = (double)index / (params->steps - 1);
    return params->from * pow(params->to / params->from, share);
}

static void tell(const struct session *session, const struct vktl_lr_find_result *result)
{
    struct vktl_train_progress progress = session_progress(session, VKTL_TRAIN_LR_STEP);
    progress.done = result->count;
    progress.total = result->steps;
    progress.loss = result->smoothed[result->count - 1];
    session_tell(session, &progress);
}

// One step, past the end of an epoch in the next.
static vktl_status make_step(struct session *session, struct sums *batch)
{
    vktl_status status = VKTL_OK;
    if (session->done == session->training_count)
        TRY(session_begin_epoch(session, session->epoch + 1, 0));
    TRY(session_step(session, batch));
fail:
    return status;
}

static vktl_status make_steps(struct session *session, const struct vktl_lr_find_params *params,
                              struct vktl_lr_find_result *result)
{
    static const double too_much = 4; // times the lowest loss, as in fastai
    vktl_status status;
    struct lr_smoothing smoothing = {0};
    double lowest = INFINITY;
    session->stage_started = clock_seconds();
    TRY(session_begin_epoch(session, 1, 0));
    while (result->count < params->steps && !result->stopped) {
        const uint32_t i = result->count;
        struct sums batch;
        session->learning_rate = rate_of(params, i);
        TRY(make_step(session, &batch));
        result->stopped = !isfinite(batch.loss);
        if (result->stopped)
            break;
        result->rates[i] = session->learning_rate;
        result->losses[i] = batch.loss / (double)batch.count;
        result->smoothed[i] = lr_smooth(&smoothing, result->losses[i]);
        lowest = fmin(lowest, result->smoothed[i]);
        result->stopped = result->smoothed[i] > too_much * lowest;
        result->count++;
        tell(session, result);
        if (session_should_stop(session))
            FAIL(session->log, VKTL_INTERRUPTED, "interrupted in the range test of learning rates");
    }
fail:
    return status;
}

vktl_status lr_find_run(struct session *session, const struct vktl_lr_find_params *params,
                        struct vktl_lr_find_result *result)
{
    vktl_status status;
    struct vktl_lr_find_params settled = *params;
    struct kept kept = {0};
    TRY(settle(session, &settled));
    TRY(allocate(session, settled.steps, result));
    TRY(keep(session, &kept));
    status = make_steps(session, &settled, result);
    const vktl_status after = put_back(session, &kept);
    TRY(status);
    TRY(after);
    result->suggestions = lr_suggest(result->rates, result->smoothed, result->count, settled.steps);
fail:
    kept_deinit(&kept);
    return status;
}

vktl_status vktl_lr_find(const struct vktl_log *log, struct vktl_device *device,
                         const struct vktl_train_params *training,
                         const struct vktl_lr_find_params *params,
                         struct vktl_lr_find_result *result)
{
    vktl_status status;
    struct session session = {0};
    *result = (struct vktl_lr_find_result){0};
    TRY(session_open(log, device, training, &session));
    session_drop_validation(&session);
    TRY(session_settle_batch(&session, false));
    TRY(session_plan(&session));
    TRY(session_keep_features(&session, 1));
    TRY(lr_find_run(&session, params, result));
fail:
    session_close(&session);
    return status;
}
