// Measuring algorithms: for a plan that is about to be made, or for one use of an operator.
#ifndef TUNE_TUNE_H
#define TUNE_TUNE_H

#include <vktl/tune.h>

#include "gpu/tuning.h"
#include "nn/plan.h"

// Measures what a plan with these parameters could compute in several ways and nobody has measured
// on this device, as it was opened for (vktl_tuning_params): so before the plan is made. What it
// cannot measure stays as the heuristics have it. VKTL_INTERRUPTED, or a device that fails.
vktl_status tune_for_plan(const struct vktl_log *log, struct vktl_device *device,
                          const struct vktl_model *model, const struct plan_params *params);

struct tuner {
    const struct vktl_log *log;
    struct vktl_device *device;
    bool measures_anew;                                          // also what is known
    double limit_seconds;                                        // 0: no limit
    void (*on_row)(const struct vktl_tune_row *row, void *user); // may be NULL
    void *user;
    void (*progress)(void *user, uint32_t done, uint32_t total); // these two likewise
    bool (*should_stop)(void *user);
    void *progress_user;
    // Beginning zeroed:
    struct vktl_tune_counts counts;
    struct tuning gates; // verdicts of the gate by key and algorithm
    double started;      // clock_seconds
};

// Measures every use in the plan.
vktl_status tuner_run(struct tuner *tuner, const struct plan *plan);

// Measures one use in one direction, of which several algorithms are known, and keeps what won in
// the device's tuning.
vktl_status tuner_measure(struct tuner *tuner, const struct plan_work *work,
                          enum op_direction direction);
void tuner_deinit(struct tuner *tuner);

#endif
