// Batches for a plan: images through the loader, distorted where wanted, or features kept from
// before, in memory, in a store on disk, or in both.
//
// Which picture of an image is served is a pure function of (seed, epoch, image), so a run that is
// resumed goes on with the same numbers.
#ifndef TRAIN_FEED_H
#define TRAIN_FEED_H

#include <vktl/augment.h>

#include "base/log.h"
#include "data/loader.h"
#include "nn/plan.h"
#include "train/store.h"

// How the images of a feed are distorted. `augment` is borrowed.
struct feed_variants {
    const struct vktl_augment *augment; // NULL: not at all
    uint64_t seed;
    uint32_t kept;    // variants of each image whose features are kept; at least 1
    uint32_t refresh; // epochs after which they are drawn anew; 0: never
};

// Samples of one dataset. Which of them have features: (variants.kept, count) of them, in this
// order, of which the first `held` are in memory.
struct feed {
    struct vktl_dataset *dataset; // borrowed; squares that were decoded are kept in it
    struct loader *loader;
    uint32_t image_size;
    struct feed_variants variants;
    uint32_t epoch;      // from 1
    uint32_t variant;    // of the images that are served now
    bool keeps;          // features are served
    uint32_t generation; // of the features kept: how often they have been drawn anew
    uint64_t feature_count;
    float *features; // (held, feature_count), owned
    uint64_t held;
    struct store *store; // borrowed; NULL: none
    uint32_t *missed;    // room for rows of a batch whose features are not to be had
};

vktl_status feed_init(const struct vktl_log *log, struct vktl_dataset *dataset,
                      const struct vktl_model *model, const struct feed_variants *variants,
                      struct feed *feed);
void feed_deinit(struct feed *feed);

// ---- Features (feed_features.c)

struct feed_keeping {
    struct plan *plan; // with PASS_FEATURES
    struct store *store;
    uint64_t held;  // at most so many are held in memory
    uint32_t batch; // of the plan
    uint32_t epoch; // from 1: the one that comes next
    // Called after each batch with the samples done, of variants.kept times as many as there are
    // images; true stops.
    bool (*tick)(void *user, uint32_t done);
    void *user;
    uint32_t found; // out: that were in the store
};

// Gets the features of every sample, in all variants of the epoch, from the store or else by
// PASS_FEATURES, and keeps them: from then on the feed serves features. What is neither held nor in
// the store is computed each time that it is needed.
vktl_status feed_keep_features(const struct vktl_log *log, struct feed *feed,
                               struct feed_keeping *keeping);

// Bytes of memory that features take.
uint64_t feed_held_size(const struct feed *feed);

// Writes the features of the samples order[0..rows) into the plan's input.
vktl_status feed_next_features(const struct vktl_log *log, struct feed *feed, struct plan *plan,
                               enum plan_pass pass, const uint32_t *order, uint32_t rows);

// Back to images.
void feed_drop_features(struct feed *feed);

// Whether features are kept that `epoch` no longer takes.
bool feed_is_stale(const struct feed *feed, uint32_t epoch);

// ---- Batches

// How a picture is distorted as variant `variant` of the dataset's image `item`.
struct augment_image feed_image(const struct feed *feed, uint32_t variant, uint32_t item);

// Writes one image into a row of the plan, at once.
vktl_status feed_write_image(const struct vktl_log *log, struct feed *feed, struct plan *plan,
                             uint32_t row, uint32_t item, struct augment_image image);

// Starts on these images themselves, as their variant `variant`; `order` is borrowed.
void feed_begin_images(struct feed *feed, const uint32_t *order, uint32_t count, uint32_t variant);

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
