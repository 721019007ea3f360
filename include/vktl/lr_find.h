// The learning-rate range test (Smith: "Cyclical learning rates for training neural networks",
// 2017; fastai's lr_find): a mock training whose learning rate grows from step to step, and what
// its losses say about the rate to train with.
#ifndef VKTL_LR_FIND_H
#define VKTL_LR_FIND_H

#include <stdint.h>

#include <vktl/trainer.h>

#ifdef __cplusplus
extern "C" {
#endif

// A zeroed member asks for its default, which stands in brackets.
struct vktl_lr_find_params {
    double from, to; // learning rates of the first and the last step [1e-10, 10]
    uint32_t steps;  // [as many as 5 epochs have, but at least 100 and at most 1000]
};

// Rates to train with; NaN where the losses suggest none, since they never fell. They come from the
// smoothed losses of all steps but the first tenth and the last five, as in fastai:
//
//     steepest     where the loss falls fastest over the logarithm of the rate: the middle of the
//                  steepest line through a fifth of the steps
//     valley       two thirds into the longest run of ever lower losses (not only of neighbours)
//     minimum_10   a tenth of the rate where the loss is lowest
struct vktl_lr_suggestions {
    double steepest, valley, minimum_10;
    double recommended;           // one of them
    const char *recommended_name; // "steepest", "valley" or "minimum/10"; NULL: none
};

// Steps that were made. The loss is the batch's before the weights are changed. The smoothed one,
// of steps 0 to i with b = 0.98, is without bias from its start at zero:
//
//     a[i] = b * a[i - 1] + (1 - b) * losses[i],   smoothed[i] = a[i] / (1 - b^(i + 1))
struct vktl_lr_find_result {
    uint32_t count;
    double *rates, *losses, *smoothed; // (count) each
    uint32_t steps;                    // that were planned
    bool stopped; // before the last step: smoothed above 4 times its lowest, or a loss not finite
    struct vktl_lr_suggestions suggestions;
};

// Runs the test on a model, data and settings as vktl_train takes them; of `training` only what
// belongs to a run folder, its callbacks and its course is not looked at, and learning_rate
// neither. Repeats bit for bit. Progress comes as VKTL_TRAIN_LR_STEP. `result` is zeroed or filled;
// the caller releases it by vktl_lr_find_release. Statuses as of vktl_train; VKTL_USAGE: `from` not
// below `to`, or not 20 to 10000 steps; VKTL_INTERRUPTED: should_stop.
VKTL_API vktl_status vktl_lr_find(const struct vktl_log *log, struct vktl_device *device,
                                  const struct vktl_train_params *training,
                                  const struct vktl_lr_find_params *params,
                                  struct vktl_lr_find_result *result);
VKTL_API void vktl_lr_find_release(struct vktl_lr_find_result *result);

// Writes lr_find.csv (learning_rate,loss,smoothed), lr_find.png and lr_find.svg into `folder`,
// which is created where missing; each file as a whole. A library without Cairo writes the first
// alone and says so. VKTL_IO: it cannot be written.
VKTL_API vktl_status vktl_lr_find_save(const struct vktl_log *log,
                                       const struct vktl_lr_find_result *result,
                                       const char *folder);

#ifdef __cplusplus
}
#endif
#endif
