// Responsible for what a session is made of: settings, data and model. The plan is
// session_plan.c's, the frozen base's output session_features.c's, steps are steps.c's.
#include "train/session.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "data/dataset.h"
#include "train/callbacks.h"
#include "train/optimizer.h"
#include "train/schedule.h"

// ---- Telling -----------------------------------------------------------------------------------

struct vktl_train_progress session_progress(const struct session *session,
                                            enum vktl_train_stage stage)
{
    return (struct vktl_train_progress){
        .stage = stage,
        .epoch = session->epoch,
        .epochs = session->params.epochs,
        .loss = NAN,
        .accuracy = NAN,
        .val_loss = NAN,
        .val_accuracy = NAN,
        .learning_rate = session->learning_rate,
        .seconds = clock_seconds() - session->stage_started,
    };
}

void session_tell(const struct session *session, const struct vktl_train_progress *progress)
{
    if (session->params.progress)
        session->params.progress(session->params.user, progress);
}

bool session_should_stop(const struct session *session)
{
    return session->params.should_stop && session->params.should_stop(session->params.user);
}

static bool tell_done(const struct session *session, enum vktl_train_stage stage, uint32_t done,
                      uint32_t total)
{
    struct vktl_train_progress progress = session_progress(session, stage);
    progress.done = done;
    progress.total = total;
    session_tell(session, &progress);
    return session_should_stop(session);
}

// ---- Settings ----------------------------------------------------------------------------------

static vktl_status check_params(const struct vktl_log *log, const struct vktl_train_params *params)
{
    if (!params->train_folder)
        return log_fail(log, VKTL_USAGE, "no training images: --train DIR is needed");
    if (params->validation_folder && params->validation_split > 0)
        return log_fail(log, VKTL_USAGE,
                        "--val and --val-split exclude each other: validate on a folder or on a "
                        "part of the training images");
    if (params->find_batch && params->micro_batch)
        return log_fail(log, VKTL_USAGE,
                        "--batch auto finds what fits without parts: leave --micro-batch out");
    return VKTL_OK;
}

static vktl_status check_choices(const struct session *session)
{
    vktl_status status = VKTL_OK;
    const struct vktl_train_params *params = &session->params;
    const bool has_validation = params->validation_folder || params->validation_split > 0;
    TRY(schedule_check(session->log, &params->schedule));
    TRY(vktl_augment_check(session->log, &params->augment));
    TRY(callbacks_check(session->log, &params->callbacks, has_validation));
    if (params->callbacks.reduce_lr && params->schedule.kind != VKTL_SCHEDULE_CONSTANT)
        FAIL(session->log, VKTL_USAGE,
             "--reduce-lr and --schedule both set the learning rate: choose one of them");
    if (!params->fine_tune.unfreeze_from != !params->fine_tune.epochs)
        FAIL(session->log, VKTL_USAGE,
             "fine-tuning needs both --unfreeze-from LAYER and --fine-tune-epochs N");
fail:
    return status;
}

static vktl_status check_strict(const struct session *session)
{
    const struct vktl_train_params *params = &session->params;
    if (params->strict && params->precision == VKTL_MIXED)
        return log_fail(session->log, VKTL_USAGE,
                        "--strict: products of halves differ from device to device; leave "
                        "--precision mixed out");
    if (params->strict && params->find_batch)
        return log_fail(session->log, VKTL_USAGE,
                        "--strict: --batch auto finds what fits on this device, another one would "
                        "take other batches; give --batch a number");
    return VKTL_OK;
}

static vktl_status check_precision(const struct session *session)
{
    const struct vktl_device_info *info = vktl_device_info(session->device);
    if (session->params.precision != VKTL_MIXED || info->matrix_rows)
        return VKTL_OK;
    if (!gpu_knows_matrices())
        return log_fail(session->log, VKTL_NO_DEVICE,
                        "--precision mixed: this vktl was built without kernels for it, since its "
                        "shader compiler does not know cooperative matrices; run tools/setup.sh "
                        "and build again, or take --precision fp32");
    return log_fail(session->log, VKTL_NO_DEVICE,
                    "--precision mixed: %s has no cooperative matrices of halves; take --precision "
                    "fp32, or another --device (`vktl devices` lists them)",
                    info->name);
}

static void fill_defaults(struct vktl_train_params *params)
{
    if (!params->model.model)
        params->model.model = "vgg16";
    if (!params->model.head)
        params->model.head = "flatten,dense:256:relu,dropout:0.5";
    if (!params->epochs)
        params->epochs = 20;
    if (!params->batch && !params->find_batch)
        params->batch = 16;
    if (!params->micro_batch || params->micro_batch > params->batch)
        params->micro_batch = params->batch; // 0 where that is to be found
    if (params->learning_rate == 0)
        params->learning_rate = 0.001;
    optimizer_fill_defaults(&params->optimizer);
    if (!params->cache_limit)
        params->cache_limit = (uint64_t)2 << 30;
    if (!params->feature_store_limit)
        params->feature_store_limit = (uint64_t)4 << 30;
    if (!params->augment_variants)
        params->augment_variants = 8;
    if (params->checkpoint_seconds == 0)
        params->checkpoint_seconds = 10;
    if (params->callbacks.lr_min_delta == 0)
        params->callbacks.lr_min_delta = 1e-4;
    if (params->fine_tune.epochs && params->fine_tune.learning_rate == 0 &&
        !params->find_learning_rate)
        params->fine_tune.learning_rate = params->learning_rate / 10;
}

// ---- Data and model ----------------------------------------------------------------------------

static void scan_tick(void *user, uint32_t done, uint32_t total)
{
    tell_done(user, VKTL_TRAIN_SCAN, done, total);
}

static bool scan_should_stop(void *user)
{
    return session_should_stop(user);
}

// `room`: bytes of memory for decoded images; what is left of them.
static vktl_status scan(struct session *session, struct vktl_dataset *dataset, uint64_t *room)
{
    const struct vktl_scan scan = {
        .image_size = vktl_model_image_size(session->model),
        .interpolation = vktl_model_interpolation(session->model),
        .cache_limit = *room,
        .remembers = !session->params.no_feature_store,
        .progress = scan_tick,
        .should_stop = scan_should_stop,
        .user = session,
    };
    uint32_t dropped = 0;
    const vktl_status status = vktl_dataset_scan(session->log, dataset, &scan, &dropped);
    *room = dataset->cache_left;
    if (status == VKTL_OK && dropped)
        log_warning(session->log, "%" PRIu32 " unreadable images were left out; %" PRIu32 " remain",
                    dropped, vktl_dataset_count(dataset));
    return status;
}

static vktl_status open_data(struct session *session)
{
    vktl_status status = VKTL_OK;
    const struct vktl_train_params *params = &session->params;
    struct vktl_dataset *whole = NULL;
    TRY(vktl_dataset_open(session->log, params->train_folder, NULL, 0, &session->training));
    if (params->validation_split > 0) {
        whole = session->training;
        session->training = NULL;
        TRY(vktl_dataset_split(session->log, whole, params->validation_split, &session->training,
                               &session->validation));
    }
fail:
    vktl_dataset_destroy(&whole);
    return status;
}

// The model's outputs are the training folder's classes, in its order.
static vktl_status open_model(struct session *session, const char *checkpoint)
{
    vktl_status status = VKTL_OK;
    struct vktl_model_params *params = &session->params.model;
    const struct vktl_model_params as_it_is = {.model = checkpoint};
    const uint32_t count = vktl_dataset_class_count(session->training);
    const char **names = calloc(count, sizeof *names);
    TRY_ALLOC(session->log, names);
    for (uint32_t i = 0; i < count; i++)
        names[i] = vktl_dataset_class_name(session->training, i);
    params->classes = names;
    params->class_count = count;
    if (session->params.validation_folder)
        TRY(vktl_dataset_open(session->log, session->params.validation_folder, names, count,
                              &session->validation));
    TRY(vktl_model_open(session->log, checkpoint ? &as_it_is : params, &session->model));
    TRY(model_initialize(session->log, session->model, session->params.seed));
fail:
    params->classes = NULL;
    free(names);
    return status;
}

// ---- The whole ---------------------------------------------------------------------------------

static vktl_status prepare(struct session *session, const char *checkpoint)
{
    vktl_status status = VKTL_OK;
    const struct feed_variants training = {
        .augment = vktl_augment_is_on(&session->params.augment) ? &session->params.augment : NULL,
        .seed = session->params.seed,
        .kept = 1,
        .refresh = session->params.refresh_epochs,
    };
    const struct feed_variants validation = {.kept = 1};
    TRY(open_data(session));
    TRY(open_model(session, checkpoint));
    session->training_count = vktl_dataset_count(session->training);
    session->validation_count = session->validation ? vktl_dataset_count(session->validation) : 0;
    uint64_t room = session_image_memory(session);
    TRY(scan(session, session->training, &room));
    TRY(feed_init(session->log, session->training, session->model, &training,
                  &session->training_feed));
    session->training_count = vktl_dataset_count(session->training);
    TRY(optimizer_class_weights(session->log, &session->params.optimizer, session->training,
                                &session->class_weights));
    if (session->validation) {
        TRY(scan(session, session->validation, &room));
        TRY(feed_init(session->log, session->validation, session->model, &validation,
                      &session->validation_feed));
        session->validation_count = vktl_dataset_count(session->validation);
    }
fail:
    return status;
}

vktl_status session_open_checkpoint(const struct vktl_log *log, struct vktl_device *device,
                                    const struct vktl_train_params *params, const char *path,
                                    struct session *session)
{
    vktl_status status = VKTL_OK;
    *session = (struct session){.log = log, .device = device, .params = *params};
    session->stage_started = clock_seconds();
    TRY(check_params(log, params));
    fill_defaults(&session->params);
    TRY(check_choices(session));
    TRY(check_strict(session));
    TRY(check_precision(session));
    if (session->params.strict)
        gpu_be_strict(session->device);
    loss_scale_reset(params->precision == VKTL_MIXED, &session->loss_scale);
    session->learning_rate = session->params.learning_rate;
    TRY(prepare(session, path));
fail:
    return status;
}

vktl_status session_open(const struct vktl_log *log, struct vktl_device *device,
                         const struct vktl_train_params *params, struct session *session)
{
    return session_open_checkpoint(log, device, params, NULL, session);
}

void session_drop_validation(struct session *session)
{
    feed_deinit(&session->validation_feed);
    vktl_dataset_destroy(&session->validation);
    session->validation_count = 0;
}

void session_close(struct session *session)
{
    session_drop_features(session);
    feed_deinit(&session->training_feed);
    feed_deinit(&session->validation_feed);
    plan_destroy(&session->plan);
    vktl_model_destroy(&session->model);
    vktl_dataset_destroy(&session->training);
    vktl_dataset_destroy(&session->validation);
    tuning_deinit(&session->tuning);
    free(session->order);
    free(session->class_weights);
}
