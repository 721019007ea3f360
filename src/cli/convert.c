// Responsible for `vktl convert`: what the name of the file asks for, and the options.
#include <vktl/model.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "cli/command.h"

struct convert_options {
    struct common_options common;
    struct model_options model;
    bool weights_only;
};

#define AT(member) .offset = offsetof(struct convert_options, member)

// clang-format off
static const struct option options[] = {
    {.name = "weights-only", .type = OPTION_FLAG, AT(weights_only),
     .help = "into .h5: weights without an architecture, for Keras's load_weights"},
    ROWS_MODEL(struct convert_options, model),
    ROW_QUIET,
    ROW_HELP,
    {NULL},
};
// clang-format on

static const char examples[] =
    "  vktl convert runs/people people.h5        # Keras: load_model(\"people.h5\")\n"
    "  vktl convert runs/people people.json      # the architecture alone\n"
    "  vktl convert model.h5 model.safetensors   # a Sequential model that Keras saved\n"
    "  vktl convert vgg16 vgg16.safetensors --weights vgg16_weights_notop.h5\n";

static bool ends_in(const char *path, const char *ending)
{
    const size_t length = strlen(path), end = strlen(ending);
    return length >= end && strcmp(path + length - end, ending) == 0;
}

static vktl_status write_json(struct console *console, const struct vktl_model *model,
                              const char *path)
{
    vktl_status status;
    char *text = NULL;
    TRY(vktl_model_json(&console->log, model, &text));
    TRY(file_write_all(&console->log, path, text, strlen(text)));
fail:
    free(text);
    return status;
}

// Before a model is read. Keras 3 tells its own layout of weights from ours by the name.
static vktl_status check(struct console *console, const struct convert_options *chosen,
                         const char *path)
{
    const bool is_h5 = ends_in(path, ".h5") || ends_in(path, ".hdf5");
    if (ends_in(path, ".weights.h5"))
        return log_fail(&console->log, VKTL_USAGE,
                        "%s: Keras 3 expects another layout in files called .weights.h5; take "
                        "another name that ends in .h5",
                        path);
    if (!is_h5 && !ends_in(path, ".safetensors") && !ends_in(path, ".json"))
        return log_fail(&console->log, VKTL_USAGE,
                        "%s: the name must end in .h5 or .hdf5 (Keras), .safetensors (vktl) or "
                        ".json (the architecture)",
                        path);
    if (chosen->weights_only && !is_h5)
        return log_fail(&console->log, VKTL_USAGE,
                        "--weights-only is for .h5 files, and %s is none", path);
    return VKTL_OK;
}

static vktl_status write_model(struct console *console, const struct convert_options *chosen,
                               const struct vktl_model *model, const char *path)
{
    if (ends_in(path, ".json"))
        return write_json(console, model, path);
    if (!vktl_model_has_weights(model))
        return log_fail(&console->log, VKTL_USAGE,
                        "%s has no weights to write; give --weights FILE, or write a .json",
                        vktl_model_name(model));
    if (ends_in(path, ".safetensors"))
        return vktl_model_save(&console->log, model, path);
    return vktl_model_save_keras(&console->log, model, path, chosen->weights_only);
}

static vktl_status run(struct console *console, const void *values, const char *const *positionals,
                       uint32_t count)
{
    vktl_status status;
    const struct convert_options *chosen = values;
    const vktl_preprocess preprocess = (vktl_preprocess)chosen->model.preprocess;
    struct vktl_model *model = NULL;
    (void)count;
    const struct vktl_model_params params = {
        .model = positionals[0],
        .weights = chosen->model.weights,
        .preprocess = chosen->model.preprocess == OPTION_NO_CHOICE ? NULL : &preprocess,
    };
    TRY(check(console, chosen, positionals[1]));
    TRY(vktl_model_open(&console->log, &params, &model));
    TRY(write_model(console, chosen, model, positionals[1]));
    console_say(console, "Wrote %s: %s, %u layers", positionals[1], vktl_model_name(model),
                vktl_model_layer_count(model));
fail:
    vktl_model_destroy(&model);
    return status;
}

const struct command command_convert = {
    .name = "convert",
    .job = "a model as a Keras .h5, a .safetensors or a JSON architecture",
    .positionals = "MODEL OUT",
    .positional_min = 2,
    .positional_max = 2,
    .options = options,
    .values_size = sizeof(struct convert_options),
    .examples = examples,
    .run = run,
};
