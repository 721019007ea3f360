// Responsible for the features of a frozen base: where they come from, where they are kept, and
// what is done where they are missing.
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "data/dataset.h"
#include "train/feed.h"

// ---- Which -------------------------------------------------------------------------------------

static uint32_t generation_of(const struct feed *feed, uint32_t epoch)
{
    return feed->variants.refresh && epoch ? (epoch - 1) / feed->variants.refresh : 0;
}

bool feed_is_stale(const struct feed *feed, uint32_t epoch)
{
    return feed->keeps && feed->generation != generation_of(feed, epoch);
}

// Of the variants kept, the one that this epoch takes of an image.
static uint32_t variant_of(const struct feed *feed, uint32_t item)
{
    return rng_bits(feed->variants.seed, RNG_VARIANT, feed->epoch, item) % feed->variants.kept;
}

static uint64_t place_of(const struct feed *feed, uint32_t variant, uint32_t item)
{
    return (uint64_t)variant * vktl_dataset_count(feed->dataset) + item;
}

// The variants of a generation are numbered on from those before.
static struct augment_image image_of(const struct feed *feed, uint32_t variant, uint32_t item)
{
    return feed_image(feed, feed->generation * feed->variants.kept + variant, item);
}

// What the features of a picture are found by, beside the plan's recipe: its pixels, and what is
// done to them.
static struct hash key_of(const struct feed *feed, uint32_t variant, uint32_t item)
{
    const struct augment_image image = image_of(feed, variant, item);
    return hash_bytes(feed->dataset->items[item].pixels, &image, sizeof image);
}

// ---- Keeping -----------------------------------------------------------------------------------

struct keeping {
    const struct vktl_log *log;
    struct feed *feed;
    struct feed_keeping *asked;
    uint32_t *order;  // of the images that are computed
    uint32_t variant; // that is kept now
    uint32_t done;    // over all variants
    bool stores_all;  // else only what is not held
};

void feed_drop_features(struct feed *feed)
{
    free(feed->features);
    free(feed->missed);
    feed->features = NULL;
    feed->missed = NULL;
    feed->store = NULL;
    feed->held = 0;
    feed->keeps = false;
}

uint64_t feed_held_size(const struct feed *feed)
{
    return feed->held * feed->feature_count * sizeof *feed->features;
}

static bool on_done(struct keeping *keeping, uint32_t count)
{
    keeping->done += count;
    return count > 0 && keeping->asked->tick(keeping->asked->user, keeping->done);
}

static vktl_status interrupted(const struct keeping *keeping)
{
    return log_fail(keeping->log, VKTL_INTERRUPTED, "interrupted");
}

static vktl_status take_features(void *user, uint32_t first, uint32_t rows)
{
    struct keeping *keeping = user;
    struct feed *feed = keeping->feed;
    const uint64_t count = feed->feature_count;
    for (uint32_t row = 0; row < rows; row++) {
        const uint32_t item = keeping->order[first + row];
        const uint64_t place = place_of(feed, keeping->variant, item);
        const float *features = plan_features(keeping->asked->plan) + row * count;
        if (place < feed->held)
            memcpy(feed->features + place * count, features, count * sizeof *features);
        if (place >= feed->held || keeping->stores_all)
            store_put(feed->store, key_of(feed, keeping->variant, item), features);
    }
    return on_done(keeping, rows) ? interrupted(keeping) : VKTL_OK;
}

// Whether the features of a picture are kept already; what is to be held is read.
static bool is_kept(struct feed *feed, uint32_t variant, uint32_t item)
{
    const struct hash key = key_of(feed, variant, item);
    const uint64_t place = place_of(feed, variant, item);
    if (place < feed->held)
        return store_get(feed->store, key, feed->features + place * feed->feature_count);
    return store_has(feed->store, key);
}

static vktl_status keep_variant(struct keeping *keeping, uint32_t variant)
{
    struct feed *feed = keeping->feed;
    const uint32_t total = vktl_dataset_count(feed->dataset);
    struct feed_run run = {.pass = PASS_FEATURES,
                           .order = keeping->order,
                           .batch = keeping->asked->batch,
                           .take = take_features,
                           .user = keeping};
    keeping->variant = variant;
    for (uint32_t item = 0; item < total; item++)
        if (!is_kept(feed, variant, item))
            keeping->order[run.count++] = item;
    keeping->asked->found += total - run.count;
    if (on_done(keeping, total - run.count))
        return interrupted(keeping);
    feed_begin_images(feed, run.order, run.count, feed->generation * feed->variants.kept + variant);
    return feed_run(keeping->log, feed, keeping->asked->plan, &run);
}

static uint64_t count_missing(const struct feed *feed)
{
    uint64_t missing = 0;
    for (uint32_t variant = 0; variant < feed->variants.kept; variant++)
        for (uint32_t item = 0; item < vktl_dataset_count(feed->dataset); item++)
            missing += !store_has(feed->store, key_of(feed, variant, item));
    return missing;
}

static vktl_status begin_keeping(struct keeping *keeping)
{
    vktl_status status = VKTL_OK;
    struct feed *feed = keeping->feed;
    const struct feed_keeping *asked = keeping->asked;
    const uint64_t all = place_of(feed, feed->variants.kept, 0);
    feed_drop_features(feed);
    feed->store = asked->store;
    feed->feature_count = plan_feature_count(asked->plan);
    feed->generation = generation_of(feed, asked->epoch);
    feed->held = asked->held < all ? asked->held : all;
    feed->features = calloc(feed->held ? feed->held : 1, feed->feature_count * sizeof(float));
    feed->missed = calloc(asked->batch, sizeof *feed->missed);
    keeping->order = calloc(vktl_dataset_count(feed->dataset), sizeof *keeping->order);
    TRY_ALLOC(keeping->log, feed->features);
    TRY_ALLOC(keeping->log, feed->missed);
    TRY_ALLOC(keeping->log, keeping->order);
    keeping->stores_all = store_reserve(feed->store, count_missing(feed), all);
fail:
    return status;
}

vktl_status feed_keep_features(const struct vktl_log *log, struct feed *feed,
                               struct feed_keeping *asked)
{
    vktl_status status = VKTL_OK;
    struct keeping keeping = {.log = log, .feed = feed, .asked = asked};
    TRY(begin_keeping(&keeping));
    for (uint32_t variant = 0; variant < feed->variants.kept; variant++)
        TRY(keep_variant(&keeping, variant));
    feed->keeps = true;
fail:
    free(keeping.order);
    if (status != VKTL_OK)
        feed_drop_features(feed);
    return status;
}

// ---- Serving -----------------------------------------------------------------------------------

static bool fetch(struct feed *feed, uint32_t item, float *features)
{
    const uint32_t variant = variant_of(feed, item);
    const uint64_t place = place_of(feed, variant, item), count = feed->feature_count;
    if (place >= feed->held)
        return store_get(feed->store, key_of(feed, variant, item), features);
    memcpy(features, feed->features + place * count, count * sizeof *features);
    return true;
}

// Computes what the rows feed->missed of a batch lack, and tries to keep it.
static vktl_status compute(const struct vktl_log *log, struct feed *feed, struct plan *plan,
                           float *input, const uint32_t *order, uint32_t missed)
{
    vktl_status status = VKTL_OK;
    const uint64_t count = feed->feature_count;
    for (uint32_t i = 0; i < missed; i++) {
        const uint32_t item = order[feed->missed[i]];
        TRY(feed_write_image(log, feed, plan, i, item,
                             image_of(feed, variant_of(feed, item), item)));
    }
    TRY(plan_run(plan, PASS_FEATURES));
    for (uint32_t i = 0; i < missed; i++) {
        const uint32_t row = feed->missed[i], item = order[row];
        const float *features = plan_features(plan) + i * count;
        memcpy(input + row * count, features, count * sizeof *features);
        store_put(feed->store, key_of(feed, variant_of(feed, item), item), features);
    }
fail:
    return status;
}

vktl_status feed_next_features(const struct vktl_log *log, struct feed *feed, struct plan *plan,
                               enum plan_pass pass, const uint32_t *order, uint32_t rows)
{
    float *input = plan_input(plan, pass);
    uint32_t missed = 0;
    vktl_assert(plan_input_count(plan, pass) == feed->feature_count);
    for (uint32_t row = 0; row < rows; row++)
        if (!fetch(feed, order[row], input + row * feed->feature_count))
            feed->missed[missed++] = row;
    return missed ? compute(log, feed, plan, input, order, missed) : VKTL_OK;
}
