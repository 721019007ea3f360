// Responsible for filling a plan's inputs, whatever the samples come from.
#include "train/feed.h"

#include <stdlib.h>
#include <string.h>

vktl_status feed_init(const struct vktl_log *log, const struct vktl_dataset *dataset,
                      const struct vktl_model *model, struct feed *feed)
{
    const struct loader_params params = {
        .image_size = vktl_model_image_size(model),
        .interpolation = vktl_model_interpolation(model),
        .preprocess = vktl_model_preprocess(model),
    };
    *feed = (struct feed){.dataset = dataset};
    return loader_create(log, dataset, &params, &feed->loader);
}

void feed_deinit(struct feed *feed)
{
    loader_destroy(&feed->loader);
    free(feed->features);
    *feed = (struct feed){0};
}

void feed_drop_features(struct feed *feed)
{
    free(feed->features);
    feed->features = NULL;
}

void feed_begin(struct feed *feed, const uint32_t *order, uint32_t count)
{
    if (!feed->features)
        loader_begin(feed->loader, order, count);
}

static void set_rows(struct plan *plan, uint32_t rows)
{
    plan_step(plan)->rows = rows;
    plan_step(plan)->rows_inverse = 1.0f / (float)rows;
}

static vktl_status next_image(const struct vktl_log *log, struct feed *feed, float *pixels)
{
    uint32_t item = 0;
    vktl_status read = VKTL_OK;
    const vktl_status status = loader_next(feed->loader, pixels, &item, &read);
    if (status != VKTL_OK || read == VKTL_OK)
        return status;
    return log_fail(log, read,
                    "%s was readable at the start and is not any more; put it back and start again",
                    vktl_dataset_path(feed->dataset, item));
}

vktl_status feed_next(const struct vktl_log *log, struct feed *feed, struct plan *plan,
                      enum plan_pass pass, const uint32_t *order, uint32_t rows, uint32_t batch)
{
    const uint64_t count = plan_input_count(plan, pass);
    float *input = plan_input(plan, pass);
    uint32_t *labels = plan_labels(plan);
    memset(labels, 0, batch * sizeof *labels);
    for (uint32_t row = 0; row < rows; row++) {
        labels[row] = vktl_dataset_class(feed->dataset, order[row]);
        if (feed->features) {
            vktl_assert(count == feed->feature_count);
            memcpy(input + row * count, feed->features + order[row] * count, count * sizeof *input);
        } else {
            const vktl_status status = next_image(log, feed, input + row * count);
            if (status != VKTL_OK)
                return status;
        }
    }
    memset(input + rows * count, 0, (batch - rows) * count * sizeof *input);
    set_rows(plan, rows);
    return VKTL_OK;
}

vktl_status feed_keep_features(const struct vktl_log *log, struct feed *feed, struct plan *plan,
                               uint32_t batch, bool (*tick)(void *user, uint32_t done), void *user)
{
    vktl_status status = VKTL_OK;
    const uint32_t total = vktl_dataset_count(feed->dataset);
    const uint64_t count = plan_feature_count(plan);
    float *features = calloc(total * count, sizeof *features);
    uint32_t *order = calloc(total, sizeof *order);
    TRY_ALLOC(log, features);
    TRY_ALLOC(log, order);
    for (uint32_t i = 0; i < total; i++)
        order[i] = i;
    feed_begin(feed, order, total);
    for (uint32_t done = 0; done < total;) {
        const uint32_t rows = total - done < batch ? total - done : batch;
        TRY(feed_next(log, feed, plan, PASS_FEATURES, order + done, rows, batch));
        TRY(plan_run(plan, PASS_FEATURES));
        memcpy(features + done * count, plan_features(plan), rows * count * sizeof *features);
        done += rows;
        if (tick(user, done))
            FAIL(log, VKTL_INTERRUPTED, "interrupted");
    }
    feed->features = features;
    feed->feature_count = count;
    free(order);
    return VKTL_OK;
fail:
    free(features);
    free(order);
    return status;
}
