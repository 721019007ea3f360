// Responsible for `vktl summary`: the layer table of a model as text and JSON, and the list of
// built-in models.
#include <vktl/model.h>

#include <stdlib.h>

#include "base/text.h"
#include "cli/architecture.h"
#include "cli/json.h"

struct summary_options {
    struct common_options common;
    struct model_options model;
    struct architecture_options architecture;
    bool list;
};

#define AT(member) .offset = offsetof(struct summary_options, member)

// clang-format off
static const struct option options[] = {
    {.name = "list", .type = OPTION_FLAG, AT(list), .help = "the names of the built-in models"},
    ROWS_ARCHITECTURE(struct summary_options, architecture),
    ROWS_MODEL(struct summary_options, model),
    ROW_JSON,
    ROW_QUIET,
    ROW_HELP,
    {NULL},
};
// clang-format on

static const char examples[] = "  vktl summary --list\n"
                               "  vktl summary vgg16 --no-top\n"
                               "  vktl summary runs/people\n";

// ---- Built-in models

static vktl_status write_list(struct console *console, bool as_json)
{
    vktl_status status;
    char name[VKTL_BUILTIN_NAME_SIZE];
    struct text text;
    struct json json;
    text_init(&text);
    json_init_array(&json);
    for (uint32_t i = 0; i < vktl_model_builtin_count(); i++) {
        vktl_model_builtin_name(i, name);
        text_format(&text, "%s\n", name);
        json_add_text(&json, json.root, NULL, name);
    }
    TRY(text_status(&console->log, &text));
    TRY(as_json ? json_write(console, &json) : console_write(console, text.data));
fail:
    json_deinit(&json);
    text_deinit(&text);
    return status;
}

// ---- One model

static vktl_status write_text(struct console *console, const struct vktl_model *model)
{
    char *text = NULL;
    vktl_status status = vktl_model_summary(&console->log, model, &text);
    if (status == VKTL_OK)
        status = console_write(console, text);
    free(text);
    return status;
}

static void add_layer(struct json *json, cJSON *list, const struct vktl_layer_info *info)
{
    cJSON *item = json_add_object(json, list, NULL);
    json_add_text(json, item, "name", info->name);
    json_add_text(json, item, "type", info->type);
    cJSON *output = json_add_array(json, item, "output");
    for (uint32_t i = 0; i < info->rank; i++)
        json_add_number(json, output, NULL, info->output[i]);
    json_add_number(json, item, "parameters", (double)info->parameters);
    json_add_number(json, item, "trainable", (double)info->trainable);
}

static vktl_status write_json(struct console *console, const struct vktl_model *model)
{
    struct json json;
    uint64_t parameters = 0, trainable = 0;
    json_init_object(&json);
    json_add_text(&json, json.root, "name", vktl_model_name(model));
    json_add_number(&json, json.root, "image_size", vktl_model_image_size(model));
    json_add_text(&json, json.root, "preprocess",
                  vktl_preprocess_name(vktl_model_preprocess(model)));
    json_add_text(&json, json.root, "interpolation",
                  vktl_interpolation_name(vktl_model_interpolation(model)));
    json_add_bool(&json, json.root, "has_weights", vktl_model_has_weights(model));
    cJSON *classes = json_add_array(&json, json.root, "classes");
    for (uint32_t i = 0; i < vktl_model_class_count(model); i++)
        json_add_text(&json, classes, NULL, vktl_model_class_name(model, i));
    cJSON *layers = json_add_array(&json, json.root, "layers");
    for (uint32_t i = 0; i < vktl_model_layer_count(model); i++) {
        struct vktl_layer_info info;
        vktl_model_layer(model, i, &info);
        add_layer(&json, layers, &info);
        parameters += info.parameters;
        trainable += info.trainable;
    }
    json_add_number(&json, json.root, "parameters", (double)parameters);
    json_add_number(&json, json.root, "trainable", (double)trainable);
    const vktl_status status = json_write(console, &json);
    json_deinit(&json);
    return status;
}

static vktl_status check(const struct vktl_log *log, const struct summary_options *chosen,
                         uint32_t count)
{
    if (!chosen->list && !count)
        return log_fail(log, VKTL_USAGE, "summary needs MODEL; --list names the built-in ones");
    if (chosen->list && count)
        return log_fail(log, VKTL_USAGE, "summary takes either MODEL or --list");
    return VKTL_OK;
}

static vktl_status run(struct console *console, const void *values, const char *const *positionals,
                       uint32_t count)
{
    vktl_status status;
    const struct summary_options *chosen = values;
    struct vktl_model *model = NULL;
    TRY(check(&console->log, chosen, count));
    if (chosen->list)
        return write_list(console, chosen->common.json);
    TRY(open_architecture(console, positionals[0], &chosen->model, &chosen->architecture, &model));
    TRY(chosen->common.json ? write_json(console, model) : write_text(console, model));
fail:
    vktl_model_destroy(&model);
    return status;
}

const struct command command_summary = {
    .name = "summary",
    .job = "the layer table of a model",
    .positionals = "[MODEL]",
    .positional_max = 1,
    .options = options,
    .values_size = sizeof(struct summary_options),
    .examples = examples,
    .run = run,
};
