// Responsible for the frozen base's output in a session: how much of it is kept, in which memory,
// and when it is made. Making it is feed_features.c's.
#include <stdlib.h>

#include "base/clock.h"
#include "data/dataset.h"
#include "train/session.h"

// ---- How much ----------------------------------------------------------------------------------

// Variants of each training image that are worth keeping.
static uint32_t wanted_variants(const struct session *session)
{
    return vktl_augment_is_on(&session->params.augment) ? session->params.augment_variants : 1;
}

static uint64_t feature_size(const struct session *session, uint32_t cut)
{
    return shape_size(&session->model->layers[cut - 1].io.out);
}

static uint64_t disk_limit(const struct session *session)
{
    return session->params.no_feature_store ? 0 : session->params.feature_store_limit;
}

// Pictures whose features, the output of `cut` layers, there is room for, in memory or on disk.
static uint64_t room_of(const struct session *session, uint32_t cut)
{
    const uint64_t size = feature_size(session, cut), count = size / sizeof(float);
    const uint64_t empty = store_size_of(count, 0), record = store_size_of(count, 1) - empty;
    const uint64_t disk = disk_limit(session);
    return session->params.cache_limit / size + (disk > empty ? (disk - empty) / record : 0);
}

// How many variants of each training image are kept beside the validation images; 0: none.
static uint32_t fitting_variants(const struct session *session, uint32_t cut)
{
    const uint64_t room = room_of(session, cut), validation = session->validation_count;
    const uint64_t fitting = room > validation ? (room - validation) / session->training_count : 0;
    const uint32_t wanted = wanted_variants(session);
    return fitting < wanted ? (uint32_t)fitting : wanted;
}

uint32_t session_cut(const struct session *session)
{
    const uint32_t cut = session->params.no_cache ? 0 : model_frozen_layers(session->model);
    return cut && fitting_variants(session, cut) ? cut : 0;
}

void session_warn_of_cache(const struct session *session)
{
    const uint32_t cut = session->params.no_cache ? 0 : model_frozen_layers(session->model);
    const uint32_t fitting = cut ? fitting_variants(session, cut) : 0;
    const uint64_t images = (uint64_t)session->training_count + session->validation_count;
    const double limit = (double)session->params.cache_limit / 1048576;
    const double disk = (double)disk_limit(session) / 1048576;
    if (cut && !fitting)
        log_warning(session->log,
                    "the frozen base's features (%.1f MiB) exceed --cache-limit (%.1f MiB) and "
                    "--feature-store (%.1f MiB), so they are computed anew in every epoch",
                    (double)(images * feature_size(session, cut)) / 1048576, limit, disk);
    else if (cut && fitting < wanted_variants(session))
        log_warning(session->log,
                    "--cache-limit (%.1f MiB) and --feature-store (%.1f MiB) hold the frozen "
                    "base's features of %u augmented variants an image, not of %u",
                    limit, disk, fitting, wanted_variants(session));
}

uint64_t session_image_memory(const struct session *session)
{
    const uint64_t limit = session->params.cache_limit;
    const uint32_t cut = session_cut(session);
    if (!cut)
        return limit;
    const uint64_t pictures = (uint64_t)session->training_count * fitting_variants(session, cut) +
                              session->validation_count;
    const uint64_t features = pictures * feature_size(session, cut);
    return features < limit ? limit - features : 0;
}

// ---- Keeping -----------------------------------------------------------------------------------

struct feature_tick {
    struct session *session;
    const struct feed_keeping *keeping;
    uint32_t before, total, found_before;
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
    progress.found = tick->found_before + tick->keeping->found;
    session_tell(session, &progress);
    return session_should_stop(session);
}

// Of a feed, for which `room` bytes of memory are left.
static vktl_status keep(struct session *session, struct feed *feed, uint32_t epoch, uint64_t room,
                        struct feature_tick *tick)
{
    struct feed_keeping keeping = {
        .plan = session->plan,
        .store = session->store,
        .held = room / (plan_feature_count(session->plan) * sizeof(float)),
        .batch = session->params.micro_batch,
        .epoch = epoch,
        .tick = on_features,
        .user = tick,
    };
    tick->session = session;
    tick->keeping = &keeping;
    const vktl_status status = feed_keep_features(session->log, feed, &keeping);
    tick->found_before += keeping.found;
    session->features_found = tick->found_before;
    return status;
}

static vktl_status keep_training_features(struct session *session, uint32_t epoch,
                                          struct feature_tick *tick)
{
    const uint64_t limit = session->params.cache_limit,
                   validation = feed_held_size(&session->validation_feed);
    session->stage_started = clock_seconds();
    return keep(session, &session->training_feed, epoch, limit - validation, tick);
}

// Decoded images are needed no more where every epoch of the run is served features.
static void forget_images(struct session *session)
{
    if (session->params.refresh_epochs && vktl_augment_is_on(&session->params.augment))
        return;
    if (session->params.fine_tune.epochs)
        return;
    dataset_forget(session->training);
    if (session->validation)
        dataset_forget(session->validation);
}

void session_drop_features(struct session *session)
{
    feed_drop_features(&session->training_feed);
    feed_drop_features(&session->validation_feed);
    store_close(&session->store);
}

vktl_status session_keep_features(struct session *session, uint32_t epoch)
{
    vktl_status status = VKTL_OK;
    session_drop_features(session);
    session->features_found = 0;
    if (!plan_has_pass(session->plan, PASS_FEATURES))
        return VKTL_OK;
    const uint32_t variants = fitting_variants(session, session_cut(session));
    const uint32_t pictures = session->training_count * variants;
    struct feature_tick tick = {.total = pictures + session->validation_count};
    session->training_feed.variants.kept = variants;
    if (disk_limit(session))
        session->store = store_open(session->log, session->plan, disk_limit(session));
    TRY(keep_training_features(session, epoch, &tick));
    tick.before = pictures;
    if (session->validation)
        TRY(keep(session, &session->validation_feed, epoch,
                 session->params.cache_limit - feed_held_size(&session->training_feed), &tick));
    forget_images(session);
fail:
    return status;
}

vktl_status session_refresh_features(struct session *session, uint32_t epoch)
{
    struct feature_tick tick = {.total =
                                    session->training_count * session->training_feed.variants.kept};
    if (!feed_is_stale(&session->training_feed, epoch))
        return VKTL_OK;
    return keep_training_features(session, epoch, &tick);
}
