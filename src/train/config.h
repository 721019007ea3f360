// config.json, classes.json, files.csv: what a run was made with. One table of fields both writes
// the settings and reads them back.
#ifndef TRAIN_CONFIG_H
#define TRAIN_CONFIG_H

#include <vktl/trainer.h>

#include "base/text.h"
#include "gpu/tuning.h"
#include "nn/model.h"

void config_json(struct text *text, const struct vktl_train_params *params,
                 const struct vktl_device_info *info, const struct vktl_model *model,
                 const struct tuning *tuning);

// The members of `params` that config.json has, as lines.
void config_settings(struct text *text, const struct vktl_train_params *params);
void classes_json(struct text *text, const struct vktl_model *model);

// Every image with its class, a row each: "set,class,path". `validation` may be NULL.
void files_csv(struct text *text, const struct vktl_dataset *training,
               const struct vktl_dataset *validation);

// Settings read from a config.json; owns what `params` points to.
struct config {
    struct cJSON *root;
    struct vktl_train_params params; // every member that the file has, as used
    vktl_preprocess preprocess;
    vktl_interpolation interpolation;
    const char *device, *driver, *kernel_form;
    struct tuning tuning; // algorithms by op_key
};

// VKTL_INPUT: not such a file, or one whose members have other types. `config` is closed by the
// caller, also after a failure.
vktl_status config_open(const struct vktl_log *log, const char *path, struct config *config);
void config_close(struct config *config);

// Brings what was asked for beside --resume, zero where nothing was, into the run's settings.
// VKTL_USAGE: a setting that contradicts the run's and cannot be changed any more.
vktl_status config_merge(const struct vktl_log *log, const struct vktl_train_params *asked,
                         struct config *config);

#endif
