// Responsible for models as Keras's HDF5 files: what of a model goes into one, and a model from the
// description within one. The files themselves are formats/keras_h5.h's.
#include "nn/model.h"

#include <stdlib.h>

#include "formats/keras_h5.h"
#include "nn/model_parts.h"

static vktl_status fill_layer(const struct vktl_log *log, const struct layer *layer,
                              struct keras_h5_weight *weights, struct keras_h5_layer *out)
{
    *out = (struct keras_h5_layer){layer->name, weights, layer->io.weight_count};
    for (uint32_t i = 0; i < layer->io.weight_count; i++) {
        const struct op_weight *weight = &layer->io.weight[i];
        if (!layer->weight[i])
            return log_fail(log, VKTL_USAGE, "layer '%.80s' has no weights to save", layer->name);
        weights[i] = (struct keras_h5_weight){weight->name, weight->shape, layer->weight[i]};
    }
    return VKTL_OK;
}

vktl_status vktl_model_save_keras(const struct vktl_log *log, const struct vktl_model *model,
                                  const char *path, bool weights_only)
{
    vktl_status status;
    char *config = NULL;
    const size_t count = model->layer_count + 1u;
    struct keras_h5_layer *layers = calloc(count, sizeof *layers);
    struct keras_h5_weight *weights = calloc(count * OP_MAX_WEIGHTS, sizeof *weights);
    TRY_ALLOC(log, layers);
    TRY_ALLOC(log, weights);
    _Static_assert((int)OP_MAX_WEIGHTS <= (int)KERAS_H5_MAX_WEIGHTS,
                   "a file holds what a layer has");
    for (uint32_t i = 0; i < model->layer_count; i++)
        TRY(fill_layer(log, &model->layers[i], weights + (size_t)i * OP_MAX_WEIGHTS, &layers[i]));
    if (!weights_only)
        TRY(model_write_json(log, model, true, &config));
    TRY(keras_h5_write(log, path, &(struct keras_h5_model){config, layers, model->layer_count}));
fail:
    free(config);
    free(weights);
    free(layers);
    return status;
}

vktl_status model_open_h5(const struct vktl_log *log, const char *path, struct vktl_model **model)
{
    vktl_status status;
    struct keras_h5 *file = NULL;
    *model = NULL;
    TRY(keras_h5_open(log, path, &file));
    if (!keras_h5_config(file))
        FAIL(log, VKTL_USAGE,
             "%s: weights without an architecture; name a model and give this file as --weights",
             path);
    TRY(model_from_json(log, keras_h5_config(file), path, model));
fail:
    keras_h5_close(&file);
    return status;
}
