// A model in host memory: layers in order, their parameters, weights and shapes.
//
// Made by vktl_model_open, or in steps:
//
//     model_from_json -> model_cut -> model_infer_shapes -> model_load_weights -> model_add_head
//     -> model_freeze -> model_initialize
//
// Shapes are known after model_infer_shapes (which model_add_head calls again); a weight's array
// is NULL until it is loaded or initialised. Nothing here touches a device, and nothing here is
// for several threads at once, except what takes a const model.
#ifndef NN_MODEL_H
#define NN_MODEL_H

#include <vktl/model.h>

#include "base/log.h"
#include "base/shape.h"
#include "formats/safetensors.h"
#include "ops/op.h"

struct cJSON;

enum { MODEL_MAX_LAYERS = 4096, MODEL_INPUT = -1 };

struct layer {
    char *name;        // unique in its model
    char *keras_class; // "Conv2D": what the JSON calls it
    const struct op *op;
    _Alignas(8) unsigned char params[OP_MAX_PARAMS_SIZE]; // of `op`
    const struct op *activation; // runs after `op` where that cannot do it itself: softmax, relu6,
                                 // ...; such an operator has no parameters and keeps the shape.
                                 // NULL: none.
    int32_t input;               // index of the layer it reads, or MODEL_INPUT
    bool trainable;
    bool loaded;                   // its weights came from a file
    struct op_io io;               // for a batch of 1, from model_infer_shapes
    float *weight[OP_MAX_WEIGHTS]; // host arrays of shape io.weight[i].shape, or NULL
    struct cJSON *config;          // the layer's Keras configuration, kept for writing
};

struct vktl_model {
    char *name;
    struct layer *layers; // in an order in which every layer comes after its input
    uint32_t layer_count;
    uint32_t input_height, input_width, input_channels; // 0: not said by the architecture
    uint32_t
        base_count; // layers of the base: the first this many; equal to layer_count without top
    uint32_t settled_count; // layers whose batch normalisation keeps its statistics even while its
                            // gamma and beta are trained: the first this many
    vktl_preprocess preprocess;
    vktl_interpolation interpolation;
    char **classes; // names, class_count of them; NULL: none are known
    uint32_t class_count;
    double temperature; // that logits are divided by for probabilities; 1 where not calibrated
};

// ---- Architecture (model.c, model_json.c)
// --------------------------------------------------------

// Builds a model from Keras Sequential JSON. `origin` is what messages call it: a path or a name.
// VKTL_INPUT names the layer and what vktl does not know of it.
vktl_status model_from_json(const struct vktl_log *log, const char *text, const char *origin,
                            struct vktl_model **model);

// Index of a layer by name, or -1.
int32_t model_find(const struct vktl_model *model, const char *name);

// Fills every layer's io for a batch of 1 from the input up. `image_size` 0: as the architecture
// says. VKTL_USAGE when it says nothing; VKTL_INPUT when a layer does not fit what it reads.
vktl_status model_infer_shapes(const struct vktl_log *log, struct vktl_model *model,
                               uint32_t image_size);

// The shape of the model's input for a batch; after model_infer_shapes.
struct shape model_input_shape(const struct vktl_model *model, uint32_t batch);

// The Keras Sequential JSON of what the model now is, with its classes and settings in our object.
// The temperature is among them if wanted: where the weights are in the same file. The caller frees
// `text` by free().
vktl_status model_write_json(const struct vktl_log *log, const struct vktl_model *model,
                             bool with_temperature, char **text);

// ---- Weights (model_weights.c)
// -------------------------------------------------------------------

// Loads what `path` (.h5 or .safetensors) has for the model's layers, by name, and says in one
// sentence what was loaded, skipped (layers of the file that the model does not have) and left.
// VKTL_INPUT: a shape that differs, or nothing at all to load. On failure some weights may be
// loaded already.
vktl_status model_load_weights(const struct vktl_log *log, struct vktl_model *model,
                               const char *path);

// The same from the bytes of a .safetensors file in memory, which messages call `name`.
vktl_status model_load_weights_memory(const struct vktl_log *log, struct vktl_model *model,
                                      const char *name, const void *bytes, size_t size);

// Gives every weight without values its initial ones: Glorot uniform from the seed, zeros or ones,
// as its operator says. A tensor's numbers depend on the seed, the index of its layer and its own
// index alone.
vktl_status model_initialize(const struct vktl_log *log, struct vktl_model *model, uint64_t seed);

// Numbers in the weights of one layer: all, and those that training changes (layer and weight
// trainable).
uint64_t layer_parameters(const struct layer *layer);
uint64_t layer_trainable_parameters(const struct layer *layer);

// ---- A new top (model_head.c)
// --------------------------------------------------------------------

// Removes every layer after `base_output`; NULL: from the first Flatten or global pooling on.
// VKTL_USAGE: no such layer.
vktl_status model_cut(const struct vktl_log *log, struct vktl_model *model,
                      const char *base_output);

// Appends the layers that `spec` names, and a dense softmax "predictions" over the classes. "keep"
// appends nothing, and asks that the model has as many outputs. Infers shapes again. VKTL_USAGE
// names the word of the spec that is wrong.
vktl_status model_add_head(const struct vktl_log *log, struct vktl_model *model, const char *spec,
                           const char *const *classes, uint32_t class_count);

// Sets each layer's `trainable`: "base" freezes the base, "none" nothing, a layer's name up to and
// with it. VKTL_USAGE: no such layer.
vktl_status model_freeze(const struct vktl_log *log, struct vktl_model *model, const char *freeze);

// Whether training moves the layer's statistics: batch normalisation that is trainable and not
// settled.
bool model_learns_statistics(const struct vktl_model *model, uint32_t layer);

// Layers from the first on whose output is the same in every epoch: those below the first that is
// trained or draws random numbers. 0 where that saves no work.
uint32_t model_frozen_layers(const struct vktl_model *model);

// ---- Files (model_file.c)
// ------------------------------------------------------------------------

// What a checkpoint holds beside the model: metadata such as "epoch", and tensors such as
// "optimizer/velocity/fc1/kernel". Opening a model ignores both; formats/safetensors.h reads them.
struct model_extra {
    const struct safetensors_text *texts;
    uint32_t text_count;
    const struct safetensors_tensor *tensors;
    uint32_t tensor_count;
};

// Writes a vktl model, all or nothing; `extra` may be NULL. Needs every weight's values.
vktl_status model_save(const struct vktl_log *log, const struct vktl_model *model, const char *path,
                       const struct model_extra *extra);

#endif
