// Responsible for `vktl features`: its options, the table of layers, and for each layer a sheet of
// its channels and a NumPy file.
#include <vktl/infer.h>
#include <vktl/picture.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/text.h"
#include "cli/features_cam.h"

struct features_options {
    struct common_options common;
    struct model_options model;
    struct cam_options cam;
    const char *layer, *out;
    bool npy, all, grey, no_sheets;
};

#define AT(member) .offset = offsetof(struct features_options, member)

// clang-format off
static const struct option options[] = {
    {.name = "layer", .type = OPTION_TEXT, .argument = "NAME|all", AT(layer), .value = "all",
     .help = "one layer, or all of them"},
    {.name = "npy", .type = OPTION_FLAG, AT(npy),
     .help = "also write each as NN_layer.npy, the exact float32 NHWC"},
    {.name = "all", .type = OPTION_FLAG, AT(all),
     .help = "channels beyond the first 64 too, as NN_layer_2.png and so on"},
    {.name = "grey", .type = OPTION_FLAG, AT(grey), .help = "grey instead of colours (viridis)"},
    {.name = "no-sheets", .type = OPTION_FLAG, AT(no_sheets),
     .help = "no pictures: the table alone, and what else is asked for"},
    {.name = "out", .type = OPTION_TEXT, .argument = "DIR", AT(out), .value = "features",
     .help = "folder for the sheets NN_layer.png and other files; created"},
    {.name = "", .type = OPTION_TABLE, .table = cam_option_rows, AT(cam)},
    ROW_HEADING("The model, and how it is run"),
    ROWS_MODEL(struct features_options, model),
    ROW_DEVICE,
    ROW_NO_SMOKE,
    ROW_NO_TUNE,
    ROW_STRICT,
    ROW_MEMORY_LIMIT,
    ROW_JSON,
    ROW_QUIET,
    ROW_HELP,
    {NULL},
};
// clang-format on

static const char examples[] =
    "  vktl features runs/people photo.jpg\n"
    "  vktl features runs/people photo.jpg --layer block1_conv1 --all --out maps\n"
    "  vktl features runs/people photo.jpg --npy --no-sheets\n"
    "  vktl features runs/people photo.jpg --no-sheets --cam\n";

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
    bool has_sheets;
    const char **classes; // (class_count)
    uint32_t class_count;
    uint32_t arrays, sheets, left_out; // files, and sheets that --all would add
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

// The path of "NN_layer<ending>" in the folder of --out, freed by the caller. Names come from model
// files, so one with a slash must not lead out of the folder.
static vktl_status layer_path(const struct visit *visit, const struct vktl_feature_map *map,
                              const char *ending, char **path)
{
    vktl_status status;
    struct text name;
    *path = NULL;
    text_init(&name);
    text_format(&name, "%02u_%s%s", map->layer_index, map->layer_name, ending);
    TRY(text_status(&visit->console->log, &name));
    for (char *c = name.data; *c; c++)
        if (*c == '/' || *c == '\\')
            *c = '_';
    *path = path_join(visit->chosen->out, name.data);
    TRY_ALLOC(&visit->console->log, *path);
fail:
    text_deinit(&name);
    return status;
}

static vktl_status write_npy(struct visit *visit, const struct vktl_feature_map *map)
{
    vktl_status status;
    char *path;
    TRY(layer_path(visit, map, ".npy", &path));
    TRY(vktl_write_npy(&visit->console->log, path, map->values, map->shape, map->rank));
    visit->arrays++;
fail:
    free(path);
    return status;
}

// Sheet `number` of a layer, from 1: "NN_layer.png", "NN_layer_2.png", ...
static vktl_status write_sheet(struct visit *visit, const struct vktl_feature_map *map,
                               uint32_t number)
{
    vktl_status status;
    const struct vktl_feature_sheet sheet = {
        .map = map,
        .first = (number - 1) * VKTL_FEATURE_TILES,
        .classes = map->rank == 2 && map->shape[1] == visit->class_count ? visit->classes : NULL,
        .is_grey = visit->chosen->grey,
    };
    const struct vktl_log *log = &visit->console->log;
    struct vktl_picture *picture = NULL;
    char *path = NULL, ending[32] = ".png";
    if (number > 1)
        snprintf(ending, sizeof ending, "_%u.png", number);
    TRY(layer_path(visit, map, ending, &path));
    TRY(vktl_draw_features(log, &sheet, VKTL_LIGHT, &picture));
    TRY(vktl_picture_save(log, picture, path));
    visit->sheets++;
fail:
    vktl_picture_destroy(&picture);
    free(path);
    return status;
}

static vktl_status write_sheets(struct visit *visit, const struct vktl_feature_map *map)
{
    vktl_status status = VKTL_OK;
    const uint32_t count = vktl_feature_sheet_count(map);
    for (uint32_t i = 1; i <= count && (i == 1 || visit->chosen->all); i++)
        TRY(write_sheet(visit, map, i));
    visit->left_out += visit->chosen->all ? 0 : count - 1;
fail:
    return status;
}

static vktl_status visit_layer(void *user, const struct vktl_feature_map *map)
{
    vktl_status status = VKTL_OK;
    struct visit *visit = user;
    const struct statistics found = statistics_of(map);
    if (stop_requested(visit->console))
        return VKTL_INTERRUPTED;
    append_row(visit, map, &found);
    add_item(visit, map, &found);
    if (visit->chosen->npy || visit->has_sheets) // not before there is something to put in
        TRY(folder_create_all(&visit->console->log, visit->chosen->out));
    if (visit->chosen->npy)
        TRY(write_npy(visit, map));
    if (visit->has_sheets)
        TRY(write_sheets(visit, map));
fail:
    return status;
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

static vktl_status name_classes(struct visit *visit, const struct vktl_model *model)
{
    visit->class_count = vktl_model_class_count(model);
    visit->classes = calloc(visit->class_count + 1, sizeof *visit->classes);
    if (!visit->classes)
        return log_fail(&visit->console->log, VKTL_NO_MEMORY, "out of host memory");
    for (uint32_t i = 0; i < visit->class_count; i++)
        visit->classes[i] = vktl_model_class_name(model, i);
    return VKTL_OK;
}

static void say_what_was_written(const struct visit *visit)
{
    struct console *console = visit->console;
    const char *out = visit->chosen->out;
    if (visit->arrays)
        console_say(console, "Wrote %u .npy files to %s", visit->arrays, out);
    if (visit->sheets)
        console_say(console, "Wrote %u sheets of feature maps to %s", visit->sheets, out);
    if (visit->left_out)
        console_say(console, "%u more with channels from 64 on: --all writes them too",
                    visit->left_out);
    if (!visit->has_sheets && !visit->chosen->no_sheets)
        console_say(console, "No sheets: this vktl was built without Cairo");
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
    visit.has_sheets = !chosen->no_sheets && vktl_picture_can_draw();
    text_init(&visit.text);
    json_init_array(&visit.json);
    text_format(&visit.text, "%2s %-24s %-17s %9s %9s %9s %4s\n", "", "layer", "shape", "min",
                "mean", "max", "% 0");

    TRY(open_model(console, positionals[0], &chosen->model, &model));
    TRY(name_classes(&visit, model));
    const bool has_cam = cam_is_wanted(&chosen->cam); // of gradients
    TRY(open_device(console, &chosen->common, has_cam ? DEVICE_TRAINS : DEVICE_INFERS, &device));
    if (has_cam) {
        const struct cam_job job = {&chosen->cam,   model,       device,
                                    positionals[1], chosen->out, chosen->npy};
        TRY(features_cam(console, &job, &visit.json));
    }
    TRY(vktl_features(&console->log, device, model, positionals[1], layer, visit_layer, &visit));
    TRY(chosen->common.json ? json_write(console, &visit.json) : write_table(&visit));
    say_what_was_written(&visit);
fail:
    free(visit.classes);
    json_deinit(&visit.json);
    text_deinit(&visit.text);
    vktl_device_close(&device);
    vktl_model_destroy(&model);
    return status;
}

const struct command command_features = {
    .name = "features",
    .job = "each layer's output for an image: sheets of channels and figures",
    .positionals = "MODEL IMAGE",
    .positional_min = 2,
    .positional_max = 2,
    .options = options,
    .values_size = sizeof(struct features_options),
    .examples = examples,
    .run = run,
};
