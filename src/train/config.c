// Responsible for the JSON of a run's settings: every option as used.
#include "train/config.h"

#include <inttypes.h>

static void key(struct text *text, const char *name)
{
    text_append(text, text->length > 1 && text->data[text->length - 1] != '{' ? ",\n  " : "\n  ");
    text_append_json(text, name);
    text_append(text, ": ");
}

static void string_member(struct text *text, const char *name, const char *value)
{
    key(text, name);
    if (value)
        text_append_json(text, value);
    else
        text_append(text, "null");
}

static void whole_member(struct text *text, const char *name, uint64_t value)
{
    key(text, name);
    text_format(text, "%" PRIu64, value);
}

static void real_member(struct text *text, const char *name, double value)
{
    key(text, name);
    text_format(text, "%.9g", value);
}

static void bool_member(struct text *text, const char *name, bool value)
{
    key(text, name);
    text_append(text, value ? "true" : "false");
}

void config_json(struct text *text, const struct vktl_train_params *params,
                 const struct vktl_device_info *info, const struct vktl_model *model)
{
    text_append(text, "{");
    string_member(text, "vktl_version", vktl_version());
    string_member(text, "device", info->name);
    string_member(text, "driver", info->driver);
    string_member(text, "kernel_form", info->form == VKTL_FORM_ADDRESS ? "address" : "storage");
    string_member(text, "train", params->train_folder);
    string_member(text, "val", params->validation_folder);
    real_member(text, "val_split", params->validation_split);
    string_member(text, "model", params->model.model);
    string_member(text, "weights", params->model.weights);
    string_member(text, "base_output", params->model.base_output);
    string_member(text, "head", params->model.head);
    string_member(text, "freeze", params->model.freeze ? params->model.freeze : "base");
    whole_member(text, "image_size", vktl_model_image_size(model));
    string_member(text, "interpolation", vktl_interpolation_name(vktl_model_interpolation(model)));
    string_member(text, "preprocess", vktl_preprocess_name(vktl_model_preprocess(model)));
    whole_member(text, "epochs", params->epochs);
    whole_member(text, "batch", params->batch);
    string_member(text, "optimizer", "sgd");
    real_member(text, "lr", params->learning_rate);
    real_member(text, "momentum", params->momentum);
    bool_member(text, "nesterov", params->nesterov);
    real_member(text, "weight_decay", params->weight_decay);
    bool_member(text, "shuffle", !params->no_shuffle);
    whole_member(text, "seed", params->seed);
    whole_member(text, "max_steps", params->max_steps);
    whole_member(text, "cache_limit", params->cache_limit);
    bool_member(text, "cache", !params->no_cache);
    string_member(text, "tensorboard", params->tensorboard_folder);
    text_append(text, "\n}\n");
}

void classes_json(struct text *text, const struct vktl_model *model)
{
    text_append(text, "{");
    for (uint32_t i = 0; i < vktl_model_class_count(model); i++)
        whole_member(text, vktl_model_class_name(model, i), i);
    text_append(text, "\n}\n");
}
