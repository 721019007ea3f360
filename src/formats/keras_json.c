// Responsible for the outer form of Keras Sequential JSON: which layers there are, in which order,
// and the shape of the input. What a layer's config means is for the model to say.
#include "formats/keras_json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IMAGE_MAX_SIZE = 65535 };

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *string_member(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(member(object, name));
}

// ---- Reading

// One axis of an input shape: null (0) or a whole number.
static bool read_axis(const cJSON *item, uint32_t *axis)
{
    *axis = 0;
    if (cJSON_IsNull(item))
        return true;
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 1 && item->valuedouble <= IMAGE_MAX_SIZE))
        return false;
    *axis = (uint32_t)item->valuedouble;
    return *axis == item->valuedouble;
}

// Keras 2 calls it batch_input_shape, in an input layer or in the first layer; Keras 3 batch_shape.
static vktl_status read_input_shape(const struct vktl_log *log, const cJSON *config,
                                    const char *origin, struct keras_model *model)
{
    const cJSON *shape = member(config, "batch_input_shape");
    if (!shape)
        shape = member(config, "batch_shape");
    if (!shape)
        return VKTL_OK;
    const cJSON *height = cJSON_GetArrayItem(shape, 1);
    const cJSON *width = cJSON_GetArrayItem(shape, 2);
    const cJSON *channels = cJSON_GetArrayItem(shape, 3);
    if (cJSON_GetArraySize(shape) != 4 || !read_axis(height, &model->height) ||
        !read_axis(width, &model->width) || !read_axis(channels, &model->channels))
        return log_fail(log, VKTL_INPUT,
                        "%s: the input shape must be [null, height, width, channels], whole "
                        "numbers of at most %d",
                        origin, IMAGE_MAX_SIZE);
    return VKTL_OK;
}

static vktl_status read_layer(const struct vktl_log *log, const cJSON *item, const char *origin,
                              struct keras_layer *layer)
{
    layer->class_name = string_member(item, "class_name");
    layer->config = member(item, "config");
    layer->name = string_member(layer->config, "name");
    if (!layer->class_name || !layer->name || !*layer->name)
        return log_fail(log, VKTL_INPUT, "%s: a layer (%.80s) lacks class_name or config.name",
                        origin, layer->class_name ? layer->class_name : "no class");
    for (const char *c = layer->name; *c; c++)
        if ((unsigned char)*c < ' ')
            return log_fail(log, VKTL_INPUT, "%s: the name of a layer ('%.80s') is no line of text",
                            origin, layer->name);
    layer->trainable = !cJSON_IsFalse(member(layer->config, "trainable"));
    return VKTL_OK;
}

static vktl_status check_unique(const struct vktl_log *log, const char *origin,
                                const struct keras_model *model)
{
    for (uint32_t i = 0; i < model->layer_count; i++)
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(model->layers[i].name, model->layers[j].name) == 0)
                return log_fail(log, VKTL_INPUT, "%s: two layers are called '%.80s'", origin,
                                model->layers[i].name);
    return VKTL_OK;
}

static vktl_status read_layers(const struct vktl_log *log, const cJSON *items, const char *origin,
                               struct keras_model *model)
{
    vktl_status status;
    const int item_count = cJSON_GetArraySize(items);
    if (!cJSON_IsArray(items) || item_count > KERAS_JSON_MAX_LAYERS)
        FAIL(log, VKTL_INPUT, "%s: config.layers must be a list of at most %d layers", origin,
             KERAS_JSON_MAX_LAYERS);
    model->layers = calloc((size_t)item_count + 1, sizeof *model->layers);
    TRY_ALLOC(log, model->layers);
    const cJSON *item;
    cJSON_ArrayForEach(item, items)
    {
        struct keras_layer *layer = &model->layers[model->layer_count];
        TRY(read_layer(log, item, origin, layer));
        if (model->layer_count == 0)
            TRY(read_input_shape(log, layer->config, origin, model));
        if (strcmp(layer->class_name, "InputLayer") == 0) {
            if (item != items->child)
                FAIL(log, VKTL_INPUT, "%s: '%.80s': an input layer must come first", origin,
                     layer->name);
            continue;
        }
        model->layer_count++;
    }
    if (!model->layer_count)
        FAIL(log, VKTL_INPUT, "%s: the model has no layers", origin);
    return check_unique(log, origin, model);
fail:
    return status;
}

static vktl_status read_classes(const struct vktl_log *log, const cJSON *items, const char *origin,
                                struct keras_model *model)
{
    vktl_status status;
    const cJSON *item;
    if (!items)
        return VKTL_OK;
    if (!cJSON_IsArray(items))
        FAIL(log, VKTL_INPUT, "%s: vktl.classes must be a list of names", origin);
    model->classes = calloc((size_t)cJSON_GetArraySize(items) + 1, sizeof *model->classes);
    TRY_ALLOC(log, model->classes);
    cJSON_ArrayForEach(item, items)
    {
        if (!cJSON_IsString(item))
            FAIL(log, VKTL_INPUT, "%s: vktl.classes: a name is no text", origin);
        model->classes[model->class_count++] = item->valuestring;
    }
    return VKTL_OK;
fail:
    return status;
}

static vktl_status read_ours(const struct vktl_log *log, const cJSON *ours, const char *origin,
                             struct keras_model *model)
{
    const cJSON *image_size = member(ours, "image_size");
    const cJSON *temperature = member(ours, "temperature");
    model->preprocess = string_member(ours, "preprocess");
    model->interpolation = string_member(ours, "interpolation");
    if (image_size && (!read_axis(image_size, &model->image_size) || !model->image_size))
        return log_fail(log, VKTL_INPUT, "%s: vktl.image_size must be from 1 to %d", origin,
                        IMAGE_MAX_SIZE);
    model->temperature = temperature ? cJSON_GetNumberValue(temperature) : 0;
    if (temperature && !(model->temperature > 0 && isfinite(model->temperature)))
        return log_fail(log, VKTL_INPUT, "%s: vktl.temperature must be a number above 0", origin);
    return read_classes(log, member(ours, "classes"), origin, model);
}

static vktl_status read_tree(const struct vktl_log *log, const char *origin,
                             struct keras_model *model)
{
    vktl_status status;
    const cJSON *root = model->tree;
    if (member(root, "model_config")) // a whole saved model's description wraps it
        root = member(root, "model_config");
    const char *class_name = string_member(root, "class_name");
    if (!class_name)
        FAIL(log, VKTL_INPUT, "%s: not a Keras model: no class_name", origin);
    if (strcmp(class_name, "Sequential") != 0)
        FAIL(log, VKTL_INPUT,
             "%s: the model is a '%.80s'; vktl reads Sequential models, one layer after the other",
             origin, class_name);
    const cJSON *config = member(root, "config");
    // Keras before 2.2 wrote the list of layers itself as the config.
    model->name = string_member(config, "name");
    if (!model->name)
        model->name = "sequential";
    TRY(read_layers(log, cJSON_IsArray(config) ? config : member(config, "layers"), origin, model));
    return read_ours(log, member(model->tree, "vktl"), origin, model);
fail:
    return status;
}

// Line of a place in the text, from 1.
static unsigned line_of(const char *text, const char *place)
{
    unsigned line = 1;
    for (const char *c = text; place && c < place && *c; c++)
        line += *c == '\n';
    return line;
}

vktl_status keras_json_read(const struct vktl_log *log, const char *text, const char *origin,
                            struct keras_model *model)
{
    vktl_status status;
    const char *end = NULL;
    *model = (struct keras_model){0};
    if (strlen(text) > KERAS_JSON_MAX_SIZE)
        FAIL(log, VKTL_INPUT, "%s: more than %d MiB of JSON", origin, KERAS_JSON_MAX_SIZE >> 20);
    model->tree = cJSON_ParseWithOpts(text, &end, true);
    if (!model->tree)
        FAIL(log, VKTL_INPUT, "%s:%u: not JSON", origin, line_of(text, end));
    TRY(read_tree(log, origin, model));
    return VKTL_OK;
fail:
    keras_model_deinit(model);
    return status;
}

void keras_model_deinit(struct keras_model *model)
{
    cJSON_Delete(model->tree);
    free(model->layers);
    free(model->classes);
    *model = (struct keras_model){0};
}

// ---- Writing

// The library's items are attached at once, so that one delete of the root releases them all. A
// failed allocation leaves a NULL on the way, which every call accepts and passes on.
static cJSON *add_item(cJSON *list, cJSON *item)
{
    if (item && cJSON_AddItemToArray(list, item))
        return item;
    cJSON_Delete(item);
    return NULL;
}

static cJSON *add_axis(cJSON *list, uint32_t axis)
{
    return add_item(list, axis ? cJSON_CreateNumber(axis) : cJSON_CreateNull());
}

static cJSON *add_object(cJSON *list)
{
    return add_item(list, cJSON_CreateObject());
}

static bool add_input(cJSON *layers, const struct keras_model *model)
{
    cJSON *item = add_object(layers);
    bool ok = cJSON_AddStringToObject(item, "class_name", "InputLayer");
    cJSON *config = cJSON_AddObjectToObject(item, "config");
    cJSON *shape = cJSON_AddArrayToObject(config, "batch_input_shape");
    ok = ok && add_axis(shape, 0) && add_axis(shape, model->height);
    ok = ok && add_axis(shape, model->width) && add_axis(shape, model->channels);
    ok = ok && cJSON_AddStringToObject(config, "dtype", "float32");
    return ok && cJSON_AddStringToObject(config, "name", "input_1");
}

// The layer's config with its name first, then whether it is trainable, then the rest.
static bool add_layer(cJSON *layers, const struct keras_layer *layer)
{
    cJSON *item = add_object(layers);
    bool ok = cJSON_AddStringToObject(item, "class_name", layer->class_name);
    cJSON *config = cJSON_AddObjectToObject(item, "config");
    ok = ok && cJSON_AddStringToObject(config, "name", layer->name);
    ok = ok && cJSON_AddBoolToObject(config, "trainable", layer->trainable);
    static const char *const ours[] = {"name", "trainable", "batch_input_shape", "batch_shape"};
    const cJSON *from;
    cJSON_ArrayForEach(from, layer->config)
    {
        bool is_ours = false;
        for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
            is_ours = is_ours || strcmp(from->string, ours[i]) == 0;
        if (is_ours)
            continue;
        cJSON *copy = cJSON_Duplicate(from, true);
        if (!copy || !cJSON_AddItemToObject(config, from->string, copy)) {
            cJSON_Delete(copy);
            return false;
        }
    }
    return ok;
}

// cJSON rounds what 15 digits tell nearly as well as 17.
static cJSON *add_exactly(cJSON *object, const char *name, double number)
{
    char text[32];
    snprintf(text, sizeof text, "%.17g", number);
    return cJSON_AddRawToObject(object, name, text);
}

static bool add_ours(cJSON *root, const struct keras_model *model)
{
    cJSON *ours = cJSON_AddObjectToObject(root, "vktl");
    bool ok = ours != NULL;
    if (model->preprocess)
        ok = ok && cJSON_AddStringToObject(ours, "preprocess", model->preprocess);
    if (model->interpolation)
        ok = ok && cJSON_AddStringToObject(ours, "interpolation", model->interpolation);
    if (model->image_size)
        ok = ok && cJSON_AddNumberToObject(ours, "image_size", model->image_size);
    if (model->temperature != 0)
        ok = ok && add_exactly(ours, "temperature", model->temperature);
    cJSON *classes = model->class_count ? cJSON_AddArrayToObject(ours, "classes") : NULL;
    for (uint32_t i = 0; ok && i < model->class_count; i++)
        ok = add_item(classes, cJSON_CreateString(model->classes[i]));
    return ok;
}

static bool build(cJSON *root, const struct keras_model *model)
{
    bool ok = cJSON_AddStringToObject(root, "module", "keras"); // Keras 3 looks there, 2 does not
    ok = ok && cJSON_AddStringToObject(root, "class_name", "Sequential");
    cJSON *config = cJSON_AddObjectToObject(root, "config");
    ok = ok && cJSON_AddStringToObject(config, "name", model->name);
    cJSON *layers = cJSON_AddArrayToObject(config, "layers");
    ok = ok && add_input(layers, model);
    for (uint32_t i = 0; ok && i < model->layer_count; i++)
        ok = add_layer(layers, &model->layers[i]);
    ok = ok && cJSON_AddStringToObject(root, "keras_version", "2.15.0");
    ok = ok && cJSON_AddStringToObject(root, "backend", "tensorflow");
    return ok && add_ours(root, model);
}

vktl_status keras_json_write(const struct vktl_log *log, const struct keras_model *model,
                             char **text)
{
    vktl_status status = VKTL_OK;
    cJSON *root = cJSON_CreateObject();
    char *printed = build(root, model) ? cJSON_PrintUnformatted(root) : NULL;
    *text = NULL;
    TRY_ALLOC(log, printed);
    *text = malloc(strlen(printed) + 1); // what the library allocates is not for free()
    TRY_ALLOC(log, *text);
    strcpy(*text, printed);
fail:
    cJSON_free(printed);
    cJSON_Delete(root);
    return status;
}
