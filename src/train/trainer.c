// Responsible for the course of a training run: data, model, plan, epochs, and how it ends. Filling
// batches is feed.c's, the run folder run.c's.
#include <vktl/trainer.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/rng.h"
#include "train/feed.h"
#include "train/run.h"

struct trainer {
    const struct vktl_log *log;
    struct vktl_device *device;
    struct vktl_train_params params; // with defaults filled in
    struct vktl_train_result *result;
    struct vktl_dataset *training, *validation; // validation may be NULL
    struct vktl_model *model;
    struct plan *plan;
    struct run run;
    struct feed training_feed, validation_feed;
    uint32_t *order;
    uint32_t order_count;
    uint64_t step;
    uint32_t epoch;       // from 1
    double epoch_started; // clock_seconds
};

// Sums over samples.
struct sums {
    double loss, hits;
    uint64_t count;
};

// ---- Telling -----------------------------------------------------------------------------------

static struct vktl_train_progress progress_of(const struct trainer *trainer,
                                              enum vktl_train_stage stage)
{
    return (struct vktl_train_progress){
        .stage = stage,
        .epoch = trainer->epoch,
        .epochs = trainer->params.epochs,
        .loss = NAN,
        .accuracy = NAN,
        .val_loss = NAN,
        .val_accuracy = NAN,
        .learning_rate = trainer->params.learning_rate,
        .seconds = clock_seconds() - trainer->epoch_started,
    };
}

static void tell(const struct trainer *trainer, const struct vktl_train_progress *progress)
{
    if (trainer->params.progress)
        trainer->params.progress(trainer->params.user, progress);
}

static bool should_stop(const struct trainer *trainer)
{
    return trainer->params.should_stop && trainer->params.should_stop(trainer->params.user);
}

static bool tell_done(const struct trainer *trainer, enum vktl_train_stage stage, uint32_t done,
                      uint32_t total)
{
    struct vktl_train_progress progress = progress_of(trainer, stage);
    progress.done = done;
    progress.total = total;
    tell(trainer, &progress);
    return should_stop(trainer);
}

// ---- Settings ----------------------------------------------------------------------------------

static vktl_status check_params(const struct vktl_log *log, const struct vktl_train_params *params)
{
    if (!params->train_folder)
        return log_fail(log, VKTL_USAGE, "no training images: --train DIR is needed");
    if (!params->run_folder && !params->dry_run)
        return log_fail(log, VKTL_USAGE, "nowhere to write the model: --run DIR is needed");
    if (params->validation_folder && params->validation_split > 0)
        return log_fail(log, VKTL_USAGE,
                        "--val and --val-split exclude each other: validate on a folder or on a "
                        "part of the training images");
    return VKTL_OK;
}

static void fill_defaults(struct vktl_train_params *params)
{
    if (!params->model.model)
        params->model.model = "vgg16";
    if (!params->model.head)
        params->model.head = "flatten,dense:256:relu,dropout:0.5";
    if (!params->epochs)
        params->epochs = 20;
    if (!params->batch)
        params->batch = 16;
    if (params->learning_rate == 0)
        params->learning_rate = 0.001;
    if (params->momentum == 0)
        params->momentum = 0.9;
    else if (params->momentum < 0)
        params->momentum = 0;
    if (!params->cache_limit)
        params->cache_limit = (uint64_t)2 << 30;
}

// ---- Data and model ----------------------------------------------------------------------------

static void scan_tick(void *user, uint32_t done, uint32_t total)
{
    tell_done(user, VKTL_TRAIN_SCAN, done, total);
}

static bool scan_should_stop(void *user)
{
    return should_stop(user);
}

static vktl_status scan(struct trainer *trainer, struct vktl_dataset *dataset)
{
    const struct vktl_scan scan = {
        .image_size = vktl_model_image_size(trainer->model),
        .interpolation = vktl_model_interpolation(trainer->model),
        .cache_limit = trainer->params.cache_limit,
        .progress = scan_tick,
        .should_stop = scan_should_stop,
        .user = trainer,
    };
    uint32_t dropped = 0;
    const vktl_status status = vktl_dataset_scan(trainer->log, dataset, &scan, &dropped);
    if (status == VKTL_OK && dropped)
        log_warning(trainer->log, "%" PRIu32 " unreadable images were left out; %" PRIu32 " remain",
                    dropped, vktl_dataset_count(dataset));
    return status;
}

static vktl_status open_data(struct trainer *trainer)
{
    vktl_status status = VKTL_OK;
    const struct vktl_train_params *params = &trainer->params;
    struct vktl_dataset *whole = NULL;
    TRY(vktl_dataset_open(trainer->log, params->train_folder, NULL, 0, &trainer->training));
    if (params->validation_split > 0) {
        whole = trainer->training;
        trainer->training = NULL;
        TRY(vktl_dataset_split(trainer->log, whole, params->validation_split, &trainer->training,
                               &trainer->validation));
    }
fail:
    vktl_dataset_destroy(&whole);
    return status;
}

// The model's outputs are the training folder's classes, in its order.
static vktl_status open_model(struct trainer *trainer)
{
    vktl_status status = VKTL_OK;
    struct vktl_model_params *params = &trainer->params.model;
    const uint32_t count = vktl_dataset_class_count(trainer->training);
    const char **names = calloc(count, sizeof *names);
    TRY_ALLOC(trainer->log, names);
    for (uint32_t i = 0; i < count; i++)
        names[i] = vktl_dataset_class_name(trainer->training, i);
    params->classes = names;
    params->class_count = count;
    if (trainer->params.validation_folder)
        TRY(vktl_dataset_open(trainer->log, trainer->params.validation_folder, names, count,
                              &trainer->validation));
    TRY(vktl_model_open(trainer->log, params, &trainer->model));
    TRY(model_initialize(trainer->log, trainer->model, trainer->params.seed));
fail:
    params->classes = NULL;
    free(names);
    return status;
}

// ---- Plan --------------------------------------------------------------------------------------

static bool layer_is_trained(const struct layer *layer)
{
    return layer_trainable_parameters(layer) > 0;
}

// Layers whose output is the same in every epoch: those below the first that is trained or draws
// random numbers. 0 where that saves no work.
static uint32_t frozen_layers(const struct vktl_model *model)
{
    uint32_t cut = 0;
    bool has_weights = false;
    while (cut < model->layer_count && !layer_is_trained(&model->layers[cut]) &&
           model->layers[cut].op->kind != OP_TRAINING_ONLY) {
        has_weights = has_weights || layer_parameters(&model->layers[cut]) > 0;
        cut++;
    }
    return has_weights ? cut : 0;
}

static uint32_t choose_cut(const struct trainer *trainer)
{
    const uint32_t cut = frozen_layers(trainer->model);
    if (cut == 0 || trainer->params.no_cache)
        return 0;
    const uint64_t images = vktl_dataset_count(trainer->training) +
                            (trainer->validation ? vktl_dataset_count(trainer->validation) : 0);
    const uint64_t size = images * shape_size(&trainer->model->layers[cut - 1].io.out);
    if (size <= trainer->params.cache_limit)
        return cut;
    log_warning(
        trainer->log,
        "the frozen base's features (%.1f MiB) exceed --cache-limit (%.1f MiB), so they are "
        "computed anew in every epoch",
        (double)size / 1048576, (double)trainer->params.cache_limit / 1048576);
    return 0;
}

static vktl_status check_trainable(const struct trainer *trainer)
{
    for (uint32_t i = 0; i < trainer->model->layer_count; i++)
        if (layer_is_trained(&trainer->model->layers[i]))
            return VKTL_OK;
    return log_fail(
        trainer->log, VKTL_USAGE,
        "nothing to train: every layer with weights is frozen; lower --freeze or give a "
        "--head");
}

static vktl_status tell_plan(struct trainer *trainer)
{
    vktl_status status = VKTL_OK;
    struct text text;
    char *summary = NULL;
    text_init(&text);
    if (trainer->params.dry_run) {
        TRY(vktl_model_summary(trainer->log, trainer->model, &summary));
        text_append(&text, summary);
    }
    plan_describe(trainer->plan, &text);
    TRY(text_status(trainer->log, &text));
    struct vktl_train_progress progress = progress_of(trainer, VKTL_TRAIN_PLAN);
    progress.plan = text.data;
    tell(trainer, &progress);
fail:
    text_deinit(&text);
    free(summary);
    return status;
}

static vktl_status set_optimizer(const struct trainer *trainer, const struct op *sgd, void *params)
{
    vktl_status status = VKTL_OK;
    const double momentum = trainer->params.momentum, decay = trainer->params.weight_decay;
    const double nesterov = trainer->params.nesterov;
    fields_init(sgd->fields, params);
    TRY(field_set_numbers(trainer->log, field_find(sgd->fields, "momentum"), params, &momentum, 1));
    TRY(field_set_numbers(trainer->log, field_find(sgd->fields, "nesterov"), params, &nesterov, 1));
    TRY(field_set_numbers(trainer->log, field_find(sgd->fields, "weight_decay"), params, &decay,
                          1));
fail:
    return status;
}

static vktl_status make_plan(struct trainer *trainer)
{
    vktl_status status = VKTL_OK;
    _Alignas(8) unsigned char optimizer_params[OP_MAX_PARAMS_SIZE] = {0};
    const struct op *sgd = op_find("sgd");
    const uint32_t cut = choose_cut(trainer);
    TRY(check_trainable(trainer));
    TRY(set_optimizer(trainer, sgd, optimizer_params));
    const struct plan_params params = {
        .batch = trainer->params.batch,
        .passes = {[PASS_FEATURES] = cut > 0,
                   [PASS_EVALUATE] = trainer->validation != NULL,
                   [PASS_TRAIN] = true},
        .cut = cut,
        .optimizer = sgd,
        .optimizer_params = optimizer_params,
    };
    TRY(plan_create(trainer->log, trainer->device, trainer->model, &params, &trainer->plan));
    trainer->result->device_bytes = plan_size(trainer->plan);
    // What is about to be allocated is told before; a dry run also wants the submits, known after.
    if (!trainer->params.dry_run)
        TRY(tell_plan(trainer));
    TRY(plan_build(trainer->plan));
    if (trainer->params.dry_run)
        TRY(tell_plan(trainer));
fail:
    return status;
}

// ---- Features of the frozen base ---------------------------------------------------------------

struct feature_tick {
    struct trainer *trainer;
    uint32_t before, total;
};

static bool on_features(void *user, uint32_t done)
{
    const struct feature_tick *tick = user;
    return tell_done(tick->trainer, VKTL_TRAIN_FEATURES, tick->before + done, tick->total);
}

static vktl_status keep_features(struct trainer *trainer)
{
    vktl_status status = VKTL_OK;
    const uint32_t training = vktl_dataset_count(trainer->training);
    const uint32_t validation = trainer->validation ? vktl_dataset_count(trainer->validation) : 0;
    struct feature_tick tick = {trainer, 0, training + validation};
    trainer->epoch_started = clock_seconds();
    TRY(feed_keep_features(trainer->log, &trainer->training_feed, trainer->plan,
                           trainer->params.batch, on_features, &tick));
    tick.before = training;
    if (validation)
        TRY(feed_keep_features(trainer->log, &trainer->validation_feed, trainer->plan,
                               trainer->params.batch, on_features, &tick));
    trainer->result->features_seconds = clock_seconds() - trainer->epoch_started;
fail:
    return status;
}

// ---- Epochs ------------------------------------------------------------------------------------

static void set_step(struct trainer *trainer)
{
    struct step *step = plan_step(trainer->plan);
    step->number = (uint32_t)trainer->step;
    step->seed_low = (uint32_t)trainer->params.seed;
    step->seed_high = (uint32_t)(trainer->params.seed >> 32);
    step->learning_rate = (float)trainer->params.learning_rate;
}

static struct sums batch_sums(const struct trainer *trainer, uint32_t rows)
{
    struct sums sums = {.count = rows};
    for (uint32_t row = 0; row < rows; row++) {
        sums.loss += plan_losses(trainer->plan)[row];
        sums.hits += plan_hits(trainer->plan)[row];
    }
    return sums;
}

static void add_sums(struct sums *total, const struct sums *part)
{
    total->loss += part->loss;
    total->hits += part->hits;
    total->count += part->count;
}

static vktl_status check_finite(const struct trainer *trainer, const struct sums *batch)
{
    if (isfinite(batch->loss))
        return VKTL_OK;
    return log_fail(
        trainer->log, VKTL_DIVERGED,
        "the loss is %g at step %" PRIu64 " (epoch %" PRIu32
        "): training has diverged; the last good weights are in last.safetensors; try a "
        "smaller --lr (now %g)",
        batch->loss / (double)batch->count, trainer->step, trainer->epoch,
        trainer->params.learning_rate);
}

static void log_step(struct trainer *trainer, const struct sums *batch)
{
    text_format(&trainer->run.steps, "%" PRIu64 ",%.9g,%.9g,%.9g\n", trainer->step,
                batch->loss / (double)batch->count, batch->hits / (double)batch->count,
                trainer->params.learning_rate);
}

static bool steps_are_used_up(const struct trainer *trainer)
{
    return trainer->params.max_steps && trainer->step >= trainer->params.max_steps;
}

static void tell_step(const struct trainer *trainer, const struct sums *sums, uint32_t done,
                      uint32_t total)
{
    struct vktl_train_progress progress = progress_of(trainer, VKTL_TRAIN_STEP);
    progress.done = done;
    progress.total = total;
    progress.loss = sums->loss / (double)sums->count;
    progress.accuracy = sums->hits / (double)sums->count;
    tell(trainer, &progress);
}

static vktl_status train_epoch(struct trainer *trainer, struct sums *sums)
{
    vktl_status status = VKTL_OK;
    const uint32_t count = trainer->order_count, batch = trainer->params.batch;
    const uint32_t steps = (count - 1) / batch + 1;
    for (uint32_t i = 0; i < count; i++)
        trainer->order[i] = i;
    if (!trainer->params.no_shuffle)
        rng_shuffle(trainer->order, count, trainer->params.seed, trainer->epoch);
    feed_begin(&trainer->training_feed, trainer->order, count);
    for (uint32_t done = 0; done < count && !steps_are_used_up(trainer);) {
        const uint32_t rows = count - done < batch ? count - done : batch;
        TRY(feed_next(trainer->log, &trainer->training_feed, trainer->plan, PASS_TRAIN,
                      trainer->order + done, rows, batch));
        set_step(trainer);
        TRY(plan_run(trainer->plan, PASS_TRAIN));
        const struct sums part = batch_sums(trainer, rows);
        trainer->step++;
        trainer->result->steps_done = trainer->step;
        log_step(trainer, &part);
        TRY(check_finite(trainer, &part));
        add_sums(sums, &part);
        done += rows;
        tell_step(trainer, sums, (done - 1) / batch + 1, steps);
        if (should_stop(trainer))
            FAIL(trainer->log, VKTL_INTERRUPTED, "interrupted after step %" PRIu64, trainer->step);
    }
fail:
    return status;
}

static vktl_status validate(struct trainer *trainer, struct sums *sums)
{
    vktl_status status = VKTL_OK;
    const uint32_t count = vktl_dataset_count(trainer->validation), batch = trainer->params.batch;
    uint32_t *order = calloc(count, sizeof *order);
    TRY_ALLOC(trainer->log, order);
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    feed_begin(&trainer->validation_feed, order, count);
    for (uint32_t done = 0; done < count;) {
        const uint32_t rows = count - done < batch ? count - done : batch;
        TRY(feed_next(trainer->log, &trainer->validation_feed, trainer->plan, PASS_EVALUATE,
                      order + done, rows, batch));
        TRY(plan_run(trainer->plan, PASS_EVALUATE));
        const struct sums part = batch_sums(trainer, rows);
        add_sums(sums, &part);
        done += rows;
    }
fail:
    free(order);
    return status;
}

static void log_epoch(struct trainer *trainer, const struct vktl_train_progress *epoch)
{
    struct text *text = &trainer->run.history;
    text_format(text, "%" PRIu32 ",%.9g,%.9g,", epoch->epoch, epoch->loss, epoch->accuracy);
    if (trainer->validation)
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
    trainer->epoch_started = clock_seconds();
    TRY(train_epoch(trainer, &training));
    TRY(run_pull(&trainer->run, trainer->epoch, trainer->step));
    if (trainer->validation)
        TRY(validate(trainer, &validation));
    struct vktl_train_progress epoch = progress_of(trainer, VKTL_TRAIN_EPOCH);
    epoch.loss = training.loss / (double)training.count;
    epoch.accuracy = training.hits / (double)training.count;
    epoch.val_loss = trainer->validation ? validation.loss / (double)validation.count : NAN;
    epoch.val_accuracy = trainer->validation ? validation.hits / (double)validation.count : NAN;
    epoch.improved = trainer->validation
                         ? run_judge(&trainer->run, epoch.val_accuracy, epoch.val_loss)
                         : run_judge(&trainer->run, epoch.accuracy, epoch.loss);
    log_epoch(trainer, &epoch);
    note_epoch(trainer, &epoch);
    tell(trainer, &epoch);
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
        written = run_pull(&trainer->run, trainer->epoch, trainer->step);
    if (status == VKTL_DIVERGED)
        trainer->run.last_is_new = true;
    if (written == VKTL_OK && status != VKTL_IO) // what cannot be written was said already
        written = run_flush(&trainer->run, true);
    return status == VKTL_OK ? written : status;
}

static vktl_status run_epochs(struct trainer *trainer)
{
    vktl_status status = VKTL_OK;
    trainer->order_count = vktl_dataset_count(trainer->training);
    trainer->order = calloc(trainer->order_count, sizeof *trainer->order);
    TRY_ALLOC(trainer->log, trainer->order);
    for (trainer->epoch = 1; trainer->epoch <= trainer->params.epochs; trainer->epoch++) {
        if (steps_are_used_up(trainer))
            break;
        TRY(run_epoch(trainer));
    }
fail:
    return finish(trainer, status);
}

// ---- The whole ---------------------------------------------------------------------------------

static vktl_status prepare(struct trainer *trainer)
{
    vktl_status status = VKTL_OK;
    if (!trainer->params.dry_run)
        TRY(run_check_folder(trainer->log, &trainer->params));
    TRY(open_data(trainer));
    TRY(open_model(trainer));
    TRY(scan(trainer, trainer->training));
    if (trainer->validation)
        TRY(scan(trainer, trainer->validation));
    TRY(feed_init(trainer->log, trainer->training, trainer->model, &trainer->training_feed));
    if (trainer->validation)
        TRY(feed_init(trainer->log, trainer->validation, trainer->model,
                      &trainer->validation_feed));
    TRY(make_plan(trainer));
fail:
    return status;
}

static void trainer_deinit(struct trainer *trainer)
{
    run_deinit(&trainer->run);
    feed_deinit(&trainer->training_feed);
    feed_deinit(&trainer->validation_feed);
    plan_destroy(&trainer->plan);
    vktl_model_destroy(&trainer->model);
    vktl_dataset_destroy(&trainer->training);
    vktl_dataset_destroy(&trainer->validation);
    free(trainer->order);
}

vktl_status vktl_train(const struct vktl_log *log, struct vktl_device *device,
                       const struct vktl_train_params *params, struct vktl_train_result *result)
{
    vktl_status status = VKTL_OK;
    struct trainer trainer = {.log = log, .device = device, .params = *params, .result = result};
    *result = (struct vktl_train_result){.best_value = NAN,
                                         .last_loss = NAN,
                                         .last_accuracy = NAN,
                                         .last_val_loss = NAN,
                                         .last_val_accuracy = NAN};
    trainer.epoch_started = clock_seconds();
    TRY(check_params(log, params));
    fill_defaults(&trainer.params);
    TRY(prepare(&trainer));
    if (trainer.params.dry_run)
        goto fail; // told all there is to tell
    TRY(run_init(log, &trainer.params, device, trainer.model, trainer.plan, &trainer.run));
    if (plan_has_pass(trainer.plan, PASS_FEATURES))
        TRY(keep_features(&trainer));
    TRY(run_epochs(&trainer));
fail:
    trainer_deinit(&trainer);
    return status;
}
