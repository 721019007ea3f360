// The decisions that are taken after an epoch, as pure functions of its figures and of a small
// state: no files, no clock, no device. States are plain numbers, so that a checkpoint carries
// them.
//
// The algorithms are those of Keras 3 (keras/src/callbacks: model_checkpoint.py, early_stopping.py,
// reduce_lr_on_plateau.py). A figure that is not a number is no improvement on anything.
#ifndef TRAIN_CALLBACKS_H
#define TRAIN_CALLBACKS_H

#include <stdbool.h>

#include <vktl/callbacks.h>

#include "base/log.h"

// Of one epoch; NaN where unknown.
struct figures {
    double loss, accuracy, val_loss, val_accuracy;
};

double figures_get(const struct figures *figures, enum vktl_monitor monitor);

// VKTL_USAGE: values out of range, or something is to be watched that is not measured.
vktl_status callbacks_check(const struct vktl_log *log, const struct vktl_callbacks *callbacks,
                            bool has_validation);

// ---- The best epoch so far

struct best {
    uint32_t epoch; // from 1; 0: none yet
    double value;   // of best_monitor
    double loss;    // decides between equal values, unless a monitor was chosen
};

enum vktl_monitor best_monitor(const struct vktl_callbacks *callbacks, bool has_validation);
void best_reset(struct best *best);

// Whether the epoch is the best so far; if so, `best` becomes it.
bool best_judge(const struct vktl_callbacks *callbacks, bool has_validation, uint32_t epoch,
                const struct figures *figures, struct best *best);

// ---- Early stopping

struct early_stop {
    double best;
    uint32_t wait; // epochs since the last improvement
};

void early_stop_reset(const struct vktl_callbacks *callbacks, struct early_stop *state);

// Whether training should end with this epoch, the phase's `epoch`-th (from 1).
bool early_stop_judge(const struct vktl_callbacks *callbacks, uint32_t epoch,
                      const struct figures *figures, struct early_stop *state);

// ---- The learning rate on a plateau

struct reduce_lr {
    double rate; // the learning rate now
    double best;
    uint32_t wait, cooldown;
};

void reduce_lr_reset(const struct vktl_callbacks *callbacks, double rate, struct reduce_lr *state);

// Whether `state->rate` was lowered.
bool reduce_lr_judge(const struct vktl_callbacks *callbacks, const struct figures *figures,
                     struct reduce_lr *state);

#endif
