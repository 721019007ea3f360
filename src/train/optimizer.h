// A run's optimizer and loss: from what the user said to what a plan takes.
#ifndef TRAIN_OPTIMIZER_H
#define TRAIN_OPTIMIZER_H

#include <vktl/dataset.h>
#include <vktl/optimizer.h>

#include "nn/model.h"

extern const char *const optimizer_names[]; // by vktl_optimizer_kind, NULL at the end

void optimizer_fill_defaults(struct vktl_optimizer *optimizer);

// The operator, and its params into OP_MAX_PARAMS_SIZE bytes. VKTL_USAGE: a setting that is not
// this optimizer's; VKTL_INPUT: a number out of its range.
vktl_status optimizer_prepare(const struct vktl_log *log, const struct vktl_optimizer *optimizer,
                              const struct op **op, void *params);

// The factor of each layer's learning rate: NULL where all are 1. The caller frees `factors`.
vktl_status optimizer_rate_factors(const struct vktl_log *log,
                                   const struct vktl_optimizer *optimizer,
                                   const struct vktl_model *model, float **factors);

// What a sample of each class counts: NULL where all count 1. The caller frees `weights`.
// VKTL_USAGE: not as many numbers as the dataset has classes, or none above 0.
vktl_status optimizer_class_weights(const struct vktl_log *log,
                                    const struct vktl_optimizer *optimizer,
                                    const struct vktl_dataset *dataset, float **weights);

#endif
