// Responsible for the course of a training run: its epochs, what is told and recorded of them, and
// how it ends. What an epoch is made of is session.c's and steps.c's, the run folder run.c's.
#include <vktl/trainer.h>

#include <inttypes.h>
#include <math.h>

#include "base/clock.h"
#include "train/board.h"
#include "train/run.h"
#include "train/session.h"

struct trainer {
    const struct vktl_log *log;
    struct session session;
    struct run run;
    struct board board;
    struct vktl_train_result *result;
};

// ---- Steps -------------------------------------------------------------------------------------

static vktl_status check_finite(const struct trainer *trainer, const struct sums *batch)
{
    if (isfinite(batch->loss))
        return VKTL_OK;
    return log_fail(
        trainer->log, VKTL_DIVERGED,
        "the loss is %g at step %" PRIu64 " (epoch %" PRIu32
        "): training has diverged; the last good weights are in last.safetensors; try a "
        "smaller --lr (now %g)",
        batch->loss / (double)batch->count, trainer->session.step, trainer->session.epoch,
        trainer->session.learning_rate);
}

static void log_step(struct trainer *trainer, const struct sums *batch)
{
    text_format(&trainer->run.steps, "%" PRIu64 ",%.9g,%.9g,%.9g\n", trainer->session.step,
                batch->loss / (double)batch->count, batch->hits / (double)batch->count,
                trainer->session.learning_rate);
}

static bool steps_are_used_up(const struct trainer *trainer)
{
    return trainer->session.params.max_steps &&
           trainer->session.step >= trainer->session.params.max_steps;
}

static void tell_step(const struct trainer *trainer, const struct sums *sums)
{
    const struct session *session = &trainer->session;
    struct vktl_train_progress progress = session_progress(session, VKTL_TRAIN_STEP);
    progress.done = (session->done - 1) / session->params.batch + 1;
    progress.total = session_steps(session);
    progress.loss = sums->loss / (double)sums->count;
    progress.accuracy = sums->hits / (double)sums->count;
    session_tell(session, &progress);
}

static vktl_status train_epoch(struct trainer *trainer, struct sums *sums)
{
    vktl_status status = VKTL_OK;
    struct session *session = &trainer->session;
    TRY(session_begin_epoch(session, session->epoch, 0));
    while (session->done < session->training_count && !steps_are_used_up(trainer)) {
        struct sums part;
        TRY(session_step(session, &part));
        trainer->result->steps_done = session->step;
        log_step(trainer, &part);
        TRY(check_finite(trainer, &part));
        sums_add(sums, &part);
        tell_step(trainer, sums);
        if (session_should_stop(session))
            FAIL(trainer->log, VKTL_INTERRUPTED, "interrupted after step %" PRIu64, session->step);
    }
fail:
    return status;
}

// ---- Epochs ------------------------------------------------------------------------------------

static void log_epoch(struct trainer *trainer, const struct vktl_train_progress *epoch)
{
    struct text *text = &trainer->run.history;
    text_format(text, "%" PRIu32 ",%.9g,%.9g,", epoch->epoch, epoch->loss, epoch->accuracy);
    if (trainer->session.validation)
        text_format(text, "%.9g,%.9g", epoch->val_loss, epoch->val_accuracy);
    else
        text_append(text, ",");
    text_format(text, ",%.9g,%.3f\n", epoch->learning_rate, epoch->seconds);
}

static void note_epoch(struct trainer *trainer, const struct vktl_train_progress *epoch)
{
    struct vktl_train_result *result = trainer->result;
    result->epochs_done = epoch->epoch;
    result->last_loss = epoch->loss;
    result->last_accuracy = epoch->accuracy;
    result->last_val_loss = epoch->val_loss;
    result->last_val_accuracy = epoch->val_accuracy;
    result->best_epoch = trainer->run.best_epoch;
    result->best_value = trainer->run.best_value;
    *(epoch->epoch == 1 ? &result->first_epoch_seconds : &result->other_epochs_seconds) +=
        epoch->seconds;
}

static vktl_status run_epoch(struct trainer *trainer)
{
    vktl_status status = VKTL_OK;
    struct sums training = {0}, validation = {0};
    trainer->session.stage_started = clock_seconds();
    TRY(train_epoch(trainer, &training));
    TRY(run_pull(&trainer->run, trainer->session.epoch, trainer->session.step));
    if (trainer->session.validation)
        TRY(session_validate(&trainer->session, &validation));
    struct vktl_train_progress epoch = session_progress(&trainer->session, VKTL_TRAIN_EPOCH);
    epoch.loss = training.loss / (double)training.count;
    epoch.accuracy = training.hits / (double)training.count;
    epoch.val_loss = trainer->session.validation ? validation.loss / (double)validation.count : NAN;
    epoch.val_accuracy =
        trainer->session.validation ? validation.hits / (double)validation.count : NAN;
    epoch.improved = trainer->session.validation
                         ? run_judge(&trainer->run, epoch.val_accuracy, epoch.val_loss)
                         : run_judge(&trainer->run, epoch.accuracy, epoch.loss);
    log_epoch(trainer, &epoch);
    note_epoch(trainer, &epoch);
    session_tell(&trainer->session, &epoch);
    TRY(board_epoch(&trainer->board, &epoch));
    TRY(run_flush(&trainer->run, false));
fail:
    return status;
}

// However the epochs ended, what was reached is written: after an interruption the weights of the
// last step, after a divergence those of the last whole epoch.
static vktl_status finish(struct trainer *trainer, vktl_status status)
{
    vktl_status written = VKTL_OK;
    if (status == VKTL_INTERRUPTED)
        written = run_pull(&trainer->run, trainer->session.epoch, trainer->session.step);
    if (status == VKTL_DIVERGED)
        trainer->run.last_is_new = true;
    if (written == VKTL_OK && status != VKTL_IO) // what cannot be written was said already
        written = run_flush(&trainer->run, true);
    return status == VKTL_OK ? written : status;
}

static vktl_status run_epochs(struct trainer *trainer)
{
    vktl_status status = VKTL_OK;
    for (trainer->session.epoch = 1; trainer->session.epoch <= trainer->session.params.epochs;
         trainer->session.epoch++) {
        if (steps_are_used_up(trainer))
            break;
        TRY(run_epoch(trainer));
    }
fail:
    return finish(trainer, status);
}

// ---- The whole ---------------------------------------------------------------------------------

static vktl_status check_run(const struct vktl_log *log, const struct vktl_train_params *params)
{
    if (params->dry_run)
        return VKTL_OK;
    if (!params->run_folder)
        return log_fail(log, VKTL_USAGE, "nowhere to write the model: --run DIR is needed");
    return run_check_folder(log, params);
}

static vktl_status keep_features(struct trainer *trainer)
{
    const double start_seconds = clock_seconds();
    const vktl_status status = session_keep_features(&trainer->session);
    trainer->result->features_seconds = clock_seconds() - start_seconds;
    return status;
}

vktl_status vktl_train(const struct vktl_log *log, struct vktl_device *device,
                       const struct vktl_train_params *params, struct vktl_train_result *result)
{
    vktl_status status = VKTL_OK;
    struct trainer trainer = {.log = log, .result = result};
    struct session *session = &trainer.session;
    *result = (struct vktl_train_result){.best_value = NAN,
                                         .last_loss = NAN,
                                         .last_accuracy = NAN,
                                         .last_val_loss = NAN,
                                         .last_val_accuracy = NAN};
    TRY(check_run(log, params));
    TRY(session_open(log, device, params, session));
    TRY(session_plan(session));
    result->device_bytes = plan_size(session->plan);
    if (params->dry_run)
        goto fail; // told all there is to tell
    TRY(run_init(log, &session->params, device, session->model, session->plan, &trainer.run));
    TRY(board_open(log, &session->params, 1, &trainer.board));
    TRY(keep_features(&trainer));
    TRY(run_epochs(&trainer));
fail:
    board_close(&trainer.board);
    run_deinit(&trainer.run);
    session_close(session);
    return status;
}
