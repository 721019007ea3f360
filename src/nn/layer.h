// One layer of a model, made from its Keras configuration.
#ifndef NN_LAYER_H
#define NN_LAYER_H

#include "nn/model.h"

// Finds the operator of a Keras class and sets its parameters from the config. Settings that would
// change what the layer computes, and that vktl does not know, are refused; initialisers, dtypes
// and the like are passed over. `origin` is what messages call the model. VKTL_INPUT. The caller
// calls layer_deinit, also after a failure.
vktl_status layer_init(const struct vktl_log *log, const char *origin, const char *keras_class,
                       const char *name, const struct cJSON *config, struct layer *layer);
void layer_deinit(struct layer *layer);

// Fills io for the input shape `in`. `origin` as above. VKTL_INPUT: the layer does not fit it.
vktl_status layer_infer(const struct vktl_log *log, const char *origin, struct layer *layer,
                        const struct shape *in);

#endif
