// Responsible for vktl models: safetensors files that carry their architecture, classes and
// settings in __metadata__.
#include "nn/model.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "formats/safetensors.h"
#include "nn/model_parts.h"

#define VERSION_KEY       "vktl_version"
#define ARCHITECTURE_KEY  "architecture"
#define CLASSES_KEY       "classes"
#define PREPROCESS_KEY    "preprocess"
#define IMAGE_SIZE_KEY    "image_size"
#define INTERPOLATION_KEY "interpolation"
#define SETTLED_KEY       "settled_layers" // model.settled_count
#define TEMPERATURE_KEY   "temperature"

enum { OWN_TEXTS = 7, MOST_OWN_TEXTS, NUMBER_SIZE = 32 };

// ---- Writing

// What a file is made of, while it is made.
struct pieces {
    char *architecture;
    struct text classes, image_size, names; // names: of the tensors, each ended by '\0'
    char settled[NUMBER_SIZE], temperature[NUMBER_SIZE];
    struct safetensors_text *texts;
    uint32_t text_count;
    struct safetensors_tensor *tensors;
    uint32_t tensor_count;
};

static void pieces_deinit(struct pieces *pieces)
{
    free(pieces->architecture);
    text_deinit(&pieces->classes);
    text_deinit(&pieces->image_size);
    text_deinit(&pieces->names);
    free(pieces->texts);
    free(pieces->tensors);
}

// With as many digits as a double has.
static const char *number_text(double number, char text[NUMBER_SIZE])
{
    snprintf(text, NUMBER_SIZE, "%.17g", number);
    return text;
}

static vktl_status make_texts(const struct vktl_log *log, const struct vktl_model *model,
                              const struct model_extra *extra, struct pieces *pieces)
{
    vktl_status status;
    TRY(model_write_json(log, model, false, &pieces->architecture));
    text_append(&pieces->classes, "[");
    for (uint32_t i = 0; i < model->class_count; i++) {
        text_append(&pieces->classes, i ? "," : "");
        text_append_json(&pieces->classes, model->classes[i]);
    }
    text_append(&pieces->classes, "]");
    text_format(&pieces->image_size, "%u", model->input_height);
    snprintf(pieces->settled, NUMBER_SIZE, "%u", model->settled_count);
    TRY(text_status(log, &pieces->classes));
    TRY(text_status(log, &pieces->image_size));
    pieces->texts = calloc(MOST_OWN_TEXTS + (size_t)extra->text_count, sizeof *pieces->texts);
    TRY_ALLOC(log, pieces->texts);
    const struct safetensors_text own[OWN_TEXTS] = {
        {VERSION_KEY, vktl_version()},
        {PREPROCESS_KEY, vktl_preprocess_name(model->preprocess)},
        {INTERPOLATION_KEY, vktl_interpolation_name(model->interpolation)},
        {IMAGE_SIZE_KEY, pieces->image_size.data},
        {SETTLED_KEY, pieces->settled},
        {CLASSES_KEY, pieces->classes.data},
        {ARCHITECTURE_KEY, pieces->architecture},
    };
    memcpy(pieces->texts, own, sizeof own);
    pieces->text_count = OWN_TEXTS;
    if (model->temperature != 1)
        pieces->texts[pieces->text_count++] = (struct safetensors_text){
            TEMPERATURE_KEY, number_text(model->temperature, pieces->temperature)};
    for (uint32_t i = 0; i < extra->text_count; i++)
        pieces->texts[pieces->text_count++] = extra->texts[i];
    return VKTL_OK;
fail:
    return status;
}

static vktl_status add_layer(const struct vktl_log *log, const struct layer *layer,
                             struct pieces *pieces)
{
    for (uint32_t i = 0; i < layer->io.weight_count; i++) {
        const struct op_weight *weight = &layer->io.weight[i];
        if (!layer->weight[i])
            return log_fail(log, VKTL_USAGE, "layer '%.80s' has no weights to save", layer->name);
        text_format(&pieces->names, "%s/%s", layer->name, weight->name);
        text_append_bytes(&pieces->names, "", 1);
        pieces->tensors[pieces->tensor_count++] =
            (struct safetensors_tensor){NULL, weight->shape, layer->weight[i]};
    }
    return VKTL_OK;
}

static vktl_status make_tensors(const struct vktl_log *log, const struct vktl_model *model,
                                const struct model_extra *extra, struct pieces *pieces)
{
    vktl_status status;
    const size_t most = (size_t)model->layer_count * OP_MAX_WEIGHTS + extra->tensor_count + 1;
    pieces->tensors = calloc(most, sizeof *pieces->tensors);
    TRY_ALLOC(log, pieces->tensors);
    for (uint32_t i = 0; i < model->layer_count; i++)
        TRY(add_layer(log, &model->layers[i], pieces));
    TRY(text_status(log, &pieces->names));
    // Only now do the names stay where they are.
    const char *name = pieces->names.data;
    for (uint32_t i = 0; i < pieces->tensor_count; i++) {
        pieces->tensors[i].name = name;
        name += strlen(name) + 1;
    }
    for (uint32_t i = 0; i < extra->tensor_count; i++)
        pieces->tensors[pieces->tensor_count++] = extra->tensors[i];
    return VKTL_OK;
fail:
    return status;
}

vktl_status model_save(const struct vktl_log *log, const struct vktl_model *model, const char *path,
                       const struct model_extra *extra)
{
    static const struct model_extra nothing = {0};
    vktl_status status;
    struct pieces pieces = {0};
    text_init(&pieces.classes);
    text_init(&pieces.image_size);
    text_init(&pieces.names);
    TRY(make_texts(log, model, extra ? extra : &nothing, &pieces));
    TRY(make_tensors(log, model, extra ? extra : &nothing, &pieces));
    TRY(safetensors_write(log, path, pieces.texts, pieces.text_count, pieces.tensors,
                          pieces.tensor_count));
fail:
    pieces_deinit(&pieces);
    return status;
}

vktl_status vktl_model_save(const struct vktl_log *log, const struct vktl_model *model,
                            const char *path)
{
    return model_save(log, model, path, NULL);
}

// ---- Opening

static vktl_status read_classes(const struct vktl_log *log, const char *path, const char *json,
                                struct vktl_model *model)
{
    vktl_status status;
    const char **classes = NULL;
    uint32_t count = 0;
    cJSON *list = cJSON_Parse(json);
    if (!cJSON_IsArray(list))
        FAIL(log, VKTL_INPUT, "%s: damaged metadata: the classes are no list", path);
    classes = calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *classes);
    TRY_ALLOC(log, classes);
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        if (!cJSON_IsString(item))
            FAIL(log, VKTL_INPUT, "%s: damaged metadata: a class is no text", path);
        classes[count++] = item->valuestring;
    }
    TRY(model_set_classes(log, model, classes, count));
fail:
    free(classes);
    cJSON_Delete(list);
    return status;
}

static vktl_status read_temperature(const struct vktl_log *log, const char *path, const char *text,
                                    struct vktl_model *model)
{
    char *end;
    const double temperature = strtod(text, &end);
    if (end == text || *end || !(temperature > 0) || !isfinite(temperature))
        return log_fail(log, VKTL_INPUT, "%s: damaged metadata: temperature '%.40s'", path, text);
    model->temperature = temperature;
    return VKTL_OK;
}

static vktl_status read_settled(const struct vktl_log *log, const char *path, const char *text,
                                struct vktl_model *model)
{
    char *end;
    const unsigned long count = strtoul(text, &end, 10);
    if (end == text || *end || count > model->layer_count)
        return log_fail(log, VKTL_INPUT, "%s: damaged metadata: settled_layers '%.40s' of %u", path,
                        text, model->layer_count);
    model->settled_count = (uint32_t)count;
    return VKTL_OK;
}

static vktl_status read_settings(const struct vktl_log *log, const char *path,
                                 const struct safetensors *file, struct vktl_model *model)
{
    const char *preprocess = safetensors_metadata(file, PREPROCESS_KEY);
    const char *interpolation = safetensors_metadata(file, INTERPOLATION_KEY);
    const char *temperature = safetensors_metadata(file, TEMPERATURE_KEY);
    const char *settled = safetensors_metadata(file, SETTLED_KEY);
    if (preprocess && !vktl_preprocess_find(preprocess, &model->preprocess))
        return log_fail(log, VKTL_INPUT, "%s: damaged metadata: preprocess '%.40s'", path,
                        preprocess);
    if (interpolation && !vktl_interpolation_find(interpolation, &model->interpolation))
        return log_fail(log, VKTL_INPUT, "%s: damaged metadata: interpolation '%.40s'", path,
                        interpolation);
    vktl_status status = VKTL_OK;
    if (settled)
        status = read_settled(log, path, settled, model);
    if (status == VKTL_OK && temperature)
        status = read_temperature(log, path, temperature, model);
    return status;
}

vktl_status model_open_file(const struct vktl_log *log, const char *path, struct vktl_model **model)
{
    vktl_status status;
    struct safetensors *file = NULL;
    *model = NULL;
    TRY(safetensors_open(log, path, &file));
    const char *architecture = safetensors_metadata(file, ARCHITECTURE_KEY);
    const char *classes = safetensors_metadata(file, CLASSES_KEY);
    if (!architecture)
        FAIL(log, VKTL_INPUT,
             "%s: holds weights but no architecture: name a model and give this file as --weights",
             path);
    TRY(model_from_json(log, architecture, path, model));
    TRY(read_settings(log, path, file, *model));
    if (classes)
        TRY(read_classes(log, path, classes, *model));
    safetensors_close(&file);
    return VKTL_OK;
fail:
    safetensors_close(&file);
    vktl_model_destroy(model);
    return status;
}

vktl_status model_store_temperature(const struct vktl_log *log, const char *path,
                                    double temperature)
{
    char text[NUMBER_SIZE];
    struct vktl_model *model = NULL;
    vktl_status status = model_open_file(log, path, &model);
    vktl_model_destroy(&model);
    if (status == VKTL_OK)
        status = safetensors_set_text(log, path, TEMPERATURE_KEY, number_text(temperature, text));
    return status;
}
