// Responsible for `vktl tune`: its options, the table of candidates, JSON.
#include <vktl/tune.h>

#include <math.h>
#include <string.h>

#include "cli/architecture.h"
#include "cli/json.h"

struct tune_options {
    struct common_options common;
    struct model_options model;
    struct architecture_options architecture;
    const char *name;
    uint32_t batch;
    int pass;
    double limit;
};

#define AT(member) .offset = offsetof(struct tune_options, member)

static const char *const passes[] = {"infer", "train", NULL};

// clang-format off
static const struct option options[] = {
    {.name = "model", .type = OPTION_TEXT, .argument = "NAME|FILE", AT(name), .value = "vgg-mini",
     .help = "a name from `vktl summary --list`, a Keras Sequential .json, a vktl .safetensors or "
             "a run folder; weights that it lacks are made up"},
    {.name = "batch", .type = OPTION_U32, .argument = "N", AT(batch), .value = "16", .min = 1,
     .max = 65536, .unit = "images",
     .help = "images at once: choices are kept for this number"},
    {.name = "pass", .type = OPTION_CHOICE, .argument = "infer|train", AT(pass), .value = "infer",
     .choices = passes,
     .help = "predictions, or steps of training, whose layers have gradients as well"},
    {.name = "limit", .type = OPTION_F64, .argument = "SECONDS", AT(limit), .note = "none",
     .min = 0, .max = 1e6, .unit = "seconds",
     .help = "measure no longer than this, the layers with the most work first"},
    ROWS_ARCHITECTURE(struct tune_options, architecture),
    ROWS_MODEL(struct tune_options, model),
    ROW_DEVICE,
    ROW_NO_SMOKE,
    ROW_MEMORY_LIMIT,
    ROW_JSON,
    ROW_QUIET,
    ROW_HELP,
    {NULL},
};
// clang-format on

static const char examples[] =
    "  vktl tune --model vgg16 --no-top --batch 1\n"
    "  vktl tune --model mobilenet --head gap --classes 5 --pass train --batch 16\n";

// ---- Rows

static const char *const outcomes[] = {
    [VKTL_TUNE_MEASURED] = "measured",   [VKTL_TUNE_DROPPED] = "slower",
    [VKTL_TUNE_TOO_LONG] = "too long",   [VKTL_TUNE_WRONG] = "wrong",
    [VKTL_TUNE_UNCHECKED] = "unchecked", [VKTL_TUNE_NO_MEMORY] = "no memory",
};

struct view {
    struct console *console;
    bool is_json;
    struct json json;
    cJSON *list;
    bool has_head;
    vktl_status status; // of writing
};

static const char *remark(const struct vktl_tune_row *row)
{
    if (row->chosen)
        return row->heuristic ? "chosen" : "chosen, not the heuristic's";
    return row->outcome == VKTL_TUNE_MEASURED ? "" : outcomes[row->outcome];
}

static void write_row(struct view *view, const struct vktl_tune_row *row)
{
    struct text text;
    text_init(&text);
    if (!view->has_head)
        text_format(&text, "%-20s %-12s %-9s %-12s %10s\n", "layer", "operator", "direction",
                    "algorithm", "ms");
    view->has_head = true;
    text_format(&text, "%-20.20s %-12s %-9s %-12s ", row->layer, row->op, row->direction,
                row->algorithm);
    if (isfinite(row->seconds))
        text_format(&text, "%10.3f", row->seconds * 1e3);
    else
        text_format(&text, "%10s", "-");
    text_format(&text, "%s%s\n", *remark(row) ? "  " : "", remark(row));
    view->status = text_status(&view->console->log, &text);
    if (view->status == VKTL_OK)
        view->status = console_write(view->console, text.data);
    text_deinit(&text);
}

static void add_row(struct view *view, const struct vktl_tune_row *row)
{
    struct json *json = &view->json;
    cJSON *item = json_add_object(json, view->list, NULL);
    json_add_text(json, item, "layer", row->layer);
    json_add_text(json, item, "op", row->op);
    json_add_text(json, item, "direction", row->direction);
    json_add_text(json, item, "shape", row->shape);
    json_add_text(json, item, "algorithm", row->algorithm);
    json_add_number(json, item, "seconds", row->seconds);
    json_add_number(json, item, "part", row->part);
    json_add_text(json, item, "outcome", outcomes[row->outcome]);
    json_add_bool(json, item, "chosen", row->chosen);
    json_add_bool(json, item, "heuristic", row->heuristic);
}

static void show_row(const struct vktl_tune_row *row, void *user)
{
    struct view *view = user;
    if (view->is_json)
        add_row(view, row);
    else if (view->status == VKTL_OK)
        write_row(view, row);
}

// ---- The command

static void say_end(struct console *console, const struct vktl_tune_counts *counts)
{
    if (counts->uses == 0 && counts->left == 0)
        console_say(console, "Nothing in this model can be computed in several ways here.");
    else
        console_say(console, "%u candidates for %u shapes measured; the choices are kept.",
                    counts->candidates, counts->uses);
    if (counts->left)
        console_say(console, "%u shapes were not reached within the limit.", counts->left);
}

static vktl_status run(struct console *console, const void *values, const char *const *positionals,
                       uint32_t count)
{
    vktl_status status;
    const struct tune_options *chosen = values;
    struct vktl_model *model = NULL;
    struct vktl_device *device = NULL;
    struct vktl_tune_counts counts;
    struct view view = {.console = console, .is_json = chosen->common.json};
    const struct vktl_tune_params params = {
        .batch = chosen->batch, .training = chosen->pass == 1, .limit_seconds = chosen->limit};
    (void)positionals, (void)count;
    json_init_object(&view.json);
    TRY(open_architecture(console, chosen->name, &chosen->model, &chosen->architecture, &model));
    TRY(open_device(console, &chosen->common, DEVICE_TRAINS, &device));
    const struct vktl_device_info *info = vktl_device_info(device);
    console_say(console, "Device: %s (%s)", info->name, info->driver);
    json_add_text(&view.json, view.json.root, "device", info->name);
    json_add_text(&view.json, view.json.root, "driver", info->driver);
    json_add_text(&view.json, view.json.root, "model", chosen->name);
    json_add_number(&view.json, view.json.root, "batch", chosen->batch);
    json_add_text(&view.json, view.json.root, "pass", passes[chosen->pass]);
    view.list = json_add_array(&view.json, view.json.root, "candidates");
    TRY(vktl_tune(&console->log, device, model, &params, show_row, &view, &counts));
    TRY(view.status);
    if (view.is_json)
        TRY(json_write(console, &view.json));
    say_end(console, &counts);
fail:
    json_deinit(&view.json);
    vktl_model_destroy(&model);
    vktl_device_close(&device);
    return status;
}

const struct command command_tune = {
    .name = "tune",
    .job = "measure which way of computing is fastest here, and keep it",
    .positionals = "",
    .options = options,
    .values_size = sizeof(struct tune_options),
    .examples = examples,
    .run = run,
};
