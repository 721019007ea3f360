// Responsible for a model as a list of layers: making it grow, shapes from the input up, and what
// can be asked of it. Reading and writing, weights and heads are in the other model_*.c.
#include "nn/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "nn/layer.h"
#include "nn/model_parts.h"

enum { CHANNELS = 3 }; // images are R, G, B

vktl_status model_create(const struct vktl_log *log, const char *name, struct vktl_model **out)
{
    vktl_status status;
    struct vktl_model *model = calloc(1, sizeof *model);
    TRY_ALLOC(log, model);
    model->interpolation = VKTL_BILINEAR;
    model->temperature = 1;
    model->name = malloc(strlen(name) + 1);
    TRY_ALLOC(log, model->name);
    strcpy(model->name, name);
    *out = model;
    return VKTL_OK;
fail:
    *out = NULL;
    vktl_model_destroy(&model);
    return status;
}

vktl_status model_append(const struct vktl_log *log, struct vktl_model *model, const char *origin,
                         const char *keras_class, const char *name, const struct cJSON *config)
{
    vktl_status status;
    if (model->layer_count == MODEL_MAX_LAYERS)
        FAIL(log, VKTL_INPUT, "%s: more than %d layers", origin, MODEL_MAX_LAYERS);
    struct layer *layers = realloc(model->layers, (model->layer_count + 1u) * sizeof *layers);
    TRY_ALLOC(log, layers);
    model->layers = layers;
    struct layer *layer = &layers[model->layer_count];
    status = layer_init(log, origin, keras_class, name, config, layer);
    layer->input = (int32_t)model->layer_count - 1;
    model->layer_count++; // also after a failure: the model releases it
    return status;
fail:
    return status;
}

void model_free_classes(struct vktl_model *model)
{
    for (uint32_t i = 0; model->classes && i < model->class_count; i++)
        free(model->classes[i]);
    free(model->classes);
    model->classes = NULL;
    model->class_count = 0;
}

vktl_status model_set_classes(const struct vktl_log *log, struct vktl_model *model,
                              const char *const *classes, uint32_t class_count)
{
    vktl_status status;
    model_free_classes(model);
    model->classes = calloc(class_count + 1u, sizeof *model->classes);
    TRY_ALLOC(log, model->classes);
    for (uint32_t i = 0; i < class_count; i++) {
        model->classes[i] = malloc(strlen(classes[i]) + 1);
        TRY_ALLOC(log, model->classes[i]);
        strcpy(model->classes[i], classes[i]);
        model->class_count = i + 1;
    }
    return VKTL_OK;
fail:
    return status;
}

void vktl_model_destroy(struct vktl_model **model)
{
    if (!*model)
        return;
    model_free_classes(*model);
    for (uint32_t i = 0; i < (*model)->layer_count; i++)
        layer_deinit(&(*model)->layers[i]);
    free((*model)->layers);
    free((*model)->name);
    free(*model);
    *model = NULL;
}

int32_t model_find(const struct vktl_model *model, const char *name)
{
    for (uint32_t i = 0; i < model->layer_count; i++)
        if (strcmp(model->layers[i].name, name) == 0)
            return (int32_t)i;
    return -1;
}

uint32_t model_top_index(const struct vktl_model *model)
{
    static const char *const first_of_top[] = {"flatten", "global_avgpool", "global_maxpool"};
    for (uint32_t i = 0; i < model->layer_count; i++)
        for (size_t j = 0; j < sizeof first_of_top / sizeof *first_of_top; j++)
            if (strcmp(model->layers[i].op->name, first_of_top[j]) == 0)
                return i;
    return model->layer_count;
}

// ---- Shapes

static vktl_status set_input(const struct vktl_log *log, struct vktl_model *model,
                             uint32_t image_size)
{
    if (!model->input_channels)
        model->input_channels = CHANNELS;
    if (model->input_channels != CHANNELS)
        return log_fail(log, VKTL_INPUT, "%s: the input has %u channels; vktl feeds images of %d",
                        model->name, model->input_channels, CHANNELS);
    if (image_size)
        model->input_height = model->input_width = image_size;
    if (!model->input_height || !model->input_width)
        return log_fail(log, VKTL_USAGE,
                        "%s: the model leaves the image size open; give --image-size", model->name);
    if (model->input_height != model->input_width)
        return log_fail(log, VKTL_INPUT,
                        "%s: the input is %u x %u; vktl feeds square images: give --image-size",
                        model->name, model->input_height, model->input_width);
    return VKTL_OK;
}

struct shape model_input_shape(const struct vktl_model *model, uint32_t batch)
{
    return shape_4d(batch, model->input_height, model->input_width, model->input_channels);
}

vktl_status model_infer_shapes(const struct vktl_log *log, struct vktl_model *model,
                               uint32_t image_size)
{
    vktl_status status;
    TRY(set_input(log, model, image_size));
    const struct shape input = model_input_shape(model, 1);
    for (uint32_t i = 0; i < model->layer_count; i++) {
        struct layer *layer = &model->layers[i];
        const struct shape *in = &input;
        if (layer->input != MODEL_INPUT)
            in = &model->layers[layer->input].io.out;
        TRY(layer_infer(log, model->name, layer, in));
    }
    return VKTL_OK;
fail:
    return status;
}

uint32_t model_output_count(const struct vktl_model *model)
{
    if (!model->layer_count)
        return 0;
    const struct shape *out = &model->layers[model->layer_count - 1].io.out;
    return out->rank == 2 ? out->dim[1] : 0;
}

vktl_status model_name_classes(const struct vktl_log *log, struct vktl_model *model)
{
    const uint32_t count = model_output_count(model);
    vktl_status status;
    if (model->class_count == count)
        return VKTL_OK;
    if (model->class_count)
        FAIL(log, VKTL_INPUT, "%s: %u class names for %u outputs", model->name, model->class_count,
             count);
    model->classes = calloc(count + 1u, sizeof *model->classes);
    TRY_ALLOC(log, model->classes);
    for (uint32_t i = 0; i < count; i++) {
        enum { NUMBER_SIZE = 12 };
        model->classes[i] = malloc(NUMBER_SIZE);
        TRY_ALLOC(log, model->classes[i]);
        snprintf(model->classes[i], NUMBER_SIZE, "%u", i);
        model->class_count = i + 1;
    }
    return VKTL_OK;
fail:
    return status;
}

bool model_learns_statistics(const struct vktl_model *model, uint32_t layer)
{
    return model->layers[layer].trainable && layer >= model->settled_count &&
           field_find(model->layers[layer].op->fields, "batch_statistics");
}

uint32_t model_frozen_layers(const struct vktl_model *model)
{
    uint32_t count = 0;
    bool has_weights = false;
    while (count < model->layer_count && layer_trainable_parameters(&model->layers[count]) == 0 &&
           !model_learns_statistics(model, count) &&
           model->layers[count].op->kind != OP_TRAINING_ONLY) {
        has_weights = has_weights || layer_parameters(&model->layers[count]) > 0;
        count++;
    }
    return has_weights ? count : 0;
}

// ---- Questions

const char *vktl_model_name(const struct vktl_model *model)
{
    return model->name;
}

uint32_t vktl_model_image_size(const struct vktl_model *model)
{
    return model->input_height;
}

vktl_preprocess vktl_model_preprocess(const struct vktl_model *model)
{
    return model->preprocess;
}

vktl_interpolation vktl_model_interpolation(const struct vktl_model *model)
{
    return model->interpolation;
}

uint32_t vktl_model_class_count(const struct vktl_model *model)
{
    return model->class_count;
}

const char *vktl_model_class_name(const struct vktl_model *model, uint32_t index)
{
    vktl_assert(index < model->class_count);
    return model->classes[index];
}

double vktl_model_temperature(const struct vktl_model *model)
{
    return model->temperature;
}

void vktl_model_set_temperature(struct vktl_model *model, double temperature)
{
    vktl_assert(temperature > 0 && isfinite(temperature));
    model->temperature = temperature;
}

uint32_t vktl_model_layer_count(const struct vktl_model *model)
{
    return model->layer_count;
}

void vktl_model_layer(const struct vktl_model *model, uint32_t index, struct vktl_layer_info *info)
{
    vktl_assert(index < model->layer_count);
    const struct layer *layer = &model->layers[index];
    *info = (struct vktl_layer_info){
        .name = layer->name,
        .type = layer->keras_class,
        .rank = layer->io.out.rank - 1,
        .parameters = layer_parameters(layer),
        .trainable = layer_trainable_parameters(layer),
    };
    for (uint32_t i = 0; i < info->rank; i++)
        info->output[i] = layer->io.out.dim[i + 1];
}
