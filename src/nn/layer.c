// Responsible for turning a Keras layer's configuration into an operator with its parameters.
// Ranges are the operators' business, through their field tables; the order of layers is the
// model's.
#include "nn/layer.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

enum { MAX_NUMBERS = 4 };

// Says whose layer it is in front of what an operator or a field has to say.
struct layer_log {
    struct vktl_log log;
    const struct vktl_log *to;
    const char *origin, *layer;
};

static void write_with_layer(void *user, enum vktl_log_level level, const char *sentence)
{
    const struct layer_log *self = user;
    log_write(self->to, level, "%s: layer '%.80s': %s", self->origin, self->layer, sentence);
}

static void layer_log_init(const struct vktl_log *to, const char *origin, const char *layer,
                           struct layer_log *self)
{
    *self = (struct layer_log){{write_with_layer, self}, to, origin, layer};
}

// ---- Operators of Keras classes

static const char *const activations[] = {"relu", "relu6", "softmax"};

static const struct op *find_activation(const char *word)
{
    for (size_t i = 0; i < sizeof activations / sizeof *activations; i++)
        if (strcmp(activations[i], word) == 0)
            return op_find(word);
    return NULL;
}

static vktl_status fail_activation(const struct vktl_log *log, const char *word)
{
    return log_fail(log, VKTL_INPUT,
                    "activation '%.40s' is not known; vktl knows linear, relu, relu6 and softmax",
                    word);
}

// A word, or in Keras 3 sometimes an object that holds it. NULL: neither.
static const char *activation_word(const cJSON *item)
{
    if (cJSON_IsObject(item))
        item = cJSON_GetObjectItemCaseSensitive(item, "config");
    return cJSON_GetStringValue(item);
}

// Keras's ReLU takes a ceiling: none, or 6.
static vktl_status find_relu(const struct vktl_log *log, const cJSON *config, const struct op **op)
{
    const cJSON *ceiling = cJSON_GetObjectItemCaseSensitive(config, "max_value");
    if (!ceiling || cJSON_IsNull(ceiling))
        *op = op_find("relu");
    else if (cJSON_IsNumber(ceiling) && ceiling->valuedouble == 6)
        *op = op_find("relu6");
    else
        return log_fail(log, VKTL_INPUT, "max_value must be null or 6");
    return VKTL_OK;
}

static vktl_status fail_class(const struct vktl_log *log, const char *keras_class)
{
    char known[512] = "";
    size_t length = 0;
    for (uint32_t i = 0; i < op_count(); i++) {
        const char *name = op_at(i)->keras_class;
        if (!name || length + strlen(name) + 3 > sizeof known)
            continue;
        memcpy(known + length, ", ", 2);
        strcpy(known + length + 2, name);
        length += 2 + strlen(name);
    }
    return log_fail(log, VKTL_INPUT,
                    "it is a %.60s, which vktl does not know; known are "
                    "Activation%s",
                    keras_class, known);
}

static vktl_status find_op(const struct vktl_log *log, const char *keras_class, const cJSON *config,
                           const struct op **op)
{
    if (strcmp(keras_class, "ReLU") == 0)
        return find_relu(log, config, op);
    if (strcmp(keras_class, "Activation") == 0) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(config, "activation");
        const char *word = activation_word(item);
        *op = word ? find_activation(word) : NULL;
        return *op ? VKTL_OK : fail_activation(log, word ? word : "");
    }
    *op = op_find_keras(keras_class);
    return *op ? VKTL_OK : fail_class(log, keras_class);
}

// ---- Settings

// Appends the numbers of an item, which may be nested: [[0, 1], [0, 1]].
static bool collect_numbers(const cJSON *item, double numbers[MAX_NUMBERS], uint32_t *count)
{
    if (cJSON_IsNumber(item)) {
        if (*count == MAX_NUMBERS)
            return false;
        numbers[(*count)++] = item->valuedouble;
        return true;
    }
    const cJSON *child;
    cJSON_ArrayForEach(child, item)
    {
        if (!collect_numbers(child, numbers, count))
            return false;
    }
    return cJSON_IsArray(item);
}

static vktl_status set_field(const struct vktl_log *log, const struct field *field,
                             const cJSON *item, void *params)
{
    double numbers[MAX_NUMBERS];
    uint32_t count = 0;
    if (cJSON_IsNull(item))
        return VKTL_OK; // Keras's default, which is ours
    if (cJSON_IsBool(item))
        return field_set_word(log, field, params, cJSON_IsTrue(item) ? "true" : "false");
    if (cJSON_IsString(item))
        return field_set_word(log, field, params, item->valuestring);
    if (!collect_numbers(item, numbers, &count) || !count)
        return log_fail(log, VKTL_INPUT, "'%s' must be one to %d numbers", field->name,
                        MAX_NUMBERS);
    return field_set_numbers(log, field, params, numbers, count);
}

// The activation within the operator where it has that choice, else as one of its own.
static vktl_status set_activation(const struct vktl_log *log, const cJSON *item,
                                  struct layer *layer)
{
    const struct field *field = field_find(layer->op->fields, "activation");
    const char *word = cJSON_IsNull(item) ? "linear" : activation_word(item);
    if (!word)
        return fail_activation(log, "");
    for (uint32_t i = 0; field && field->choices[i]; i++)
        if (strcmp(field->choices[i], word) == 0)
            return field_set_word(log, field, layer->params, word);
    if (strcmp(word, "linear") == 0)
        return VKTL_OK;
    layer->activation = find_activation(word);
    return layer->activation ? VKTL_OK : fail_activation(log, word);
}

// Settings that an operator may lack, with the only value that changes nothing.
static const struct {
    const char *name, *text; // text: what it must print as
    const char *also;        // or as, or NULL
} expected[] = {
    {"data_format", "\"channels_last\"", NULL},
    {"dilation_rate", "[1,1]", "1"},
    {"groups", "1", NULL},
    {"depth_multiplier", "1", NULL},
    {"axis", "-1", "[3]"},
    {"center", "true", NULL},
    {"scale", "true", NULL},
    {"threshold", "0", NULL},
    {"negative_slope", "0", NULL},
    {"use_bias", "false", NULL},
};

// Settings that do not change what a layer computes from given weights.
static const char *const harmless[] = {
    "name",         "trainable",      "dtype",    "batch_input_shape", "batch_shape",
    "input_shape",  "seed",           "momentum", "renorm_momentum",   "fused",
    "synchronized", "implementation", "autocast", "max_value",         "activation",
};

static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static vktl_status check_expected(const struct vktl_log *log, const cJSON *item, size_t index)
{
    char text[64] = "something long";
    if (cJSON_IsNull(item))
        return VKTL_OK;
    cJSON_PrintPreallocated((cJSON *)item, text, sizeof text, false);
    if (strcmp(text, expected[index].text) == 0 ||
        (expected[index].also && strcmp(text, expected[index].also) == 0))
        return VKTL_OK;
    return log_fail(log, VKTL_INPUT, "'%s' is %s; vktl knows only %s here", item->string, text,
                    expected[index].text);
}

// A setting for which the operator has no field.
static vktl_status check_other(const struct vktl_log *log, const cJSON *item)
{
    const char *name = item->string;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        if (strcmp(name, expected[i].name) == 0)
            return check_expected(log, item, i);
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        if (strcmp(name, harmless[i]) == 0)
            return VKTL_OK;
    if (cJSON_IsNull(item) || cJSON_IsFalse(item) || ends_with(name, "_initializer"))
        return VKTL_OK;
    if (!ends_with(name, "_regularizer") && !ends_with(name, "_constraint"))
        return log_fail(log, VKTL_INPUT, "the setting '%.40s' is not known", name);
    log_warning(log, "'%.40s' is passed over: vktl trains without", name);
    return VKTL_OK;
}

static vktl_status check_required(const struct vktl_log *log, const struct op *op,
                                  const cJSON *config)
{
    static const char *const required[] = {"filters", "kernel_size", "units", "rate",
                                           "target_shape"};
    for (size_t i = 0; i < sizeof required / sizeof *required; i++)
        if (field_find(op->fields, required[i]) &&
            !cJSON_GetObjectItemCaseSensitive(config, required[i]))
            return log_fail(log, VKTL_INPUT, "the setting '%s' is missing", required[i]);
    return VKTL_OK;
}

static vktl_status set_params(const struct vktl_log *log, const cJSON *config, struct layer *layer)
{
    vktl_status status;
    const bool is_activation = strcmp(layer->keras_class, "Activation") == 0;
    const cJSON *item;
    vktl_assert(layer->op->params_size <= OP_MAX_PARAMS_SIZE);
    fields_init(layer->op->fields, layer->params);
    TRY(check_required(log, layer->op, config));
    cJSON_ArrayForEach(item, config)
    {
        const struct field *field = field_find(layer->op->fields, item->string);
        if (strcmp(item->string, "activation") == 0 && !is_activation)
            TRY(set_activation(log, item, layer));
        else if (field)
            TRY(set_field(log, field, item, layer->params));
        else
            TRY(check_other(log, item));
    }
    return VKTL_OK;
fail:
    return status;
}

// ---- A layer

static char *copy_text(const char *text)
{
    char *copy = malloc(strlen(text) + 1);
    return copy ? strcpy(copy, text) : NULL;
}

vktl_status layer_init(const struct vktl_log *log, const char *origin, const char *keras_class,
                       const char *name, const cJSON *config, struct layer *layer)
{
    vktl_status status;
    struct layer_log layer_log;
    *layer = (struct layer){.trainable = true};
    layer_log_init(log, origin, name, &layer_log);
    layer->name = copy_text(name);
    TRY_ALLOC(log, layer->name);
    layer->keras_class = copy_text(keras_class);
    TRY_ALLOC(log, layer->keras_class);
    layer->config = cJSON_Duplicate(config, true);
    TRY_ALLOC(log, layer->config);
    TRY(find_op(&layer_log.log, keras_class, config, &layer->op));
    TRY(set_params(&layer_log.log, config, layer));
    return VKTL_OK;
fail:
    return status;
}

void layer_deinit(struct layer *layer)
{
    for (uint32_t i = 0; i < OP_MAX_WEIGHTS; i++)
        free(layer->weight[i]);
    cJSON_Delete(layer->config);
    free(layer->keras_class);
    free(layer->name);
    *layer = (struct layer){0};
}

vktl_status layer_infer(const struct vktl_log *log, const char *origin, struct layer *layer,
                        const struct shape *in)
{
    vktl_status status;
    struct layer_log layer_log;
    struct op_io io = {.in = {*in}, .in_count = 1};
    layer_log_init(log, origin, layer->name, &layer_log);
    TRY(layer->op->infer(&layer_log.log, layer->params, &io));
    vktl_assert(io.weight_count <= OP_MAX_WEIGHTS && shape_is_sane(&io.out));
    for (uint32_t i = 0; i < OP_MAX_WEIGHTS; i++)
        vktl_assert(!layer->weight[i] ||
                    shape_equal(&io.weight[i].shape, &layer->io.weight[i].shape));
    layer->io = io;
    return VKTL_OK;
fail:
    return status;
}
