// The run folder: what a training run leaves behind.
//
// Weights and figures are written at most every few seconds, and always at the end: epochs on kept
// features take milliseconds, syncing a file does not. Files are replaced as a whole.
#ifndef TRAIN_RUN_H
#define TRAIN_RUN_H

#include <vktl/trainer.h>

#include "base/text.h"
#include "nn/plan.h"

struct run {
    const struct vktl_log *log;
    const struct vktl_train_params *params;
    struct vktl_model *model;
    struct plan *plan;
    struct text history, steps; // the CSV files so far
    // Trained tensors in the plan's order, at the last good moment and at the best epoch. The
    // model's own arrays hold the last good weights.
    void **state;
    float **best;
    uint32_t tensor_count;
    bool best_is_new; // not yet in best.safetensors
    bool last_is_new;
    double written_at; // clock_seconds
    uint64_t step;     // of the last good moment
    uint32_t epoch, best_epoch;
    double best_value, best_loss;
};

// Refuses a folder that holds a run already, unless told to overwrite.
vktl_status run_check_folder(const struct vktl_log *log, const struct vktl_train_params *params);

// Makes the folder and writes config.json, classes.json and model.json. `run` must be zeroed.
vktl_status run_init(const struct vktl_log *log, const struct vktl_train_params *params,
                     struct vktl_device *device, struct vktl_model *model, struct plan *plan,
                     struct run *run);
void run_deinit(struct run *run);

// Takes weights and optimizer state from the device: a good moment.
vktl_status run_pull(struct run *run, uint32_t epoch, uint64_t step);

// Judges the epoch just pulled; keeps its weights if it is the best so far, and tells so.
bool run_judge(struct run *run, double value, double loss);

// Writes what is new, if `now` or if the last time is long enough ago.
vktl_status run_flush(struct run *run, bool now);

#endif
