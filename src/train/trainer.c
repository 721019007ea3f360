// Responsible for the course of a training run: its phases and epochs, what is told, recorded and
// decided after them, and how it ends. What an epoch is made of is session.c's and steps.c's, the
// run folder run.c's, decisions callbacks.c's and schedule.c's.
#include <vktl/trainer.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/files.h"
#include "train/board.h"
#include "train/lr_find.h"
#include "train/resume.h"
#include "train/run.h"
#include "train/schedule.h"
#include "train/session.h"

struct trainer {
    const struct vktl_log *log;
    struct session session;
    struct course course;
    struct run run;
    struct run_folder folder;
    struct board board;
    struct vktl_lr_find_result lr_test; // empty unless the rate was to be found
    uint32_t begun_at;                  // images of the epoch in progress that were done before
    struct vktl_train_result *result;
};

static bool has_validation(const struct trainer *trainer)
{
    return trainer->session.validation != NULL;
}

// ---- Steps -------------------------------------------------------------------------------------

// Of the phase's step `step`, counted over the whole run.
static double rate_of(const struct trainer *trainer, uint64_t step)
{
    const struct course *course = &trainer->course;
    const struct vktl_train_params *params = &trainer->session.params;
    return schedule_rate(&params->schedule, course->reduce_lr.rate, step - course->phase_step,
                         session_steps(&trainer->session),
                         course_phase_end(course, params) - course->phase_epoch);
}

static vktl_status check_finite(const struct trainer *trainer, const struct sums *batch)
{
    const struct session *session = &trainer->session;
    if (isfinite(batch->loss))
        return VKTL_OK;
    return log_fail(trainer->log, VKTL_DIVERGED,
                    "epoch %" PRIu32 ", step %" PRIu64
                    ": invalid loss (%g), terminating training; the last good weights are in "
                    "last.safetensors; try a smaller --lr (now %g)",
                    session->epoch, session->step, batch->loss / (double)batch->count,
                    session->learning_rate);
}

static void log_step(struct trainer *trainer, const struct sums *batch)
{
    text_format(&trainer->run.steps, "%" PRIu64 ",%.9g,%.9g,%.9g\n", trainer->session.step,
                batch->loss / (double)batch->count, batch->hits / (double)batch->count,
                trainer->session.learning_rate);
}

static bool steps_are_used_up(const struct trainer *trainer)
{
    const uint64_t most = trainer->session.params.max_steps;
    return most && trainer->session.step >= most;
}

static struct vktl_train_progress progress_of(const struct trainer *trainer,
                                              enum vktl_train_stage stage)
{
    struct vktl_train_progress progress = session_progress(&trainer->session, stage);
    progress.epochs = course_phase_end(&trainer->course, &trainer->session.params);
    progress.fine_tuning = trainer->course.phase > 0;
    return progress;
}

static void tell_step(const struct trainer *trainer)
{
    const struct session *session = &trainer->session;
    const struct sums *sums = &trainer->course.sums;
    struct vktl_train_progress progress = progress_of(trainer, VKTL_TRAIN_STEP);
    progress.done = (session->done - 1) / session->params.batch + 1;
    progress.total = session_steps(session);
    progress.from = trainer->begun_at / session->params.batch;
    progress.images = session->done - trainer->begun_at;
    progress.loss = sums->loss / (double)sums->count;
    progress.accuracy = sums->hits / (double)sums->count;
    session_tell(session, &progress);
}

// Of a step that found no memory: the plan is made anew for half as many images a run, with the
// weights and the state of the optimizer of the last good moment, which was when it was made.
static vktl_status shrink(struct trainer *trainer)
{
    vktl_status status;
    struct session *session = &trainer->session;
    TRY(session_shrink(session));
    TRY(run_change_plan(&trainer->run, session->plan));
    TRY(run_write_config(&trainer->run, session));
    TRY(session_begin_epoch(session, session->epoch, session->done));
fail:
    return status;
}

static vktl_status take_step(struct trainer *trainer, struct sums *batch)
{
    vktl_status status;
    struct session *session = &trainer->session;
    while ((status = session_step(session, batch)) == VKTL_NO_MEMORY && session_may_shrink(session))
        TRY(shrink(trainer));
fail:
    return status;
}

static vktl_status train_step(struct trainer *trainer)
{
    vktl_status status = VKTL_OK;
    struct session *session = &trainer->session;
    struct course *course = &trainer->course;
    struct sums part;
    session->learning_rate = rate_of(trainer, session->step);
    TRY(take_step(trainer, &part));
    log_step(trainer, &part);
    TRY(check_finite(trainer, &part));
    sums_add(&course->sums, &part);
    course->step = session->step;
    course->done = session->done;
    course->loss_scale = session->loss_scale;
    trainer->result->steps_done = session->step;
    tell_step(trainer);
fail:
    return status;
}

// Trains what is left of the epoch. Checkpoints on the way, but not after its last step: the
// epoch's end has one of its own.
static vktl_status train_epoch(struct trainer *trainer)
{
    vktl_status status = VKTL_OK;
    struct session *session = &trainer->session;
    trainer->begun_at = trainer->course.done;
    TRY(session_begin_epoch(session, trainer->course.epoch, trainer->course.done));
    while (session->done < session->training_count && !steps_are_used_up(trainer)) {
        TRY(train_step(trainer));
        if (session_should_stop(session))
            FAIL(trainer->log, VKTL_INTERRUPTED, "interrupted after step %" PRIu64, session->step);
        if (session->done < session->training_count && run_is_due(&trainer->run)) {
            TRY(run_pull(&trainer->run, &trainer->course));
            TRY(run_flush(&trainer->run, true));
        }
    }
    // Where nothing was left, the figures are those of the last step.
    session->learning_rate = rate_of(trainer, session->step - 1);
fail:
    return status;
}

// ---- Epochs ------------------------------------------------------------------------------------

static void log_epoch(struct trainer *trainer, const struct vktl_train_progress *epoch)
{
    struct text *text = &trainer->run.history;
    text_format(text, "%" PRIu32 ",%.9g,%.9g,", epoch->epoch, epoch->loss, epoch->accuracy);
    if (has_validation(trainer))
        text_format(text, "%.9g,%.9g", epoch->val_loss, epoch->val_accuracy);
    else
        text_append(text, ",");
    text_format(text, ",%.9g,%.3f", epoch->learning_rate, epoch->seconds);
    if (trainer->session.params.strict) {
        char digest[DIGEST_TEXT_SIZE];
        run_digest(&trainer->run, digest);
        text_format(text, ",%s", digest);
    }
    text_append(text, "\n");
}

static void note_result(struct trainer *trainer)
{
    const struct course *course = &trainer->course;
    struct vktl_train_result *result = trainer->result;
    result->epochs_done = course->epochs_done;
    result->steps_done = course->step;
    result->last_loss = course->last.loss;
    result->last_accuracy = course->last.accuracy;
    result->last_val_loss = course->last.val_loss;
    result->last_val_accuracy = course->last.val_accuracy;
    result->best_epoch = course->best.epoch;
    result->best_value = course->best.value;
    result->stopped_epoch = course->phase_is_over ? course->epochs_done : 0;
    result->first_fine_tune_epoch = course->phase > 0 ? course->phase_epoch + 1 : 0;
}

static struct figures figures_of(const struct sums *training, const struct sums *validation)
{
    const double trained = (double)training->count, validated = (double)validation->count;
    return (struct figures){
        .loss = training->loss / trained,
        .accuracy = training->hits / trained,
        .val_loss = validation->count ? validation->loss / validated : NAN,
        .val_accuracy = validation->count ? validation->hits / validated : NAN,
    };
}

// Acts on the figures of the epoch whose weights were just pulled; whether it is the best so far.
static bool decide(struct trainer *trainer, const struct figures *figures)
{
    struct course *course = &trainer->course;
    const struct vktl_callbacks *callbacks = &trainer->session.params.callbacks;
    const bool is_best =
        best_judge(callbacks, has_validation(trainer), course->epoch, figures, &course->best);
    if (is_best) {
        run_keep_best(&trainer->run);
        trainer->run.best_is_new = true;
    }
    if (early_stop_judge(callbacks, course->epoch - course->phase_epoch, figures,
                         &course->early_stop))
        course->phase_is_over = true;
    return is_best;
}

static void lower_rate(struct trainer *trainer, const struct figures *figures)
{
    struct course *course = &trainer->course;
    if (reduce_lr_judge(&trainer->session.params.callbacks, figures, &course->reduce_lr))
        log_info(trainer->log,
                 "Epoch %" PRIu32 ": ReduceLROnPlateau reducing learning rate to %.6g.",
                 course->epoch, course->reduce_lr.rate);
}

// The epoch is over: the course stands before the next one.
static void advance(struct trainer *trainer, const struct figures *figures)
{
    struct course *course = &trainer->course;
    course->last = *figures;
    course->epochs_done = course->epoch;
    course->epoch++;
    course->done = 0;
    course->sums = (struct sums){0};
    trainer->run.good = *course;
    note_result(trainer);
}

static vktl_status end_epoch(struct trainer *trainer, const struct figures *figures)
{
    vktl_status status = VKTL_OK;
    const uint32_t each = trainer->session.params.callbacks.save_every;
    struct vktl_train_progress epoch = progress_of(trainer, VKTL_TRAIN_EPOCH);
    epoch.loss = figures->loss;
    epoch.accuracy = figures->accuracy;
    epoch.val_loss = figures->val_loss;
    epoch.val_accuracy = figures->val_accuracy;
    // Before the course goes on: an epoch that these lack is ended again when the run is resumed.
    TRY(board_epoch(&trainer->board, &epoch));
    if (each && epoch.epoch % each == 0)
        TRY(run_save_epoch(&trainer->run, epoch.epoch));
    epoch.improved = decide(trainer, figures);
    log_epoch(trainer, &epoch);
    *(epoch.epoch == 1 ? &trainer->result->first_epoch_seconds
                       : &trainer->result->other_epochs_seconds) += epoch.seconds;
    session_tell(&trainer->session, &epoch);
    lower_rate(trainer, figures);
    advance(trainer, figures);
    TRY(run_flush(&trainer->run, false));
fail:
    return status;
}

static vktl_status run_epoch(struct trainer *trainer)
{
    vktl_status status = VKTL_OK;
    struct sums validation = {0};
    const double busy_before = plan_busy_seconds(trainer->session.plan);
    trainer->session.stage_started = clock_seconds();
    TRY(train_epoch(trainer));
    TRY(run_pull(&trainer->run, &trainer->course));
    if (has_validation(trainer))
        TRY(session_validate(&trainer->session, &validation));
    // A plan that was made anew meanwhile counts from 0.
    trainer->result->busy_seconds +=
        fmax(0, plan_busy_seconds(trainer->session.plan) - busy_before);
    const struct figures figures = figures_of(&trainer->course.sums, &validation);
    TRY(end_epoch(trainer, &figures));
fail:
    return status;
}

static vktl_status run_phase(struct trainer *trainer)
{
    vktl_status status = VKTL_OK;
    struct course *course = &trainer->course;
    while (!course_phase_is_over(course, &trainer->session.params))
        TRY(run_epoch(trainer));
    if (course->phase_is_over) {
        log_info(trainer->log, "Epoch %" PRIu32 ": early stopping", course->epochs_done);
        log_info(trainer->log,
                 "Restoring model weights from the end of the best epoch: %" PRIu32 ".",
                 course->best.epoch);
    }
fail:
    return status;
}

// ---- Phases ------------------------------------------------------------------------------------

// Callbacks, schedule and counters at the beginning of a phase, as a new model.fit of Keras has
// them.
static void begin_phase(struct trainer *trainer, uint32_t phase, double rate)
{
    struct course *course = &trainer->course;
    const struct vktl_callbacks *callbacks = &trainer->session.params.callbacks;
    course->phase = phase;
    course->phase_epoch = course->epochs_done;
    course->phase_step = course->step;
    trainer->session.fresh_step = course->step;
    course->phase_is_over = false;
    early_stop_reset(callbacks, &course->early_stop);
    reduce_lr_reset(callbacks, rate, &course->reduce_lr);
    loss_scale_reset(trainer->session.params.precision == VKTL_MIXED, &course->loss_scale);
    trainer->session.loss_scale = course->loss_scale;
}

static void begin_course(struct trainer *trainer)
{
    struct course *course = &trainer->course;
    *course = (struct course){.epoch = 1,
                              .last = {NAN, NAN, NAN, NAN},
                              .base_layers = trainer->session.model->base_count};
    best_reset(&course->best);
    begin_phase(trainer, 0, trainer->session.params.learning_rate);
}

static vktl_status keep_features(struct trainer *trainer)
{
    const double start_seconds = clock_seconds();
    const vktl_status status = session_keep_features(&trainer->session, trainer->course.epoch);
    trainer->result->features_seconds += clock_seconds() - start_seconds;
    trainer->result->features_found += trainer->session.features_found;
    return status;
}

// From the best weights of the head on, with a new plan and so with a fresh optimizer. Written at
// once: what last.safetensors says then no longer needs the first phase's best.
static vktl_status begin_fine_tuning(struct trainer *trainer)
{
    vktl_status status = VKTL_OK;
    struct session *session = &trainer->session;
    const struct vktl_fine_tune *fine_tune = &session->params.fine_tune;
    log_info(trainer->log,
             "Fine-tuning from %s on, with the weights of epoch %" PRIu32 ", at rate %.6g",
             fine_tune->unfreeze_from, trainer->course.best.epoch, fine_tune->learning_rate);
    TRY(run_flush(&trainer->run, true));
    if (trainer->course.best.epoch)
        run_restore_best(&trainer->run);
    const uint32_t micro_batch = session->params.micro_batch, choices = session->tuning.count;
    TRY(session_unfreeze(session));
    TRY(session_plan(session));
    TRY(run_take_plan(&trainer->run, session->plan));
    if (session->params.micro_batch != micro_batch || session->tuning.count != choices)
        TRY(run_write_config(&trainer->run, session));
    begin_phase(trainer, 1, fine_tune->learning_rate);
    trainer->run.good = trainer->course;
    trainer->run.last_is_new = true;
    TRY(run_flush(&trainer->run, true));
    TRY(keep_features(trainer));
fail:
    return status;
}

// However the epochs ended, what was reached is written: after an interruption the weights of the
// last step, after a divergence or the loss of the device those of the last good moment, which the
// host has.
static vktl_status finish(struct trainer *trainer, vktl_status status)
{
    vktl_status written = VKTL_OK;
    if (status == VKTL_INTERRUPTED) {
        const vktl_status pulled = run_pull(&trainer->run, &trainer->course);
        status = pulled == VKTL_OK ? status : pulled;
    }
    if (status == VKTL_DIVERGED)
        trainer->run.last_is_new = true;
    if (status != VKTL_IO) // what cannot be written was said already
        written = run_flush(&trainer->run, true);
    return status == VKTL_OK ? written : status;
}

static vktl_status run_phases(struct trainer *trainer)
{
    vktl_status status = VKTL_OK;
    TRY(run_phase(trainer));
    if (!course_is_complete(&trainer->course, &trainer->session.params)) {
        TRY(begin_fine_tuning(trainer));
        TRY(run_phase(trainer));
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

// Tells what would be planned, for the second phase too.
static vktl_status dry_run(struct session *session)
{
    vktl_status status = VKTL_OK;
    TRY(session_settle_batch(session, true));
    TRY(session_plan(session));
    if (session->params.fine_tune.epochs) {
        TRY(session_unfreeze(session));
        TRY(session_plan(session));
    }
fail:
    return status;
}

// To three digits: no more are told, and config.json keeps all of them.
static double rounded(double rate)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%.3g", rate);
    return strtod(digits, NULL);
}

// With --lr auto: a range test, whose suggestion becomes the rate of the run and of its
// config.json, so that a resumed run knows it too. Keeps the frozen base's features for it, and for
// the run.
static vktl_status find_rate(struct trainer *trainer)
{
    vktl_status status = VKTL_OK;
    struct session *session = &trainer->session;
    struct vktl_fine_tune *fine_tune = &session->params.fine_tune;
    const struct vktl_lr_find_params defaults = {0};
    if (!session->params.find_learning_rate)
        return VKTL_OK;
    TRY(keep_features(trainer));
    TRY(lr_find_run(session, &defaults, &trainer->lr_test));
    const double found = trainer->lr_test.suggestions.recommended;
    if (isnan(found))
        FAIL(trainer->log, VKTL_FAILED,
             "the loss never falls in the range test, so it suggests no learning rate; give --lr a "
             "number");
    session->params.learning_rate = session->learning_rate = rounded(found);
    if (fine_tune->epochs && fine_tune->learning_rate == 0)
        fine_tune->learning_rate = session->params.learning_rate / 10;
    begin_course(trainer);
    const struct vktl_train_progress progress = session_progress(session, VKTL_TRAIN_LR_FOUND);
    session_tell(session, &progress);
fail:
    return status;
}

// Data, model, plan and run folder, where `resume` says that the run stands.
static vktl_status prepare(struct trainer *trainer, struct vktl_device *device,
                           const struct resume *resume)
{
    vktl_status status = VKTL_OK;
    struct session *session = &trainer->session;
    const bool goes_on = resume->checkpoint != NULL;
    TRY(session_open_checkpoint(trainer->log, device, &resume->params, resume->checkpoint,
                                session));
    if (resume->is_run)
        TRY(resume_check_files(trainer->log, session));
    TRY(resume_check_course(session, resume));
    trainer->course = resume->course;
    if (goes_on)
        session->model->base_count = resume->course.base_layers;
    else
        begin_course(trainer);
    session->step = trainer->course.step;
    session->fresh_step = trainer->course.phase_step;
    session->loss_scale = trainer->course.loss_scale;
    if (resume->is_same_device)
        TRY(session_take_tuning(session, &resume->config.tuning));
    TRY(session_settle_batch(session, trainer->course.phase == 0));
    TRY(session_plan(session));
    if (!goes_on)
        TRY(find_rate(trainer));
    TRY(run_init(trainer->log, session, &trainer->run));
    trainer->run.good = trainer->course;
    if (goes_on)
        TRY(run_load(&trainer->run, &resume->course));
    else
        TRY(run_create(&trainer->run, session));
    trainer->result->has_run = true;
    if (trainer->lr_test.count > 0)
        TRY(vktl_lr_find_save(trainer->log, &trainer->lr_test, session->params.run_folder));
    if (goes_on &&
        (resume->is_changed || session->params.micro_batch != resume->params.micro_batch))
        TRY(run_write_config(&trainer->run, session));
    TRY(board_open(trainer->log, &session->params, trainer->course.epoch, &trainer->board));
fail:
    return status;
}

static vktl_status train(struct trainer *trainer, struct vktl_device *device,
                         const struct resume *resume)
{
    vktl_status status = VKTL_OK;
    struct session *session = &trainer->session;
    if (resume->params.dry_run) {
        TRY(session_open(trainer->log, device, &resume->params, session));
        status = dry_run(session);
        trainer->result->device_bytes = session->plan ? plan_size(session->plan) : 0;
        return status; // told all there is to tell
    }
    TRY(prepare(trainer, device, resume));
    trainer->result->device_bytes = plan_size(session->plan);
    trainer->result->first_epoch = trainer->course.epoch;
    trainer->result->learning_rate = session->params.learning_rate;
    note_result(trainer);
    if (resume->checkpoint)
        log_info(trainer->log, "Resuming at epoch %" PRIu32 ", after step %" PRIu64,
                 trainer->course.epoch, trainer->course.step);
    if (trainer->lr_test.count == 0) // the range test has kept them already
        TRY(keep_features(trainer));
    TRY(run_phases(trainer));
fail:
    return status;
}

static void tell_complete(struct trainer *trainer, const struct resume *resume)
{
    trainer->course = resume->course;
    note_result(trainer);
    trainer->result->was_complete = true;
    trainer->result->learning_rate = resume->params.learning_rate;
    log_info(trainer->log,
             "%s is complete: %" PRIu32 " epochs, %" PRIu64 " steps%s; there is nothing to do.",
             resume->params.run_folder, resume->course.epochs_done, resume->course.step,
             resume->course.phase_is_over ? ", stopped early" : "");
}

vktl_status vktl_train(const struct vktl_log *log, struct vktl_device *device,
                       const struct vktl_train_params *params, struct vktl_train_result *result)
{
    vktl_status status = VKTL_OK;
    struct trainer trainer = {.log = log, .result = result};
    struct resume resume = {.params = *params};
    *result = (struct vktl_train_result){.best_value = NAN,
                                         .last_loss = NAN,
                                         .last_accuracy = NAN,
                                         .last_val_loss = NAN,
                                         .last_val_accuracy = NAN};
    if (!params->dry_run && params->run_folder)
        TRY(run_enter_folder(log, params, &trainer.folder));
    if (params->resume)
        TRY(resume_open(log, vktl_device_info(device), params, &resume));
    result->best_monitor =
        best_monitor(&resume.params.callbacks,
                     resume.params.validation_folder || resume.params.validation_split > 0);
    if (resume.is_complete) {
        tell_complete(&trainer, &resume);
        goto fail;
    }
    TRY(check_run(log, &resume.params));
    TRY(train(&trainer, device, &resume));
fail:
    vktl_lr_find_release(&trainer.lr_test);
    board_close(&trainer.board);
    run_deinit(&trainer.run);
    run_leave_folder(&trainer.folder);
    session_close(&trainer.session);
    resume_close(&resume);
    return status;
}
