// Responsible for `vktl features`: its options, the table of layers, and a NumPy file a layer.
#include <vktl/infer.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/json.h"

struct features_options {
    struct common_options common;
    struct model_options model;
    const char *layer, *out;
    bool npy;
};

#define AT(member) .offset = offsetof(struct features_options, member)

// clang-format off
static const struct option options[] = {
    {.name = "layer", .type = OPTION_TEXT, .argument = "NAME|all", AT(layer), .value = "all",
     .help = "one layer, or all of them"},
    {.name = "npy", .type = OPTION_FLAG, AT(npy),
     .help = "write each as NN_layer.npy, the exact float32 NHWC"},
    {.name = "out", .type = OPTION_TEXT, .argument = "DIR", AT(out), .value = "features",
     .help = "folder for these files; created"},
    ROWS_MODEL(struct features_options, model),
    ROW_DEVICE,
    ROW_JSON,
    ROW_QUIET,
    ROW_HELP,
    {NULL},
};
// clang-format on

static const char examples[] =
    "  vktl features runs/people photo.jpg\n"
    "  vktl features runs/people photo.jpg --layer block1_conv1 --npy --out maps\n";

// ---- One layer

struct statistics {
    double min, mean, max;
    double zeros; // share of exact zeros: what a ReLU has cut off
};

static uint64_t count_of(const struct vktl_feature_map *map)
{
    uint64_t count = 1;
    for (uint32_t i = 0; i < map->rank; i++)
        count *= map->shape[i];
    return count;
}

static struct statistics statistics_of(const struct vktl_feature_map *map)
{
    const uint64_t count = count_of(map);
    struct statistics found = {INFINITY, 0, -INFINITY, 0};
    for (uint64_t i = 0; i < count; i++) {
        const double value = map->values[i];
        found.min = value < found.min || isnan(value) ? value : found.min;
        found.max = value > found.max || isnan(value) ? value : found.max;
        found.mean += value;
        found.zeros += value == 0;
    }
    found.mean /= (double)count;
    found.zeros /= (double)count;
    return found;
}

struct visit {
    struct console *console;
    const struct features_options *chosen;
    struct text text;
    struct json json;
    uint32_t written; // files
};

static void append_row(struct visit *visit, const struct vktl_feature_map *map,
                       const struct statistics *found)
{
    char shape[64] = "";
    size_t length = 0;
    for (uint32_t i = 0; i < map->rank; i++)
        length += (size_t)snprintf(shape + length, sizeof shape - length, "%s%u", i ? ", " : "(",
                                   map->shape[i]);
    snprintf(shape + length, sizeof shape - length, ")");
    text_format(&visit->text, "%2u %-24s %-17s %9.3g %9.3g %9.3g %4.0f\n", map->layer_index,
                map->layer_name, shape, found->min, found->mean, found->max, 100 * found->zeros);
}

static void add_item(struct visit *visit, const struct vktl_feature_map *map,
                     const struct statistics *found)
{
    struct json *json = &visit->json;
    cJSON *item = json_add_object(json, json->root, NULL);
    json_add_text(json, item, "layer", map->layer_name);
    json_add_number(json, item, "index", map->layer_index);
    cJSON *shape = json_add_array(json, item, "shape");
    for (uint32_t i = 0; i < map->rank; i++)
        json_add_number(json, shape, NULL, map->shape[i]);
    json_add_number(json, item, "min", found->min);
    json_add_number(json, item, "mean", found->mean);
    json_add_number(json, item, "max", found->max);
    json_add_number(json, item, "zeros", found->zeros);
}

// Names come from model files, so one with a slash must not lead out of the folder.
static vktl_status write_npy(struct visit *visit, const struct vktl_feature_map *map)
{
    vktl_status status;
    struct text name;
    char *path = NULL;
    text_init(&name);
    text_format(&name, "%02u_%s.npy", map->layer_index, map->layer_name);
    TRY(text_status(&visit->console->log, &name));
    for (char *c = name.data; *c; c++)
        if (*c == '/' || *c == '\\')
            *c = '_';
    path = path_join(visit->chosen->out, name.data);
    TRY_ALLOC(&visit->console->log, path);
    TRY(vktl_write_npy(&visit->console->log, path, map->values, map->shape, map->rank));
    visit->written++;
fail:
    free(path);
    text_deinit(&name);
    return status;
}

static vktl_status visit_layer(void *user, const struct vktl_feature_map *map)
{
    struct visit *visit = user;
    const struct statistics found = statistics_of(map);
    if (stop_requested(visit->console))
        return VKTL_INTERRUPTED;
    append_row(visit, map, &found);
    add_item(visit, map, &found);
    return visit->chosen->npy ? write_npy(visit, map) : VKTL_OK;
}

// ---- The command

static vktl_status write_table(struct visit *visit)
{
    vktl_status status;
    TRY(text_status(&visit->console->log, &visit->text));
    TRY(console_write(visit->console, visit->text.data));
fail:
    return status;
}

static vktl_status run(struct console *console, const void *values, const char *const *positionals,
                       uint32_t count)
{
    vktl_status status;
    const struct features_options *chosen = values;
    const char *layer = strcmp(chosen->layer, "all") == 0 ? NULL : chosen->layer;
    struct vktl_model *model = NULL;
    struct vktl_device *device = NULL;
    struct visit visit = {console, chosen};
    (void)count;
    text_init(&visit.text);
    json_init_array(&visit.json);
    text_format(&visit.text, "%2s %-24s %-17s %9s %9s %9s %4s\n", "", "layer", "shape", "min",
                "mean", "max", "% 0");

    TRY(open_model(console, positionals[0], &chosen->model, &model));
    if (chosen->npy)
        TRY(folder_create_all(&console->log, chosen->out));
    TRY(open_device(console, &chosen->common, &device));
    TRY(vktl_features(&console->log, device, model, positionals[1], layer, visit_layer, &visit));
    TRY(chosen->common.json ? json_write(console, &visit.json) : write_table(&visit));
    if (visit.written)
        console_say(console, "Wrote %u .npy files to %s", visit.written, chosen->out);
fail:
    json_deinit(&visit.json);
    text_deinit(&visit.text);
    vktl_device_close(&device);
    vktl_model_destroy(&model);
    return status;
}

const struct command command_features = {
    .name = "features",
    .job = "each layer's output for an image, as figures or .npy files",
    .positionals = "MODEL IMAGE",
    .positional_min = 2,
    .positional_max = 2,
    .options = options,
    .values_size = sizeof(struct features_options),
    .examples = examples,
    .run = run,
};
