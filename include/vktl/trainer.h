// Training: from folders of images to a run folder with the trained model.
#ifndef VKTL_TRAINER_H
#define VKTL_TRAINER_H

#include <stdbool.h>
#include <stdint.h>

#include <vktl/augment.h>
#include <vktl/callbacks.h>
#include <vktl/device.h>
#include <vktl/fine_tune.h>
#include <vktl/model.h>
#include <vktl/optimizer.h>
#include <vktl/schedule.h>

#ifdef __cplusplus
extern "C" {
#endif

// Where a training run stands. Passed to vktl_train_params.progress; strings live during the call.
struct vktl_train_progress {
    enum vktl_train_stage {
        VKTL_TRAIN_SCAN,     // looking at every image; done of total images
        VKTL_TRAIN_PLAN,     // the plan is made: `plan` tells it
        VKTL_TRAIN_FEATURES, // the frozen base's output; done of total pictures: `variants` of
                             // each of `images` for training, and those for validation
        VKTL_TRAIN_LR_STEP,  // a step of the range test; done of total, loss is the smoothed one
        VKTL_TRAIN_LR_FOUND, // learning_rate is the one that the test suggests
        VKTL_TRAIN_STEP,     // a step was done; done of total steps of this epoch
        VKTL_TRAIN_EPOCH,    // an epoch was done, validation included
    } stage;
    uint32_t done, total;
    uint32_t from;                 // steps of this epoch that were done before; STEP
    uint32_t images;               // of FEATURES; of STEP: trained on since the stage began
    uint32_t variants, found;      // FEATURES; found in the store, of `done`
    uint32_t epoch, epochs;        // from 1; the last of this phase
    bool fine_tuning;              // the second phase
    double loss, accuracy;         // of this epoch so far, weighted by batch size
    double val_loss, val_accuracy; // after VKTL_TRAIN_EPOCH; NaN without validation
    double learning_rate;
    double seconds;   // of the stage so far; of the epoch for STEP and EPOCH
    bool improved;    // this epoch's weights went to best.safetensors
    const char *plan; // lines of text: memory by role, submits; VKTL_TRAIN_PLAN only
};

// A zeroed member asks for its default, which stands in brackets.
enum vktl_precision {
    VKTL_FP32,
    // Convolutions and dense layers multiply halves and sum floats, which needs a device with
    // cooperative matrices (vktl_device_info.matrix_rows). Weights and all else are floats. The
    // loss is scaled, and gradients back again, so that these are large enough for halves: by 65536
    // at first, by half as much after a step where that is too much, which is left out, and by
    // twice as much after 2000 steps in a row where it is not.
    VKTL_MIXED,
};

struct vktl_train_params {
    const char *train_folder;       // needed
    const char *validation_folder;  // NULL: none, or a split
    double validation_split;        // fraction held out of train_folder [0]
    struct vktl_model_params model; // `classes` are filled from the folders; head as --head
                                    // [flatten,dense:256:relu,dropout:0.5]
    const char *run_folder;         // needed unless dry_run; created
    const char *tensorboard_folder; // NULL: none; event files go to its train/ and validation/
    bool overwrite;  // a run folder that holds a run already is replaced, else refused
    uint32_t epochs; // [20]
    uint32_t batch;  // [16]
    // The batch is the largest power of two, up to 256 and to the number of images, whose plan
    // takes at most nine tenths of a GPU's free memory, or half of memory that is the host's too.
    bool find_batch;
    // Images that are computed at once; the gradients of a batch's parts are summed, and its result
    // is the same up to rounding. Halved where memory runs out [batch].
    uint32_t micro_batch;
    enum vktl_precision precision;
    // The device is strict from now on, as if it had been opened so (see vktl_device_params): the
    // run has the same bits on every device, and history.csv has the SHA-256 of all weights after
    // each epoch. Where memory runs out, micro_batch is not halved, since that changes bits.
    bool strict;
    double learning_rate;    // [0.001]
    bool find_learning_rate; // by a range test before the first epoch, see <vktl/lr_find.h>
    struct vktl_optimizer optimizer;
    bool no_shuffle; // files in sorted order
    uint64_t seed;
    uint64_t max_steps;   // stop after so many steps [no limit]
    uint64_t cache_limit; // bytes of host memory for features of a frozen base, and for what they
                          // leave for decoded images [2 GiB]
    bool no_cache;        // compute the frozen base anew each step
    uint64_t feature_store_limit; // bytes on disk for features of all runs: those that memory does
                                  // not hold, and for later runs to find again [4 GiB]
    bool no_feature_store;        // nothing is kept on disk, and nothing found there
    struct vktl_augment augment;  // of training images
    // A frozen base's output is kept for so many augmented variants of each image, or as many as
    // cache_limit allows, of which an epoch takes one by chance [8]; they are drawn anew after
    // so many epochs [never].
    uint32_t augment_variants, refresh_epochs;
    // With dry_run, a file for a picture of what lies in memory when: its name ends in ".png",
    // "@2x.png" or ".svg"; of a second phase as well, in NAME-fine-tune.EXT. NULL: none.
    const char *plan_picture;
    bool dry_run; // tell the plan and stop: nothing is trained or written
    struct vktl_schedule schedule;
    struct vktl_callbacks callbacks;
    struct vktl_fine_tune fine_tune;
    double checkpoint_seconds; // files are written at most this often; negative: each step [10]

    // Go on with the run that is in run_folder. Its settings count; what is set here must be the
    // same, except that epochs and fine_tune.epochs may be raised, that a second phase may be
    // added, and that tensorboard_folder, checkpoint_seconds, save_every, micro_batch and the
    // feature store are free. Where the folder holds no run, one is started if train_folder is
    // given.
    bool resume;
    // What was set on purpose, by its name in config.json or as the option of `vktl train`, ended
    // by NULL: only that is compared. NULL: every member that is not zero.
    const char *const *chosen;

    // Either may be NULL. Called on the calling thread.
    void (*progress)(void *user, const struct vktl_train_progress *progress);
    bool (*should_stop)(void *user); // asked after every step: the run is saved and ends
    void *user;
};

struct vktl_train_result {
    uint32_t epochs_done;
    uint64_t steps_done;
    uint32_t best_epoch; // from 1; 0: no epoch was finished
    double best_value;   // of best_monitor
    enum vktl_monitor best_monitor;
    uint32_t first_epoch;   // that this call began or went on with, from 1
    uint32_t stopped_epoch; // early stopping ended the last phase after this one; 0: it did not
    uint32_t first_fine_tune_epoch; // from 1; 0: no second phase was begun
    bool was_complete;              // a run to resume had nothing left to do
    bool has_run; // run_folder holds this run, which can be resumed whatever comes next
    double last_loss, last_accuracy, last_val_loss, last_val_accuracy; // NaN where unknown
    double features_seconds, first_epoch_seconds, other_epochs_seconds;
    double busy_seconds;     // of the epochs, while the device was at work by its own timestamps
    uint32_t features_found; // pictures whose features an earlier run had left on disk
    double learning_rate;    // of the first epoch: the one given, or found
    uint64_t device_bytes;   // that the plan took
};

// Trains, and writes into the run folder: config.json, classes.json, model.json, history.csv,
// steps.csv, files.csv (the images used), best.safetensors (the best epoch by callbacks.monitor)
// and last.safetensors, which also carries the optimizer's state and all that resuming needs. Every
// file is replaced as a whole, and a run that was killed at any moment can be resumed: on the same
// device and driver it ends with the same last.safetensors, bit for bit, as if it had not been.
//
// `result` is filled as far as the run went, also on failure. VKTL_INPUT: bad images, classes or
// weights, or a run that cannot be resumed; VKTL_USAGE: options that do not go together;
// VKTL_NO_MEMORY: the plan does not fit; VKTL_DIVERGED: a loss that is not finite (last.safetensors
// keeps the last good weights); VKTL_INTERRUPTED: should_stop (last.safetensors is written);
// VKTL_IO; VKTL_DEVICE_LOST: the device takes no more work. What was reached is on disk, so that
// the run can be resumed on a device that is opened anew (has_run), or else begun again.
VKTL_API vktl_status vktl_train(const struct vktl_log *log, struct vktl_device *device,
                                const struct vktl_train_params *params,
                                struct vktl_train_result *result);

#ifdef __cplusplus
}
#endif
#endif
