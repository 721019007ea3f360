// The run folder: what a training run leaves behind, and finds again when it is resumed.
//
// Files are replaced as a whole, at most every few seconds and always at the end: epochs on kept
// features take milliseconds, syncing a file does not. They are written in an order that makes
// last.safetensors alone say where the run stands, whenever it is killed: the CSV files and the
// best weights may be ahead of it, never behind, and going on from it makes the same ones again.
#ifndef TRAIN_RUN_H
#define TRAIN_RUN_H

#include <vktl/trainer.h>

#include "base/digest.h"
#include "base/locks.h"
#include "base/text.h"
#include "nn/plan.h"
#include "train/course.h"

struct run {
    const struct vktl_log *log;
    const struct vktl_train_params *params;
    struct vktl_model *model;
    struct plan *plan;
    struct text history, steps; // the CSV files so far
    struct course good;         // where the run stood at the last good moment
    // Trained tensors in the plan's order: optimizer state at the last good moment, weights at the
    // best epoch. The model's own arrays hold the weights of the last good moment.
    void **state;
    float **best;
    uint32_t tensor_count;
    struct digest frozen; // of the weights before the first that is trained, if they are known
    bool frozen_is_known;
    bool best_is_new, last_is_new; // not yet in their files
    double written_at;             // clock_seconds
    double write_seconds;          // that the last writing took
    uint32_t drawn_epochs;         // that curves.png and curves.svg show
    bool draws_no_more;            // they cannot be drawn
};

// ---- The folder (run.c)

// Path of a file of the run; the caller frees it. NULL: out of memory.
char *run_path(const struct vktl_train_params *params, const char *name);

// The folder while we work in it.
struct run_folder {
    const char *path;
    struct folder_lock lock;
    bool is_new; // made by us
};

// Makes the folder where it is missing, and sees to it that nobody else trains there; what a killed
// run left half-written is removed. VKTL_FAILED: somebody else does.
vktl_status run_enter_folder(const struct vktl_log *log, const struct vktl_train_params *params,
                             struct run_folder *folder);
// A folder that we made and that holds nothing is removed again. A zeroed one is allowed.
void run_leave_folder(struct run_folder *folder);

// Refuses a folder that holds a run already, unless told to overwrite, and one that cannot be
// written (VKTL_IO).
vktl_status run_check_folder(const struct vktl_log *log, const struct vktl_train_params *params);

// Takes what the run works on. `run` must be zeroed; what it is given must outlive it.
vktl_status run_init(const struct vktl_log *log, struct session *session, struct run *run);
void run_deinit(struct run *run);

// Makes the folder anew: settings, classes, list of images, architecture.
vktl_status run_create(struct run *run, const struct session *session);

// Writes config.json alone: a resumed run may have other settings.
vktl_status run_write_config(struct run *run, const struct session *session);

// Goes on at `course`: takes up the CSV files as they were there, the best weights, and the
// optimizer's state, which goes to the device. VKTL_INPUT: a file is missing or damaged.
vktl_status run_load(struct run *run, const struct course *course);

// Writes what is new, if `now` or if the last time is long enough ago.
vktl_status run_flush(struct run *run, bool now);

// Whether run_flush would write.
bool run_is_due(const struct run *run);

// ---- Pictures (run_pictures.c)

// curves.png and curves.svg, if there are epochs that they do not show yet. Never fails the run: a
// warning says once why there are none.
void run_draw(struct run *run);

// ---- Fingerprint (run_digest.c)

// SHA-256 of all weights at the last good moment, each an array of little-endian float32, in the
// order of the layers and of their weights: what best.safetensors holds, sorted like that.
void run_digest(struct run *run, char text[DIGEST_TEXT_SIZE]);

// ---- Weights (run_weights.c)

// Takes up the plan's trained tensors; the weights that the model has now count as the best.
vktl_status run_take_plan(struct run *run, struct plan *plan);

// The same with a plan for the same tensors in place of the one before, whose state it gets.
vktl_status run_change_plan(struct run *run, struct plan *plan);

// Takes weights and optimizer state from the device: a good moment. After a failure the one before
// is gone as well, unless it is in its file.
vktl_status run_pull(struct run *run, const struct course *course);

// Keeps the weights just pulled as the best so far, or gives the best to the model.
void run_keep_best(struct run *run);
void run_restore_best(struct run *run);

// epoch-NNN.safetensors, best.safetensors, last.safetensors.
vktl_status run_save_epoch(struct run *run, uint32_t epoch);
vktl_status run_save_best(struct run *run);
vktl_status run_save_last(struct run *run);

vktl_status run_load_best(struct run *run);
vktl_status run_load_state(struct run *run);

#endif
