// Responsible for transfer: cutting a model's top off, giving it a new one, freezing what stays.
#include "nn/model.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "nn/layer.h"
#include "nn/model_parts.h"

enum { MAX_SPEC_SIZE = 512, MAX_CONFIG_SIZE = 256, MAX_NAME_SIZE = 64 };

// ---- Cutting

static vktl_status fail_layer(const struct vktl_log *log, const struct vktl_model *model,
                              const char *option, const char *name)
{
    return log_fail(log, VKTL_USAGE,
                    "%s '%.80s': %s has no such layer; it goes from '%s' to '%s', and `vktl "
                    "summary` lists all",
                    option, name, model->name, model->layers[0].name,
                    model->layers[model->layer_count - 1].name);
}

vktl_status model_cut(const struct vktl_log *log, struct vktl_model *model, const char *base_output)
{
    uint32_t count = model_top_index(model);
    if (base_output) {
        const int32_t index = model_find(model, base_output);
        if (index < 0)
            return fail_layer(log, model, "--base-output", base_output);
        count = (uint32_t)index + 1;
    }
    if (!count)
        return log_fail(log, VKTL_USAGE, "%s has no base: it begins with its top", model->name);
    while (model->layer_count > count)
        layer_deinit(&model->layers[--model->layer_count]);
    model->base_count = count;
    model_free_classes(model); // they belonged to the top
    return VKTL_OK;
}

// ---- A new top

struct word {
    const char *text;
    unsigned place; // in the spec, from 1
};

static vktl_status fail_word(const struct vktl_log *log, const struct word *word, const char *why)
{
    return log_fail(log, VKTL_USAGE,
                    "--head: word %u, '%.60s', %s; a head is made of flatten, gap, gmp, "
                    "dense:UNITS[:ACTIVATION] and dropout:RATE, or is keep",
                    word->place, word->text, why);
}

// "dense", or where there is one already "dense_1", "dense_2", ...: as Keras names them.
static void unique_name(const struct vktl_model *model, const char *stem, char name[MAX_NAME_SIZE])
{
    snprintf(name, MAX_NAME_SIZE, "%s", stem);
    for (unsigned i = 1; model_find(model, name) >= 0; i++)
        snprintf(name, MAX_NAME_SIZE, "%s_%u", stem, i);
}

// Appends a layer with the config of this JSON text.
static vktl_status append(const struct vktl_log *log, struct vktl_model *model,
                          const char *keras_class, const char *stem, const char *config)
{
    vktl_status status;
    char name[MAX_NAME_SIZE];
    unique_name(model, stem, name);
    cJSON *item = cJSON_Parse(config);
    TRY_ALLOC(log, item);
    TRY(model_append(log, model, "--head", keras_class, name, item));
fail:
    cJSON_Delete(item);
    return status;
}

static vktl_status append_dense(const struct vktl_log *log, struct vktl_model *model,
                                const char *stem, unsigned long units, const char *activation)
{
    char config[MAX_CONFIG_SIZE];
    snprintf(config, sizeof config, "{\"units\":%lu,\"activation\":\"%s\",\"use_bias\":true}",
             units, activation);
    return append(log, model, "Dense", stem, config);
}

// "256" or "256:relu"
static vktl_status parse_dense(const struct vktl_log *log, struct vktl_model *model,
                               const struct word *word, const char *settings)
{
    char *end;
    const unsigned long units = isdigit((unsigned char)*settings) ? strtoul(settings, &end, 10) : 0;
    if (!units || units > INT32_MAX || (*end && *end != ':'))
        return fail_word(log, word, "needs a number of units");
    const char *activation = *end ? end + 1 : "linear";
    for (const char *c = activation; *c; c++)
        if (!isalnum((unsigned char)*c))
            return fail_word(log, word, "has an activation that is no word");
    return append_dense(log, model, "dense", units, activation);
}

// "0.5"
static vktl_status parse_dropout(const struct vktl_log *log, struct vktl_model *model,
                                 const struct word *word, const char *settings)
{
    char config[MAX_CONFIG_SIZE];
    char *end;
    const double rate = strtod(settings, &end);
    if (end == settings || *end || !(rate >= 0 && rate < 1))
        return fail_word(log, word, "needs a rate of at least 0 and below 1");
    snprintf(config, sizeof config, "{\"rate\":%.9g}", rate);
    return append(log, model, "Dropout", "dropout", config);
}

static vktl_status parse_word(const struct vktl_log *log, struct vktl_model *model,
                              const struct word *word)
{
    static const struct {
        const char *word, *keras_class, *stem;
    } plain[] = {
        {"flatten", "Flatten", "flatten"},
        {"gap", "GlobalAveragePooling2D", "global_average_pooling2d"},
        {"gmp", "GlobalMaxPooling2D", "global_max_pooling2d"},
    };
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (strcmp(word->text, plain[i].word) == 0)
            return append(log, model, plain[i].keras_class, plain[i].stem,
                          "{\"data_format\":\"channels_last\"}");
    if (strncmp(word->text, "dense:", 6) == 0)
        return parse_dense(log, model, word, word->text + 6);
    if (strncmp(word->text, "dropout:", 8) == 0)
        return parse_dropout(log, model, word, word->text + 8);
    return fail_word(log, word, "is not known");
}

static vktl_status parse_spec(const struct vktl_log *log, struct vktl_model *model,
                              const char *spec)
{
    vktl_status status;
    char text[MAX_SPEC_SIZE];
    struct word word = {text, 1};
    if (strlen(spec) >= sizeof text)
        FAIL(log, VKTL_USAGE, "--head: longer than %d letters", MAX_SPEC_SIZE - 1);
    strcpy(text, spec);
    for (char *place = text, *next; place; place = next, word.place++) {
        next = strchr(place, ',');
        if (next)
            *next++ = '\0';
        word.text = place;
        TRY(parse_word(log, model, &word));
    }
    return VKTL_OK;
fail:
    return status;
}

static vktl_status keep(const struct vktl_log *log, struct vktl_model *model,
                        const char *const *classes, uint32_t class_count)
{
    vktl_status status;
    TRY(model_infer_shapes(log, model, 0));
    const uint32_t count = model_output_count(model);
    if (!count)
        FAIL(log, VKTL_USAGE, "--head keep: %s has no top of its own", model->name);
    if (count != class_count)
        FAIL(log, VKTL_USAGE, "--head keep: %s has %u outputs, but there are %u classes",
             model->name, count, class_count);
    return model_set_classes(log, model, classes, class_count);
fail:
    return status;
}

vktl_status model_add_head(const struct vktl_log *log, struct vktl_model *model, const char *spec,
                           const char *const *classes, uint32_t class_count)
{
    vktl_status status;
    vktl_assert(class_count > 0);
    if (strcmp(spec, "keep") == 0)
        return keep(log, model, classes, class_count);
    TRY(parse_spec(log, model, spec));
    TRY(model_infer_shapes(log, model, 0));
    if (!model_output_count(model))
        FAIL(log, VKTL_USAGE,
             "--head '%.80s': the base gives maps and not a vector; begin with flatten, gap or gmp",
             spec);
    TRY(append_dense(log, model, "predictions", class_count, "softmax"));
    TRY(model_infer_shapes(log, model, 0));
    return model_set_classes(log, model, classes, class_count);
fail:
    return status;
}

// ---- Freezing

vktl_status model_freeze(const struct vktl_log *log, struct vktl_model *model, const char *freeze)
{
    uint32_t frozen = 0;
    const int32_t index = model_find(model, freeze);
    if (strcmp(freeze, "base") == 0)
        frozen = model->base_count;
    else if (strcmp(freeze, "none") != 0 && index < 0)
        return fail_layer(log, model, "--freeze", freeze);
    else if (index >= 0)
        frozen = (uint32_t)index + 1;
    for (uint32_t i = 0; i < model->layer_count; i++)
        model->layers[i].trainable = i >= frozen;
    return VKTL_OK;
}
