// What training, fine-tuning and the learning-rate finder share: data opened and scanned, the
// model, its plan, and running one step of training or one validation.
//
//     session_open -> session_settle_batch -> session_plan -> session_keep_features
//     -> { session_begin_epoch -> session_step... -> session_validate }... -> session_close
//
// A session decides nothing: not the learning rate, not when to stop. Used from one thread.
#ifndef TRAIN_SESSION_H
#define TRAIN_SESSION_H

#include <vktl/trainer.h>

#include "gpu/tuning.h"
#include "train/feed.h"
#include "train/loss_scale.h"

struct session {
    const struct vktl_log *log;
    struct vktl_device *device;
    struct vktl_train_params params;            // with defaults filled in
    struct vktl_dataset *training, *validation; // validation may be NULL
    uint32_t training_count, validation_count;  // images
    struct vktl_model *model;
    struct plan *plan;
    bool is_fresh;        // the plan has not done a step
    struct tuning tuning; // algorithms that its plans have taken, or must take, by op_key
    struct feed training_feed, validation_feed;
    struct store *store;      // of the frozen base's output; NULL: none
    uint32_t features_found;  // in it, when they were last kept
    float *class_weights;     // what an image of each class counts; NULL: 1
    uint32_t *order;          // of the images in this epoch
    uint32_t epoch;           // from 1
    uint32_t done;            // images of this epoch
    uint32_t written;         // images of the next run that are in the plan already
    vktl_status write_status; // of writing them
    uint64_t step;            // steps done, over all epochs: the counter of all random numbers
    uint64_t fresh_step;      // steps done when the optimizer's state was new
    double learning_rate;     // of the next step
    struct loss_scale loss_scale; // of the next step
    double stage_started;     // clock_seconds
};

// Sums over samples.
struct sums {
    double loss, hits;
    uint64_t count;
};

void sums_add(struct sums *total, const struct sums *part);

// Checks the parameters, fills in their defaults, opens and scans the data and opens the model.
// `session` is closed by the caller, also after a failure. VKTL_INTERRUPTED: should_stop.
vktl_status session_open(const struct vktl_log *log, struct vktl_device *device,
                         const struct vktl_train_params *params, struct session *session);

// The same with the model of a run's last.safetensors, whose layers are frozen as they were then.
vktl_status session_open_checkpoint(const struct vktl_log *log, struct vktl_device *device,
                                    const struct vktl_train_params *params, const char *path,
                                    struct session *session);
void session_close(struct session *session);

// Leaves validation out of what follows: before the plan is made.
void session_drop_validation(struct session *session);

// ---- The plan (session_plan.c)

// Settles params.batch, where it was to be found, and params.micro_batch, by planning alone: so
// that they fit the model as it is now and, where `is_first`, as a second phase that is asked for
// will have it, whose settings are checked by that. Then tunes the device for both, unless it is a
// dry run or tuning is settled already. Nothing else is changed.
vktl_status session_settle_batch(struct session *session, bool is_first);

// Settles the tuning: the device takes these algorithms, which a run was started with, whatever it
// has measured since.
vktl_status session_take_tuning(struct session *session, const struct tuning *tuning);

// Plans the model as it is now and tells the plan; an older plan goes first. Where memory runs out,
// params.micro_batch is halved.
vktl_status session_plan(struct session *session);

// Where memory ran out in the first step of a plan: whether half as many images a run may help; and
// plans anew for them. The epoch is begun again then, and what training has changed so far is the
// caller's to write.
bool session_may_shrink(const struct session *session);
vktl_status session_shrink(struct session *session);

// Trains all layers from params.fine_tune.unfreeze_from on; batch normalisation of the base keeps
// its statistics (model.settled_count). The plan must be made anew then.
vktl_status session_unfreeze(struct session *session);

// ---- The frozen base (session_features.c)

// Layers whose output is kept, 0: none; and what there is to warn of.
uint32_t session_cut(const struct session *session);
void session_warn_of_cache(const struct session *session);

// Bytes of params.cache_limit that features leave for decoded images.
uint64_t session_image_memory(const struct session *session);

// Where the plan has a frozen base: gets its output for every image, in as many augmented variants
// as fit, from the store or by computing it, and keeps it. `epoch`, from 1, is the one that comes
// next.
vktl_status session_keep_features(struct session *session, uint32_t epoch);

// Draws the training images' variants anew where `epoch` wants others; part of beginning it.
vktl_status session_refresh_features(struct session *session, uint32_t epoch);

// Gives up what is kept; the store's files stay.
void session_drop_features(struct session *session);

// ---- Steps (steps.c)

uint32_t session_steps(const struct session *session); // of one epoch

// Starts epoch `epoch` (from 1) at its image `done`, 0 for all of it.
vktl_status session_begin_epoch(struct session *session, uint32_t epoch, uint32_t done);

// Trains on the next batch of the epoch with `learning_rate`; `batch` gets its sums, which may not
// be finite.
vktl_status session_step(struct session *session, struct sums *batch);

vktl_status session_validate(struct session *session, struct sums *sums);

// ---- Telling

struct vktl_train_progress session_progress(const struct session *session,
                                            enum vktl_train_stage stage);
void session_tell(const struct session *session, const struct vktl_train_progress *progress);
bool session_should_stop(const struct session *session);

#endif
