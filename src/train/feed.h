// Batches for a plan: images through the loader, distorted where wanted, or features kept from
// before.
//
// Which picture of an image is served is a pure function of (seed, epoch, image), so a run that is
// resumed goes on with the same numbers.
#ifndef TRAIN_FEED_H
#define TRAIN_FEED_H

#include <vktl/augment.h>

#include "base/log.h"
#include "data/loader.h"
#include "nn/plan.h"

// How the images of a feed are distorted. `augment` is borrowed.
struct feed_variants {
    const struct vktl_augment *augment; // NULL: not at all
    uint64_t seed;
    uint32_t kept;    // variants of each image whose features are kept; at least 1
    uint32_t refresh; // epochs after which they are drawn anew; 0: never
};

// Samples of one dataset. `features` NULL: images.
struct feed {
    const struct vktl_dataset *dataset;
    struct loader *loader;
    uint32_t image_size;
    struct feed_variants variants;
    uint32_t epoch;      // from 1
    uint32_t variant;    // of the images that are served now
    uint32_t generation; // of the features kept: how often they have been drawn anew
    float *features;     // (variants.kept, count, feature_count), owned
    uint64_t feature_count;
};

vktl_status feed_init(const struct vktl_log *log, const struct vktl_dataset *dataset,
                      const struct vktl_model *model, const struct feed_variants *variants,
                      struct feed *feed);
void feed_deinit(struct feed *feed);

// Computes the features of every sample by PASS_FEATURES, in all variants of `epoch`, and keeps
// them: from then on the feed serves features. `tick` is called after each batch with the samples
// done, of variants.kept times as many as there are images; true stops.
vktl_status feed_keep_features(const struct vktl_log *log, struct feed *feed, struct plan *plan,
                               uint32_t batch, uint32_t epoch,
                               bool (*tick)(void *user, uint32_t done), void *user);

// Back to images.
void feed_drop_features(struct feed *feed);

// Whether features are kept that `epoch` no longer takes.
bool feed_is_stale(const struct feed *feed, uint32_t epoch);

// Starts on samples order[0..count) of `epoch`, from 1; `order` is borrowed.
void feed_begin(struct feed *feed, const uint32_t *order, uint32_t count, uint32_t epoch);

// Writes the next `rows` samples, which are order[0..rows), into the plan's input and labels, zeros
// after them up to `batch`, and the rows into its step. VKTL_INPUT: an image cannot be read.
vktl_status feed_next(const struct vktl_log *log, struct feed *feed, struct plan *plan,
                      enum plan_pass pass, const uint32_t *order, uint32_t rows, uint32_t batch);

struct feed_run {
    enum plan_pass pass;
    const uint32_t *order; // that the feed was begun with
    uint32_t count, batch;
    // Called after each batch, whose results the plan then has: samples order[first..first + rows).
    vktl_status (*take)(void *user, uint32_t first, uint32_t rows);
    void *user;
};

// Runs a pass over all that the feed was begun with; a batch is written while the device works on
// the one before.
vktl_status feed_run(const struct vktl_log *log, struct feed *feed, struct plan *plan,
                     const struct feed_run *run);

#endif
