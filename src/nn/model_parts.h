// What the model_*.c share among themselves.
#ifndef NN_MODEL_PARTS_H
#define NN_MODEL_PARTS_H

#include "nn/model.h"

// A model without layers. The caller destroys it.
vktl_status model_create(const struct vktl_log *log, const char *name, struct vktl_model **model);

// Appends a layer that reads the one before it; see layer_init. Its name must be new.
vktl_status model_append(const struct vktl_log *log, struct vktl_model *model, const char *origin,
                         const char *keras_class, const char *name, const struct cJSON *config);

// Replaces the names of the classes by copies of these.
vktl_status model_set_classes(const struct vktl_log *log, struct vktl_model *model,
                              const char *const *classes, uint32_t class_count);
void model_free_classes(struct vktl_model *model);

// Names the outputs "0", "1", ... where there are no names. VKTL_INPUT: there are, but not as many.
vktl_status model_name_classes(const struct vktl_log *log, struct vktl_model *model);

// Index of the first layer of the top, Flatten or a global pooling; layer_count where there is
// none.
uint32_t model_top_index(const struct vktl_model *model);

// Numbers that the last layer gives for an image where that is a vector, else 0.
uint32_t model_output_count(const struct vktl_model *model);

// Opens a vktl model: its architecture, classes and settings, without the weights. VKTL_INPUT: not
// one, or damaged.
vktl_status model_open_file(const struct vktl_log *log, const char *path,
                            struct vktl_model **model);

// The same of a whole model in Keras's .h5. VKTL_USAGE: it holds weights alone.
vktl_status model_open_h5(const struct vktl_log *log, const char *path, struct vktl_model **model);

// Puts `temperature` into the metadata of the vktl model at `path` and leaves all else as it is.
vktl_status model_store_temperature(const struct vktl_log *log, const char *path,
                                    double temperature);

#endif
