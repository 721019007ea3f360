// Models: an architecture, its weights, and what belongs to them: classes, image size,
// preprocessing.
#ifndef VKTL_MODEL_H
#define VKTL_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include <vktl/dataset.h>
#include <vktl/log.h>
#include <vktl/status.h>

#ifdef __cplusplus
extern "C" {
#endif

// A model in host memory. Functions that take it const may run in several threads at once.
struct vktl_model;

// What to open, and what to make of it. A zeroed member asks for its default.
struct vktl_model_params {
    // A run folder (its best.safetensors), a vktl model (.safetensors), a Keras Sequential JSON
    // (.json), a whole Sequential model in Keras's .h5, or the name of a built-in architecture.
    const char *model;
    // Keras .h5 or .safetensors, loaded by layer name. NULL: the weights that the model has, if it
    // has any. "none": not even those. A file that fills the base and nothing of the top opens
    // a model without its top.
    const char *weights;
    uint32_t image_size;                     // pixels on a side; 0: the model's
    const vktl_preprocess *preprocess;       // NULL: the model's
    const vktl_interpolation *interpolation; // NULL: the model's, else bilinear

    // Cuts the model's top off and puts none in its place. `head` must be NULL then.
    bool no_top;
    // A new top, as --head says it: "flatten,dense:256:relu,dropout:0.5", "gap", "gmp", or "keep"
    // for the model's own top. NULL leaves the model as it is, and the rest is not looked at.
    const char *head;
    const char *base_output; // the layer to cut after; NULL: the last before the top
    const char *freeze;      // "base", "none", or a layer: freeze up to and with it; NULL: "base"
    // Batch normalisation that is trained moves its statistics even where a file gave them; else
    // such layers keep them, as Keras advises for fine-tuning, and only gamma and beta are trained.
    bool train_batchnorm;
    bool unloaded; // frozen layers may lack weights: to look at a model, or to measure it
    const char *const *classes; // names in the order of the outputs; copied
    uint32_t class_count;
};

// Opens a model. The weights that no file gives have no values yet: training makes them from its
// seed, and vktl_model_has_weights tells. One sentence says what was loaded, skipped and left.
//
// The caller destroys `model`, which is NULL after a failure. VKTL_USAGE: no such built-in, layer
// or head, or a frozen base without weights; VKTL_INPUT: a file that cannot be read, is damaged or
// does not fit the architecture.
VKTL_API vktl_status vktl_model_open(const struct vktl_log *log,
                                     const struct vktl_model_params *params,
                                     struct vktl_model **model);
VKTL_API void vktl_model_destroy(struct vktl_model **model);

// The built-in architectures by name, sorted. `index` below the count.
enum { VKTL_BUILTIN_NAME_SIZE = 64 };
VKTL_API uint32_t vktl_model_builtin_count(void);
VKTL_API void vktl_model_builtin_name(uint32_t index, char name[VKTL_BUILTIN_NAME_SIZE]);

VKTL_API const char *vktl_model_name(const struct vktl_model *model);
VKTL_API uint32_t vktl_model_image_size(const struct vktl_model *model); // pixels on a side
VKTL_API vktl_preprocess vktl_model_preprocess(const struct vktl_model *model);
VKTL_API vktl_interpolation vktl_model_interpolation(const struct vktl_model *model);

// Classes: as many as a model with a top has outputs, else 0. A model that carries no names for
// them calls them "0", "1", ... Strings live as long as the model.
VKTL_API uint32_t vktl_model_class_count(const struct vktl_model *model);
VKTL_API const char *vktl_model_class_name(const struct vktl_model *model, uint32_t index);

// What the logits are divided by before the softmax that gives probabilities (temperature scaling);
// 1 for a model that was not calibrated. Predictions apply it; training, a new head and --weights
// begin with 1 again, since it belongs to the weights that it was fitted for. A temperature is
// finite and above 0.
VKTL_API double vktl_model_temperature(const struct vktl_model *model);
VKTL_API void vktl_model_set_temperature(struct vktl_model *model, double temperature);

// Whether every weight came from a file, so that predictions mean something.
VKTL_API bool vktl_model_has_weights(const struct vktl_model *model);

// One layer, as the summary shows it. Strings live as long as the model.
struct vktl_layer_info {
    const char *name;
    const char *type;    // Keras's class: "Conv2D"
    uint32_t rank;       // axes of the output without the batch: 1 or 3
    uint32_t output[3];  // H, W, C, or C
    uint64_t parameters; // numbers in its weights
    uint64_t trainable;  // of them, those that training would change
};
VKTL_API uint32_t vktl_model_layer_count(const struct vktl_model *model);
VKTL_API void vktl_model_layer(const struct vktl_model *model, uint32_t index,
                               struct vktl_layer_info *info);

// Keras's table of layers with its totals. The caller frees `text` by free().
VKTL_API vktl_status vktl_model_summary(const struct vktl_log *log, const struct vktl_model *model,
                                        char **text);

// The architecture as Keras Sequential JSON, which Keras reads, with the classes and settings in an
// object "vktl", which Keras passes over. The caller frees `text` by free().
VKTL_API vktl_status vktl_model_json(const struct vktl_log *log, const struct vktl_model *model,
                                     char **text);

// Writes a vktl model (.safetensors), all or nothing: an older file of that name stays whole until
// the new one is complete. Needs all weights (VKTL_USAGE without). VKTL_IO: cannot be written.
VKTL_API vktl_status vktl_model_save(const struct vktl_log *log, const struct vktl_model *model,
                                     const char *path);

// Writes the model as Keras 2 does in an .h5 file, which Keras 2 and 3 read: a whole model for
// load_model, with classes, settings and temperature in an object "vktl" of the JSON that Keras
// passes over; or the weights alone, for load_weights. All or nothing, the same bytes each time.
// VKTL_USAGE: a weight without values, or a vktl built without HDF5; VKTL_INPUT: a layer's name
// that HDF5 cannot hold; VKTL_IO: cannot be written. One thread in the process at a time.
VKTL_API vktl_status vktl_model_save_keras(const struct vktl_log *log,
                                           const struct vktl_model *model, const char *path,
                                           bool weights_only);

// Keeps a temperature in the file of a model, named as vktl_model_open takes it: a run folder (its
// best.safetensors) or a vktl model. The file is replaced as a whole; its tensors and its other
// metadata stay as they are, bit for bit. VKTL_USAGE: another kind of model; VKTL_INPUT: damaged.
VKTL_API vktl_status vktl_model_store_temperature(const struct vktl_log *log, const char *model,
                                                  double temperature);

#ifdef __cplusplus
}
#endif
#endif
