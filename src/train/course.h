// Where a run stands: all that decides how it goes on, beside weights and the optimizer's state.
// Plain numbers and no clock, so that last.safetensors carries it and a resumed run's is the same.
#ifndef TRAIN_COURSE_H
#define TRAIN_COURSE_H

#include "base/text.h"
#include "train/callbacks.h"
#include "train/session.h"

struct course {
    uint32_t phase;       // 0: the head's, 1: fine-tuning
    uint32_t phase_epoch; // epochs before this phase
    uint64_t phase_step;  // steps before it
    bool phase_is_over;   // early stopping has ended it
    uint32_t epoch;       // in progress, or the next; from 1
    uint32_t done;        // images of it
    uint64_t step;        // steps done, over all epochs
    uint32_t epochs_done; // whole ones: rows of history.csv
    struct sums sums;     // of the epoch in progress
    struct figures last;  // of the last whole epoch
    uint32_t base_layers; // of the model: layers of its base
    struct best best;
    struct early_stop early_stop;
    struct reduce_lr reduce_lr;
    struct loss_scale loss_scale; // of the next step
};

// Under this key of last.safetensors.
#define COURSE_KEY "resume"

// The last epoch of the phase, if nothing ends it before.
uint32_t course_phase_end(const struct course *course, const struct vktl_train_params *params);
bool course_phase_is_over(const struct course *course, const struct vktl_train_params *params);

// Whether the whole run is over.
bool course_is_complete(const struct course *course, const struct vktl_train_params *params);

// As "name=value name=value ...", exactly.
void course_write(struct text *text, const struct course *course);

// VKTL_INPUT: not what course_write makes, or a course that no run can have taken; `origin` is what
// messages call it.
vktl_status course_read(const struct vktl_log *log, const char *origin, const char *words,
                        struct course *course);

#endif
