// config.json, classes.json: what a run was made with, as JSON.
#ifndef TRAIN_CONFIG_H
#define TRAIN_CONFIG_H

#include <vktl/trainer.h>

#include "base/text.h"
#include "nn/model.h"

void config_json(struct text *text, const struct vktl_train_params *params,
                 const struct vktl_device_info *info, const struct vktl_model *model);
void classes_json(struct text *text, const struct vktl_model *model);

#endif
