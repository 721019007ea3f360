// Responsible for vktl_model_open: finding what the user named, and putting a model together from
// it.
#include "nn/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/embedded.h"
#include "base/files.h"
#include "formats/keras_json.h"
#include "nn/model_parts.h"

#define MODELS_FOLDER    "models/"
#define MODEL_SUFFIX     ".json"
#define BACKBONES_FOLDER "backbones/"
#define BACKBONE_SUFFIX  ".safetensors"
#define BEST_NAME        "best.safetensors"

enum { EMBEDDED_NAME_SIZE = 128 };

// Where a model's own weights are: in one of the two, or nowhere.
struct own_weights {
    char *path;
    const struct embedded_file *embedded;
};

// ---- Built-in models

// Name of the index-th built-in model: what is between folder and suffix. False: there are fewer.
static bool builtin_at(uint32_t index, const char **name, size_t *length)
{
    for (const struct embedded_file *file = embedded_files; file->name; file++) {
        const size_t size = strlen(file->name);
        if (strncmp(file->name, MODELS_FOLDER, strlen(MODELS_FOLDER)) != 0 ||
            size <= strlen(MODELS_FOLDER) + strlen(MODEL_SUFFIX))
            continue;
        if (index-- > 0)
            continue;
        *name = file->name + strlen(MODELS_FOLDER);
        *length = size - strlen(MODELS_FOLDER) - strlen(MODEL_SUFFIX);
        return true;
    }
    return false;
}

uint32_t vktl_model_builtin_count(void)
{
    const char *name;
    size_t length;
    uint32_t count = 0;
    while (builtin_at(count, &name, &length))
        count++;
    return count;
}

void vktl_model_builtin_name(uint32_t index, char name[VKTL_BUILTIN_NAME_SIZE])
{
    const char *text = "";
    size_t length = 0;
    const bool exists = builtin_at(index, &text, &length);
    vktl_assert(exists && length < VKTL_BUILTIN_NAME_SIZE);
    memcpy(name, text, length);
    name[length] = '\0';
}

static const struct embedded_file *find_embedded(const char *folder, const char *name,
                                                 const char *suffix)
{
    char path[EMBEDDED_NAME_SIZE];
    if (snprintf(path, sizeof path, "%s%s%s", folder, name, suffix) >= (int)sizeof path)
        return NULL;
    return embedded_find(path);
}

static vktl_status open_builtin(const struct vktl_log *log, const char *name,
                                const struct embedded_file *file, struct own_weights *own,
                                struct vktl_model **model)
{
    vktl_status status;
    char *text = malloc(file->size + 1); // embedded files do not end in '\0'
    TRY_ALLOC(log, text);
    memcpy(text, file->bytes, file->size);
    text[file->size] = '\0';
    TRY(model_from_json(log, text, name, model));
    own->embedded = find_embedded(BACKBONES_FOLDER, name, BACKBONE_SUFFIX);
fail:
    free(text);
    return status;
}

// ---- Files

static vktl_status open_json(const struct vktl_log *log, const char *path,
                             struct vktl_model **model)
{
    vktl_status status;
    unsigned char *text = NULL;
    size_t size;
    TRY(file_read_all(log, path, KERAS_JSON_MAX_SIZE, &text, &size));
    TRY(model_from_json(log, (const char *)text, path, model));
fail:
    free(text);
    return status;
}

static vktl_status open_vktl(const struct vktl_log *log, const char *folder, const char *name,
                             struct own_weights *own, struct vktl_model **model)
{
    vktl_status status;
    own->path = path_join(folder, name);
    TRY_ALLOC(log, own->path);
    if (*folder && !file_exists(own->path))
        FAIL(log, VKTL_INPUT, "%s: no run folder, or none whose first epoch is done: it has no %s",
             folder, name);
    TRY(model_open_file(log, own->path, model));
fail:
    return status;
}

// A whole model that Keras saved, or vktl for it.
static vktl_status open_h5(const struct vktl_log *log, const char *path, struct own_weights *own,
                           struct vktl_model **model)
{
    vktl_status status;
    own->path = path_join("", path);
    TRY_ALLOC(log, own->path);
    TRY(model_open_h5(log, path, model));
fail:
    return status;
}

static vktl_status fail_unknown(const struct vktl_log *log, const char *name)
{
    char known[256] = "";
    const char *builtin;
    size_t length, end = 0;
    for (uint32_t i = 0; builtin_at(i, &builtin, &length); i++)
        if (end + length + 3 < sizeof known)
            end += (size_t)snprintf(known + end, sizeof known - end, "%s%.*s", i ? ", " : "",
                                    (int)length, builtin);
    return log_fail(log, VKTL_USAGE,
                    "'%.200s' is neither a built-in model (%s) nor a run folder, a "
                    ".safetensors, or a Keras .json or .h5",
                    name, known);
}

static vktl_status open_named(const struct vktl_log *log, const char *name, struct own_weights *own,
                              struct vktl_model **model)
{
    const struct embedded_file *builtin = find_embedded(MODELS_FOLDER, name, MODEL_SUFFIX);
    if (builtin)
        return open_builtin(log, name, builtin, own, model);
    if (folder_exists(name))
        return open_vktl(log, name, BEST_NAME, own, model);
    const char *extension = path_extension(name);
    if (strcmp(extension, "json") == 0)
        return open_json(log, name, model);
    if (strcmp(extension, "safetensors") == 0)
        return open_vktl(log, "", name, own, model);
    if (strcmp(extension, "h5") == 0 || strcmp(extension, "hdf5") == 0)
        return open_h5(log, name, own, model);
    return fail_unknown(log, name);
}

// ---- Putting it together

static vktl_status load_weights(const struct vktl_log *log, const struct vktl_model_params *params,
                                const struct own_weights *own, struct vktl_model *model)
{
    if (params->weights && strcmp(params->weights, "none") == 0)
        return VKTL_OK;
    if (params->weights)
        return model_load_weights(log, model, params->weights);
    if (own->path)
        return model_load_weights(log, model, own->path);
    if (own->embedded)
        return model_load_weights_memory(log, model, own->embedded->name, own->embedded->bytes,
                                         own->embedded->size);
    return VKTL_OK;
}

// Frozen layers keep the weights they have, so they must have some worth keeping.
static vktl_status check_frozen(const struct vktl_log *log, const struct vktl_model *model)
{
    for (uint32_t i = 0; i < model->layer_count; i++) {
        const struct layer *layer = &model->layers[i];
        if (layer->io.weight_count && !layer->trainable && !layer->loaded)
            return log_fail(log, VKTL_USAGE,
                            "layer '%.80s' of %s is frozen but has no weights: give --weights "
                            "FILE, or train it too with --freeze none",
                            layer->name, model->name);
    }
    return VKTL_OK;
}

// The layers before the first batch normalisation that no file has statistics for.
static uint32_t settled_count(const struct vktl_model *model)
{
    uint32_t count = 0;
    while (count < model->layer_count &&
           (model->layers[count].loaded || strcmp(model->layers[count].op->name, "batchnorm") != 0))
        count++;
    return count;
}

// Whether the weights of layers [first, end) all came from a file, or none did.
static bool all_loaded(const struct vktl_model *model, uint32_t first, uint32_t end, bool loaded)
{
    for (uint32_t i = first; i < end; i++)
        if (model->layers[i].io.weight_count && model->layers[i].loaded != loaded)
            return false;
    return true;
}

// Topless weight files are the common ones: a model whose whole base they fill, and nothing of the
// top, is opened without its top.
static vktl_status leave_out_unloaded_top(const struct vktl_log *log,
                                          const struct vktl_model_params *params,
                                          struct vktl_model *model)
{
    const uint32_t base = model->base_count;
    if (!params->weights || strcmp(params->weights, "none") == 0 || base == model->layer_count ||
        !all_loaded(model, 0, base, true) || !all_loaded(model, base, model->layer_count, false))
        return VKTL_OK;
    log_info(log, "%s has no weights for the top of %s, which is left out", params->weights,
             model->name);
    return model_cut(log, model, NULL);
}

static vktl_status assemble(const struct vktl_log *log, const struct vktl_model_params *params,
                            const struct own_weights *own, struct vktl_model *model)
{
    vktl_status status;
    const bool keeps_top = !params->no_top && (!params->head || strcmp(params->head, "keep") == 0);
    vktl_assert(!params->no_top || !params->head);
    if (params->preprocess)
        model->preprocess = *params->preprocess;
    if (params->interpolation)
        model->interpolation = *params->interpolation;
    if (!keeps_top)
        TRY(model_cut(log, model, params->base_output));
    else if (params->head && params->base_output)
        FAIL(log, VKTL_USAGE, "--base-output cuts the top off that --head keep keeps");
    TRY(model_infer_shapes(log, model, params->image_size));
    TRY(load_weights(log, params, own, model));
    if (params->no_top)
        return VKTL_OK;
    // A temperature belongs to the weights that it was fitted for, which these are not or not for
    // long.
    if (params->head || params->weights)
        model->temperature = 1;
    if (!params->head) {
        TRY(leave_out_unloaded_top(log, params, model));
        return model_name_classes(log, model);
    }
    TRY(model_add_head(log, model, params->head, params->classes, params->class_count));
    TRY(model_freeze(log, model, params->freeze ? params->freeze : "base"));
    model->settled_count = params->train_batchnorm ? 0 : settled_count(model);
    return params->unloaded ? VKTL_OK : check_frozen(log, model);
fail:
    return status;
}

vktl_status vktl_model_store_temperature(const struct vktl_log *log, const char *model,
                                         double temperature)
{
    vktl_status status = VKTL_OK;
    char *path = NULL;
    vktl_assert(temperature > 0 && isfinite(temperature));
    const bool is_run = !find_embedded(MODELS_FOLDER, model, MODEL_SUFFIX) && folder_exists(model);
    if (!is_run && strcmp(path_extension(model), "safetensors") != 0)
        FAIL(log, VKTL_USAGE,
             "%s keeps no temperature: only a run folder or a vktl model (.safetensors) does",
             model);
    path = path_join(is_run ? model : "", is_run ? BEST_NAME : model);
    TRY_ALLOC(log, path);
    TRY(model_store_temperature(log, path, temperature));
fail:
    free(path);
    return status;
}

vktl_status vktl_model_open(const struct vktl_log *log, const struct vktl_model_params *params,
                            struct vktl_model **model)
{
    vktl_status status;
    struct own_weights own = {0};
    *model = NULL;
    TRY(open_named(log, params->model, &own, model));
    TRY(assemble(log, params, &own, *model));
    free(own.path);
    return VKTL_OK;
fail:
    free(own.path);
    vktl_model_destroy(model);
    return status;
}
