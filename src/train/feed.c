// Responsible for filling a plan's inputs, whatever the samples come from, and for which picture of
// an image an epoch gets.
#include "train/feed.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "data/augment.h"

vktl_status feed_init(const struct vktl_log *log, const struct vktl_dataset *dataset,
                      const struct vktl_model *model, const struct feed_variants *variants,
                      struct feed *feed)
{
    const struct loader_params params = {
        .image_size = vktl_model_image_size(model),
        .interpolation = vktl_model_interpolation(model),
    };
    *feed =
        (struct feed){.dataset = dataset, .image_size = params.image_size, .variants = *variants};
    return loader_create(log, dataset, &params, &feed->loader);
}

void feed_deinit(struct feed *feed)
{
    loader_destroy(&feed->loader);
    free(feed->features);
    *feed = (struct feed){0};
}

// ---- Batches -----------------------------------------------------------------------------------

static void begin_images(struct feed *feed, const uint32_t *order, uint32_t count, uint32_t variant)
{
    feed->variant = variant;
    loader_begin(feed->loader, order, count);
}

void feed_begin(struct feed *feed, const uint32_t *order, uint32_t count, uint32_t epoch)
{
    feed->epoch = epoch;
    if (!feed->features)
        begin_images(feed, order, count, epoch);
}

static void set_rows(struct plan *plan, uint32_t rows)
{
    plan_step(plan)->rows = rows;
    plan_step(plan)->rows_inverse = 1.0f / (float)rows;
}

static void set_image(const struct feed *feed, struct plan *plan, uint32_t row, uint32_t item)
{
    struct vktl_augment_draw draw;
    struct augment_image *image = plan_image(plan, row);
    const struct feed_variants *variants = &feed->variants;
    *image = (struct augment_image){0};
    if (!variants->augment)
        return;
    vktl_augment_draw(variants->augment, variants->seed, feed->variant, item, feed->image_size,
                      feed->image_size, &draw);
    augment_encode(&draw, variants->augment->keras_quirks, feed->image_size, feed->image_size,
                   image);
}

static vktl_status next_image(const struct vktl_log *log, struct feed *feed, struct plan *plan,
                              uint32_t row)
{
    uint32_t item = 0;
    vktl_status read = VKTL_OK;
    const vktl_status status = loader_next(feed->loader, plan_pixels(plan, row), &item, &read);
    set_image(feed, plan, row, item);
    if (status != VKTL_OK || read == VKTL_OK)
        return status;
    return log_fail(log, read,
                    "%s was readable at the start and is not any more; put it back and start again",
                    vktl_dataset_path(feed->dataset, item));
}

static vktl_status next_images(const struct vktl_log *log, struct feed *feed, struct plan *plan,
                               enum plan_pass pass, uint32_t rows, uint32_t batch)
{
    vktl_status status = VKTL_OK;
    for (uint32_t row = 0; row < rows; row++)
        TRY(next_image(log, feed, plan, row));
    for (uint32_t row = rows; row < batch; row++) {
        memset(plan_pixels(plan, row), 0, plan_input_count(plan, pass));
        *plan_image(plan, row) = (struct augment_image){0};
    }
fail:
    return status;
}

// Of the variants kept, the one that this epoch takes of an image.
static uint32_t variant_of(const struct feed *feed, uint32_t item)
{
    return rng_bits(feed->variants.seed, RNG_VARIANT, feed->epoch, item) % feed->variants.kept;
}

static void next_features(const struct feed *feed, struct plan *plan, enum plan_pass pass,
                          const uint32_t *order, uint32_t rows, uint32_t batch)
{
    const uint64_t count = plan_input_count(plan, pass);
    const uint64_t images = vktl_dataset_count(feed->dataset);
    float *input = plan_input(plan, pass);
    vktl_assert(count == feed->feature_count);
    for (uint32_t row = 0; row < rows; row++) {
        const uint64_t from = variant_of(feed, order[row]) * images + order[row];
        memcpy(input + row * count, feed->features + from * count, count * sizeof *input);
    }
    memset(input + rows * count, 0, (batch - rows) * count * sizeof *input);
}

vktl_status feed_next(const struct vktl_log *log, struct feed *feed, struct plan *plan,
                      enum plan_pass pass, const uint32_t *order, uint32_t rows, uint32_t batch)
{
    vktl_status status = VKTL_OK;
    uint32_t *labels = plan_labels(plan);
    memset(labels, 0, batch * sizeof *labels);
    for (uint32_t row = 0; row < rows; row++)
        labels[row] = vktl_dataset_class(feed->dataset, order[row]);
    if (plan_takes_images(plan, pass))
        TRY(next_images(log, feed, plan, pass, rows, batch));
    else
        next_features(feed, plan, pass, order, rows, batch);
    set_rows(plan, rows);
fail:
    return status;
}

static vktl_status write_rows(const struct vktl_log *log, struct feed *feed, struct plan *plan,
                              const struct feed_run *run, uint32_t first, uint32_t *rows)
{
    const uint32_t left = run->count - first;
    *rows = left < run->batch ? left : run->batch;
    return *rows == 0
               ? VKTL_OK
               : feed_next(log, feed, plan, run->pass, run->order + first, *rows, run->batch);
}

vktl_status feed_run(const struct vktl_log *log, struct feed *feed, struct plan *plan,
                     const struct feed_run *run)
{
    vktl_status status = VKTL_OK;
    uint32_t rows, next;
    TRY(write_rows(log, feed, plan, run, 0, &rows));
    for (uint32_t first = 0; rows > 0; first += rows, rows = next) {
        TRY(plan_submit(plan, run->pass));
        const vktl_status ahead = write_rows(log, feed, plan, run, first + rows, &next);
        TRY(plan_wait(plan, run->pass));
        TRY(run->take(run->user, first, rows));
        TRY(ahead);
    }
fail:
    return status;
}

// ---- Features ----------------------------------------------------------------------------------

static uint32_t generation_of(const struct feed *feed, uint32_t epoch)
{
    return feed->variants.refresh && epoch ? (epoch - 1) / feed->variants.refresh : 0;
}

bool feed_is_stale(const struct feed *feed, uint32_t epoch)
{
    return feed->features && feed->generation != generation_of(feed, epoch);
}

void feed_drop_features(struct feed *feed)
{
    free(feed->features);
    feed->features = NULL;
}

// What tick is told counts over all variants.
struct keeping {
    const struct vktl_log *log;
    struct feed *feed;
    struct plan *plan;
    uint32_t batch;
    uint32_t *order;
    uint32_t variant; // that is kept now
    float *features;  // of all variants
    bool (*tick)(void *user, uint32_t done);
    void *user;
};

static vktl_status take_features(void *user, uint32_t first, uint32_t rows)
{
    const struct keeping *keeping = user;
    const uint64_t count = keeping->feed->feature_count;
    const uint64_t before = (uint64_t)keeping->variant * vktl_dataset_count(keeping->feed->dataset);
    memcpy(keeping->features + (before + first) * count, plan_features(keeping->plan),
           rows * count * sizeof *keeping->features);
    if (keeping->tick(keeping->user, (uint32_t)before + first + rows))
        return log_fail(keeping->log, VKTL_INTERRUPTED, "interrupted");
    return VKTL_OK;
}

static vktl_status keep_variant(struct keeping *keeping, uint32_t variant)
{
    struct feed *feed = keeping->feed;
    const struct feed_run run = {.pass = PASS_FEATURES,
                                 .order = keeping->order,
                                 .count = vktl_dataset_count(feed->dataset),
                                 .batch = keeping->batch,
                                 .take = take_features,
                                 .user = keeping};
    keeping->variant = variant;
    begin_images(feed, run.order, run.count, feed->generation * feed->variants.kept + variant);
    return feed_run(keeping->log, feed, keeping->plan, &run);
}

vktl_status feed_keep_features(const struct vktl_log *log, struct feed *feed, struct plan *plan,
                               uint32_t batch, uint32_t epoch,
                               bool (*tick)(void *user, uint32_t done), void *user)
{
    vktl_status status = VKTL_OK;
    const uint32_t total = vktl_dataset_count(feed->dataset), kept = feed->variants.kept;
    const uint64_t count = plan_feature_count(plan);
    struct keeping keeping = {
        .log = log, .feed = feed, .plan = plan, .batch = batch, .tick = tick, .user = user};
    feed_drop_features(feed);
    feed->feature_count = count;
    feed->generation = generation_of(feed, epoch);
    keeping.features = calloc((size_t)total * kept, count * sizeof *keeping.features);
    keeping.order = calloc(total, sizeof *keeping.order);
    TRY_ALLOC(log, keeping.features);
    TRY_ALLOC(log, keeping.order);
    for (uint32_t i = 0; i < total; i++)
        keeping.order[i] = i;
    for (uint32_t variant = 0; variant < kept; variant++)
        TRY(keep_variant(&keeping, variant));
    feed->features = keeping.features;
    keeping.features = NULL;
fail:
    free(keeping.features);
    free(keeping.order);
    return status;
}
