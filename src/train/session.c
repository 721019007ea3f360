// Responsible for what a session is made of: settings, data, model and the frozen base's output.
// The plan is session_plan.c's, steps are steps.c's.
#include "train/session.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
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

static vktl_status scan(struct session *session, struct vktl_dataset *dataset)
{
    const struct vktl_scan scan = {
        .image_size = vktl_model_image_size(session->model),
        .interpolation = vktl_model_interpolation(session->model),
        .cache_limit = session->params.cache_limit,
        .progress = scan_tick,
        .should_stop = scan_should_stop,
        .user = session,
    };
    uint32_t dropped = 0;
    const vktl_status status = vktl_dataset_scan(session->log, dataset, &scan, &dropped);
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

// ---- The frozen base ---------------------------------------------------------------------------

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
           !model_learns_statistics(model, cut) &&
           model->layers[cut].op->kind != OP_TRAINING_ONLY) {
        has_weights = has_weights || layer_parameters(&model->layers[cut]) > 0;
        cut++;
    }
    return has_weights ? cut : 0;
}

static bool augments(const struct session *session)
{
    return vktl_augment_is_on(&session->params.augment);
}

// Variants of each training image that are worth keeping.
static uint32_t wanted_variants(const struct session *session)
{
    return augments(session) ? session->params.augment_variants : 1;
}

// How many of them the cache holds of the output of `cut` layers, beside the validation images';
// 0: none.
static uint32_t fitting_variants(const struct session *session, uint32_t cut)
{
    const uint64_t size = shape_size(&session->model->layers[cut - 1].io.out);
    const uint64_t room = session->params.cache_limit / size; // pictures
    const uint64_t validation = session->validation_count;
    const uint64_t fitting = room > validation ? (room - validation) / session->training_count : 0;
    const uint32_t wanted = wanted_variants(session);
    return fitting < wanted ? (uint32_t)fitting : wanted;
}

uint32_t session_cut(const struct session *session)
{
    const uint32_t cut = session->params.no_cache ? 0 : frozen_layers(session->model);
    return cut && fitting_variants(session, cut) ? cut : 0;
}

void session_warn_of_cache(const struct session *session)
{
    const uint32_t cut = session->params.no_cache ? 0 : frozen_layers(session->model);
    const uint32_t fitting = cut ? fitting_variants(session, cut) : 0;
    const uint64_t images = (uint64_t)session->training_count + session->validation_count;
    const double limit = (double)session->params.cache_limit / 1048576;
    if (cut && !fitting)
        log_warning(
            session->log,
            "the frozen base's features (%.1f MiB) exceed --cache-limit (%.1f MiB), so they are "
            "computed anew in every epoch",
            (double)(images * shape_size(&session->model->layers[cut - 1].io.out)) / 1048576,
            limit);
    else if (cut && fitting < wanted_variants(session))
        log_warning(session->log,
                    "--cache-limit (%.1f MiB) holds the frozen base's features of %u augmented "
                    "variants an image, not of %u",
                    limit, fitting, wanted_variants(session));
}

// ---- Features of the frozen base ---------------------------------------------------------------

struct feature_tick {
    struct session *session;
    uint32_t before, total;
};

static bool on_features(void *user, uint32_t done)
{
    const struct feature_tick *tick = user;
    const struct session *session = tick->session;
    struct vktl_train_progress progress = session_progress(session, VKTL_TRAIN_FEATURES);
    progress.done = tick->before + done;
    progress.total = tick->total;
    progress.images = session->training_count;
    progress.variants = session->training_feed.variants.kept;
    session_tell(session, &progress);
    return session_should_stop(session);
}

static vktl_status keep_training_features(struct session *session, uint32_t epoch, uint32_t total)
{
    struct feature_tick tick = {session, 0, total};
    session->stage_started = clock_seconds();
    return feed_keep_features(session->log, &session->training_feed, session->plan,
                              session->params.micro_batch, epoch, on_features, &tick);
}

vktl_status session_keep_features(struct session *session, uint32_t epoch)
{
    vktl_status status = VKTL_OK;
    const uint32_t cut = session_cut(session);
    feed_drop_features(&session->training_feed);
    feed_drop_features(&session->validation_feed);
    if (!plan_has_pass(session->plan, PASS_FEATURES))
        return VKTL_OK;
    session->training_feed.variants.kept = fitting_variants(session, cut);
    const uint32_t pictures = session->training_count * session->training_feed.variants.kept;
    struct feature_tick tick = {session, pictures, pictures + session->validation_count};
    TRY(keep_training_features(session, epoch, tick.total));
    if (session->validation)
        TRY(feed_keep_features(session->log, &session->validation_feed, session->plan,
                               session->params.micro_batch, epoch, on_features, &tick));
fail:
    return status;
}

vktl_status session_refresh_features(struct session *session, uint32_t epoch)
{
    if (!feed_is_stale(&session->training_feed, epoch))
        return VKTL_OK;
    return keep_training_features(session, epoch,
                                  session->training_count * session->training_feed.variants.kept);
}

// ---- The whole ---------------------------------------------------------------------------------

static vktl_status prepare(struct session *session, const char *checkpoint)
{
    vktl_status status = VKTL_OK;
    const struct feed_variants training = {
        .augment = augments(session) ? &session->params.augment : NULL,
        .seed = session->params.seed,
        .kept = 1,
        .refresh = session->params.refresh_epochs,
    };
    const struct feed_variants validation = {.kept = 1};
    TRY(open_data(session));
    TRY(open_model(session, checkpoint));
    TRY(scan(session, session->training));
    TRY(feed_init(session->log, session->training, session->model, &training,
                  &session->training_feed));
    session->training_count = vktl_dataset_count(session->training);
    TRY(optimizer_class_weights(session->log, &session->params.optimizer, session->training,
                                &session->class_weights));
    if (session->validation) {
        TRY(scan(session, session->validation));
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
    feed_deinit(&session->training_feed);
    feed_deinit(&session->validation_feed);
    plan_destroy(&session->plan);
    vktl_model_destroy(&session->model);
    vktl_dataset_destroy(&session->training);
    vktl_dataset_destroy(&session->validation);
    free(session->order);
    free(session->class_weights);
}
