// Responsible for models from and to Keras Sequential JSON. The outer form is read by
// formats/keras_json.c, each layer's settings by layer.c.
#include "nn/model.h"

#include <stdlib.h>

#include "formats/keras_json.h"
#include "nn/model_parts.h"

static vktl_status take_settings(const struct vktl_log *log, const char *origin,
                                 const struct keras_model *keras, struct vktl_model *model)
{
    if (keras->preprocess && !vktl_preprocess_find(keras->preprocess, &model->preprocess))
        return log_fail(log, VKTL_INPUT,
                        "%s: vktl.preprocess is '%.40s'; known are none, caffe, "
                        "tf and torch",
                        origin, keras->preprocess);
    if (keras->interpolation &&
        !vktl_interpolation_find(keras->interpolation, &model->interpolation))
        return log_fail(log, VKTL_INPUT,
                        "%s: vktl.interpolation is '%.40s'; known are nearest and bilinear", origin,
                        keras->interpolation);
    if (keras->temperature != 0)
        model->temperature = keras->temperature;
    model->input_height = keras->height ? keras->height : keras->image_size;
    model->input_width = keras->width ? keras->width : keras->image_size;
    model->input_channels = keras->channels;
    return keras->classes ? model_set_classes(log, model, keras->classes, keras->class_count)
                          : VKTL_OK;
}

vktl_status model_from_json(const struct vktl_log *log, const char *text, const char *origin,
                            struct vktl_model **model)
{
    vktl_status status;
    struct keras_model keras;
    *model = NULL;
    status = keras_json_read(log, text, origin, &keras);
    if (status != VKTL_OK)
        return status;
    TRY(model_create(log, keras.name, model));
    TRY(take_settings(log, origin, &keras, *model));
    for (uint32_t i = 0; i < keras.layer_count; i++) {
        const struct keras_layer *layer = &keras.layers[i];
        TRY(model_append(log, *model, origin, layer->class_name, layer->name, layer->config));
        (*model)->layers[i].trainable = layer->trainable;
    }
    (*model)->base_count = model_top_index(*model);
    keras_model_deinit(&keras);
    return VKTL_OK;
fail:
    keras_model_deinit(&keras);
    vktl_model_destroy(model);
    return status;
}

vktl_status model_write_json(const struct vktl_log *log, const struct vktl_model *model,
                             bool with_temperature, char **text)
{
    vktl_status status;
    struct keras_model keras = {
        .name = model->name,
        .height = model->input_height,
        .width = model->input_width,
        .channels = model->input_channels,
        .preprocess = vktl_preprocess_name(model->preprocess),
        .interpolation = vktl_interpolation_name(model->interpolation),
        .image_size = model->input_height,
        .classes = (const char **)model->classes,
        .class_count = model->class_count,
        .temperature = with_temperature && model->temperature != 1 ? model->temperature : 0,
        .layer_count = model->layer_count,
    };
    *text = NULL;
    keras.layers = calloc(model->layer_count + 1u, sizeof *keras.layers);
    TRY_ALLOC(log, keras.layers);
    for (uint32_t i = 0; i < model->layer_count; i++) {
        const struct layer *layer = &model->layers[i];
        keras.layers[i] =
            (struct keras_layer){layer->keras_class, layer->name, layer->trainable, layer->config};
    }
    TRY(keras_json_write(log, &keras, text));
fail:
    free(keras.layers);
    return status;
}

vktl_status vktl_model_json(const struct vktl_log *log, const struct vktl_model *model, char **text)
{
    return model_write_json(log, model, false, text);
}
