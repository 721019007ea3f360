// Options of `vktl train` that say how a run unfolds: schedule, callbacks, fine-tuning. Tables, as
// those of cli/training.h.
#ifndef CLI_TRAINING_COURSE_H
#define CLI_TRAINING_COURSE_H

#include <vktl/trainer.h>

#include "cli/command.h"

// The library's structs are what the rows write to: zero asks for the default there too.
struct course_options {
    struct vktl_schedule schedule;
    struct vktl_callbacks callbacks;
    struct vktl_fine_tune fine_tune;
};

extern const struct option training_schedule[], training_callbacks[], training_fine_tune[];

#endif
