// Keras Sequential models as JSON: model.to_json() of Keras 2 and 3.
//
//     {"class_name": "Sequential", "config": {"name", "layers": [{"class_name", "config"}, ...]},
//      "vktl": {"preprocess": "caffe", "interpolation": "bilinear", "image_size": 224,
//               "classes": ["ant", "bee"], "temperature": 1.5}}
//
// The "vktl" object is ours, and optional, as are its members; Keras passes over it.
#ifndef FORMATS_KERAS_JSON_H
#define FORMATS_KERAS_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"

struct cJSON;

enum { KERAS_JSON_MAX_SIZE = 16 << 20, KERAS_JSON_MAX_LAYERS = 4096 };

// A layer as the file has it. Strings and config belong to whoever holds the tree: the keras_model
// after reading, the caller for writing.
struct keras_layer {
    const char *class_name;
    const char *name;
    bool trainable;
    const struct cJSON *config;
};

struct keras_model {
    struct cJSON *tree; // owns what the layers point into; NULL for writing
    const char *name;
    uint32_t height, width, channels; // of the input; 0: left open
    const char *preprocess;           // of the "vktl" object, or NULL
    const char *interpolation;        // likewise
    uint32_t image_size;              // of the "vktl" object, or 0
    const char **classes;             // likewise, class_count of them, or NULL
    uint32_t class_count;
    double temperature;         // likewise, above 0; or 0
    struct keras_layer *layers; // without input layers
    uint32_t layer_count;
};

// Reads a model from text that messages call `origin`. VKTL_INPUT: not JSON, not a Sequential
// model, nested or too large, a layer without a class or a name, two layers of one name.
vktl_status keras_json_read(const struct vktl_log *log, const char *text, const char *origin,
                            struct keras_model *model);
void keras_model_deinit(struct keras_model *model); // of a model that keras_json_read filled

// Writes the text of a model: an input layer, then the layers with their configs, in which "name"
// and "trainable" are set from the layer. The caller frees `text` by free().
vktl_status keras_json_write(const struct vktl_log *log, const struct keras_model *model,
                             char **text);

#endif
