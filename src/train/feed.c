// Responsible for filling a plan's inputs, whatever the samples come from, and for which picture of
// an image an epoch gets.
#include "train/feed.h"

#include <stdlib.h>
#include <string.h>

#include "data/augment.h"
#include "data/dataset.h"

vktl_status feed_init(const struct vktl_log *log, struct vktl_dataset *dataset,
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
    feed_drop_features(feed);
    *feed = (struct feed){0};
}

// ---- Batches -----------------------------------------------------------------------------------

void feed_begin_images(struct feed *feed, const uint32_t *order, uint32_t count, uint32_t variant)
{
    feed->variant = variant;
    loader_begin(feed->loader, order, count);
}

void feed_begin(struct feed *feed, const uint32_t *order, uint32_t count, uint32_t epoch)
{
    feed->epoch = epoch;
    if (!feed->keeps)
        feed_begin_images(feed, order, count, epoch);
}

static void set_rows(struct plan *plan, uint32_t rows)
{
    plan_step(plan)->rows = rows;
    plan_step(plan)->rows_inverse = 1.0f / (float)rows;
}

struct augment_image feed_image(const struct feed *feed, uint32_t variant, uint32_t item)
{
    struct vktl_augment_draw draw;
    struct augment_image image = {0};
    const struct feed_variants *variants = &feed->variants;
    if (!variants->augment)
        return image;
    vktl_augment_draw(variants->augment, variants->seed, variant, item, feed->image_size,
                      feed->image_size, &draw);
    augment_encode(&draw, variants->augment->keras_quirks, feed->image_size, feed->image_size,
                   &image);
    return image;
}

// What came of reading an image into a row of the plan.
static vktl_status take_image(const struct vktl_log *log, struct feed *feed, struct plan *plan,
                              uint32_t row, uint32_t item, vktl_status read)
{
    struct vktl_dataset *dataset = feed->dataset;
    const unsigned char *pixels = plan_pixels(plan, row);
    if (read != VKTL_OK)
        return log_fail(
            log, read,
            "%s was readable at the start and is not any more; put it back and start again",
            vktl_dataset_path(dataset, item));
    dataset_keep(dataset, item, pixels);
    if (feed->store) // features are of these pixels, whatever the file held when it was looked at
        dataset->items[item].pixels =
            hash_bytes((struct hash){{0}}, pixels, (size_t)feed->image_size * feed->image_size * 3);
    return VKTL_OK;
}

static vktl_status next_image(const struct vktl_log *log, struct feed *feed, struct plan *plan,
                              uint32_t row)
{
    uint32_t item = 0;
    vktl_status read = VKTL_OK;
    const vktl_status status = loader_next(feed->loader, plan_pixels(plan, row), &item, &read);
    if (status != VKTL_OK)
        return status;
    *plan_image(plan, row) = feed_image(feed, feed->variant, item);
    return take_image(log, feed, plan, row, item, read);
}

vktl_status feed_write_image(const struct vktl_log *log, struct feed *feed, struct plan *plan,
                             uint32_t row, uint32_t item, struct augment_image image)
{
    *plan_image(plan, row) = image;
    return take_image(log, feed, plan, row, item,
                      loader_read(feed->loader, item, plan_pixels(plan, row)));
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

static vktl_status next_features(const struct vktl_log *log, struct feed *feed, struct plan *plan,
                                 enum plan_pass pass, const uint32_t *order, uint32_t rows,
                                 uint32_t batch)
{
    const uint64_t count = plan_input_count(plan, pass);
    float *input = plan_input(plan, pass);
    memset(input + rows * count, 0, (batch - rows) * count * sizeof *input);
    return feed_next_features(log, feed, plan, pass, order, rows);
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
        TRY(next_features(log, feed, plan, pass, order, rows, batch));
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
