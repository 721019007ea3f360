// Batches for a plan: images through the loader, or features kept from before.
#ifndef TRAIN_FEED_H
#define TRAIN_FEED_H

#include "base/log.h"
#include "data/loader.h"
#include "nn/plan.h"

// Samples of one dataset. `features` NULL: images.
struct feed {
    const struct vktl_dataset *dataset;
    struct loader *loader;
    float *features; // (count, feature_count), owned
    uint64_t feature_count;
};

vktl_status feed_init(const struct vktl_log *log, const struct vktl_dataset *dataset,
                      const struct vktl_model *model, struct feed *feed);
void feed_deinit(struct feed *feed);

// Computes the features of every sample by PASS_FEATURES and keeps them: from then on the feed
// serves features. `tick` is called after each batch with the samples done; true stops.
vktl_status feed_keep_features(const struct vktl_log *log, struct feed *feed, struct plan *plan,
                               uint32_t batch, bool (*tick)(void *user, uint32_t done), void *user);

// Serves images again: another plan needs other features.
void feed_drop_features(struct feed *feed);

// Starts on samples order[0..count); `order` is borrowed.
void feed_begin(struct feed *feed, const uint32_t *order, uint32_t count);

// Writes the next `rows` samples, which are order[0..rows), into the plan's input and labels, zeros
// after them up to `batch`, and the rows into its step. VKTL_INPUT: an image cannot be read.
vktl_status feed_next(const struct vktl_log *log, struct feed *feed, struct plan *plan,
                      enum plan_pass pass, const uint32_t *order, uint32_t rows, uint32_t batch);

#endif
