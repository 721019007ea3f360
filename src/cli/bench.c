// Responsible for `vktl bench`: its options, the table of layers, JSON, and the comparison with an
// earlier run.
#include <vktl/bench.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/files.h"
#include "base/text.h"
#include "cli/architecture.h"
#include "cli/json.h"

struct bench_options {
    struct common_options common;
    struct model_options model;
    struct architecture_options architecture;
    const char *name, *compare;
    uint32_t batch, repeats;
    int pass;
};

#define AT(member) .offset = offsetof(struct bench_options, member)

static const char *const passes[] = {"infer", "train", "head", NULL};

// clang-format off
static const struct option options[] = {
    {.name = "model", .type = OPTION_TEXT, .argument = "NAME|FILE", AT(name), .value = "vgg-mini",
     .help = "a name from `vktl summary --list`, a Keras Sequential .json, a vktl .safetensors or "
             "a run folder; weights that it lacks are made up"},
    {.name = "batch", .type = OPTION_U32, .argument = "N", AT(batch), .value = "1", .min = 1,
     .max = 65536, .unit = "images",
     .help = "images at once"},
    {.name = "pass", .type = OPTION_CHOICE, .argument = "infer|train|head", AT(pass),
     .value = "infer", .choices = passes,
     .help = "predictions, steps of training, or steps from the kept output of the frozen base"},
    {.name = "repeats", .type = OPTION_U32, .argument = "N", AT(repeats), .value = "5", .min = 1,
     .max = 1000, .unit = "runs",
     .help = "runs that medians are taken from"},
    {.name = "compare", .type = OPTION_TEXT, .argument = "FILE", AT(compare),
     .help = "also show how much faster this is than an earlier run's --json"},
    ROWS_ARCHITECTURE(struct bench_options, architecture),
    ROWS_MODEL(struct bench_options, model),
    ROW_DEVICE,
    ROW_NO_SMOKE,
    ROW_NO_TUNE,
    ROW_STRICT,
    ROW_JSON,
    ROW_QUIET,
    ROW_HELP,
    {NULL},
};
// clang-format on

static const char examples[] =
    "  vktl bench --model vgg16 --no-top\n"
    "  vktl bench --model vgg16 --head gap --classes 5 --pass train --batch 4 --json > "
    "before.json\n"
    "  vktl bench --model vgg16 --head gap --classes 5 --pass train --batch 4 "
    "--compare before.json\n";

// ---- Figures

struct view {
    const char *model;
    const struct bench_options *chosen;
    const struct vktl_bench *bench;
    cJSON *before; // an earlier run, or NULL
};

static double gflops(const struct vktl_bench_layer *layer)
{
    return layer->seconds > 0 ? layer->flops / layer->seconds * 1e-9 : NAN;
}

static double percent_of_peak(const struct view *view, const struct vktl_bench_layer *layer)
{
    return view->bench->peak_flops > 0 ? gflops(layer) * 1e11 / view->bench->peak_flops : NAN;
}

// A number of an object, NaN where it has none of that name.
static double number_of(const cJSON *object, const char *name)
{
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(number) ? number->valuedouble : NAN;
}

static bool is_text(const cJSON *object, const char *name, const char *text)
{
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsString(found) && strcmp(found->valuestring, text) == 0;
}

// How many times faster the layer is than it was; NaN where the earlier run has no such layer.
static double speed_up(const struct view *view, const struct vktl_bench_layer *layer)
{
    const cJSON *before;
    cJSON_ArrayForEach(before, cJSON_GetObjectItemCaseSensitive(view->before, "layers"))
    {
        if (is_text(before, "name", layer->name) && is_text(before, "op", layer->op) &&
            is_text(before, "direction", layer->direction))
            return number_of(before, "seconds") / layer->seconds;
    }
    return NAN;
}

// ---- Text

static void append_number(struct text *text, const char *format, double number, int width)
{
    if (isfinite(number))
        text_format(text, format, width, number);
    else
        text_format(text, "%*s", width, "-");
}

static void append_layer(const struct view *view, const struct vktl_bench_layer *layer,
                         struct text *text)
{
    const bool computes = layer->op[0] != '\0';
    text_format(text, "%-20.20s %-8.8s %-19.19s", layer->name, layer->direction, layer->kernel);
    append_number(text, "%*.3f", layer->seconds * 1e3, 10);
    append_number(text, "%*.1f", computes ? gflops(layer) : NAN, 9);
    append_number(text, "%*.0f", computes ? percent_of_peak(view, layer) : NAN, 7);
    if (view->before)
        append_number(text, "%*.2f", speed_up(view, layer), 8);
    text_append(text, "\n");
}

static void append_layers(const struct view *view, struct text *text)
{
    text_format(text, "\n%-20s %-8s %-19s%10s%9s%7s%s\n", "layer", "", "kernel", "ms", "GFLOP/s",
                "% peak", view->before ? "  faster" : "");
    for (uint32_t i = 0; i < view->bench->layer_count; i++)
        append_layer(view, &view->bench->layers[i], text);
}

static void append_totals(const struct view *view, struct text *text)
{
    const struct vktl_bench *bench = view->bench;
    const double busy = bench->busy_seconds, whole = busy + bench->host_seconds;
    text_format(text, "%s, batch %u, %s, on %s (%s)\n", view->model, bench->batch,
                passes[view->chosen->pass], bench->device.name, bench->device.driver);
    text_format(text, "%-14s %.4g images/s: median %.4f s a run of %u (%.4f to %.4f)\n", "speed",
                bench->images_per_second, bench->seconds_median, view->chosen->repeats,
                bench->seconds_min, bench->seconds_max);
    if (view->before)
        text_format(text, "%-14s %.2f times as fast\n", "than before",
                    number_of(view->before, "seconds_median") / bench->seconds_median);
    text_format(text, "%-14s %.1f GFLOP/s multiply-add, %.1f GB/s copy\n", "device peak",
                bench->peak_flops * 1e-9, bench->peak_bytes_per_second * 1e-9);
    text_format(text, "%-14s busy %.1f %% of a run, host %.3f ms\n", "device",
                whole > 0 ? 100 * busy / whole : NAN, bench->host_seconds * 1e3);
    text_format(text, "%-14s %.1f MiB\n", "memory", (double)bench->peak_bytes / 1048576);
    text_format(text, "%-14s %.2f s cold, %.2f s warm, to the first result\n", "start",
                bench->cold_start_seconds, bench->warm_start_seconds);
}

static vktl_status write_text(struct console *console, const struct view *view)
{
    vktl_status status;
    struct text text;
    text_init(&text);
    append_totals(view, &text);
    append_layers(view, &text);
    TRY(text_status(&console->log, &text));
    TRY(console_write(console, text.data));
fail:
    text_deinit(&text);
    return status;
}

// ---- JSON

static void add_layer(const struct view *view, const struct vktl_bench_layer *layer,
                      struct json *json, cJSON *list)
{
    cJSON *item = json_add_object(json, list, NULL);
    json_add_text(json, item, "name", layer->name);
    json_add_text(json, item, "op", layer->op);
    json_add_text(json, item, "direction", layer->direction);
    json_add_text(json, item, "kernel", layer->kernel);
    json_add_number(json, item, "seconds", layer->seconds);
    json_add_number(json, item, "gflops", gflops(layer));
    json_add_number(json, item, "percent_of_peak", percent_of_peak(view, layer));
    if (view->before)
        json_add_number(json, item, "times_faster", speed_up(view, layer));
}

static vktl_status write_json(struct console *console, const struct view *view)
{
    struct json json;
    const struct vktl_bench *bench = view->bench;
    json_init_object(&json);
    json_add_text(&json, json.root, "device", bench->device.name);
    json_add_text(&json, json.root, "driver", bench->device.driver);
    json_add_text(&json, json.root, "model", view->model);
    json_add_number(&json, json.root, "batch", bench->batch);
    json_add_text(&json, json.root, "pass", passes[view->chosen->pass]);
    json_add_number(&json, json.root, "repeats", view->chosen->repeats);
    json_add_number(&json, json.root, "images_per_second", bench->images_per_second);
    json_add_number(&json, json.root, "seconds_median", bench->seconds_median);
    json_add_number(&json, json.root, "seconds_min", bench->seconds_min);
    json_add_number(&json, json.root, "seconds_max", bench->seconds_max);
    json_add_number(&json, json.root, "busy_seconds", bench->busy_seconds);
    json_add_number(&json, json.root, "host_seconds", bench->host_seconds);
    json_add_number(&json, json.root, "peak_gflops", bench->peak_flops * 1e-9);
    json_add_number(&json, json.root, "peak_gbytes_per_second",
                    bench->peak_bytes_per_second * 1e-9);
    json_add_number(&json, json.root, "peak_bytes", (double)bench->peak_bytes);
    json_add_number(&json, json.root, "cold_start_seconds", bench->cold_start_seconds);
    json_add_number(&json, json.root, "warm_start_seconds", bench->warm_start_seconds);
    if (view->before)
        json_add_number(&json, json.root, "times_faster",
                        number_of(view->before, "seconds_median") / bench->seconds_median);
    cJSON *layers = json_add_array(&json, json.root, "layers");
    for (uint32_t i = 0; i < bench->layer_count; i++)
        add_layer(view, &bench->layers[i], &json, layers);
    const vktl_status status = json_write(console, &json);
    json_deinit(&json);
    return status;
}

// ---- The earlier run

// Reads it before anything is timed, so that a wrong file is told at once.
static vktl_status read_before(struct console *console, const char *path, cJSON **before)
{
    enum { MAX_SIZE = 16 << 20 };
    vktl_status status;
    unsigned char *bytes = NULL;
    size_t size = 0;
    TRY(file_read_all(&console->log, path, MAX_SIZE, &bytes, &size));
    *before = cJSON_ParseWithLength((const char *)bytes, size);
    if (isnan(number_of(*before, "seconds_median")))
        FAIL(&console->log, VKTL_INPUT,
             "%s is not what `vktl bench --json` writes: it has no seconds_median", path);
fail:
    free(bytes);
    return status;
}

// Ratios mean little where something else was measured.
static void warn_of_differences(struct console *console, const struct view *view)
{
    const char *path = view->chosen->compare;
    if (!is_text(view->before, "model", view->model) ||
        !is_text(view->before, "pass", passes[view->chosen->pass]) ||
        number_of(view->before, "batch") != view->bench->batch)
        log_warning(&console->log, "%s is of another model, batch or pass", path);
    if (!is_text(view->before, "device", view->bench->device.name) ||
        !is_text(view->before, "driver", view->bench->device.driver))
        log_warning(&console->log, "%s is of another device or driver", path);
}

// ---- The command

static vktl_status run(struct console *console, const void *values, const char *const *positionals,
                       uint32_t count)
{
    vktl_status status;
    const struct bench_options *chosen = values;
    struct vktl_model *model = NULL;
    struct vktl_device *device = NULL;
    struct vktl_bench bench = {0};
    struct view view = {chosen->name, chosen, &bench, NULL};
    struct count_progress progress = {console, "Timing", clock_seconds()};
    const struct vktl_bench_params params = {
        .device = {.which = device_choice(&chosen->common),
                   .strict = chosen->common.strict,
                   .tuning = tuning_choice(console, &chosen->common)},
        .batch = chosen->batch,
        .pass = (vktl_bench_pass)chosen->pass,
        .repeats = chosen->repeats,
        .progress = count_progress_draw,
        .should_stop = count_progress_should_stop,
        .user = &progress,
    };
    (void)positionals, (void)count;
    if (chosen->compare)
        TRY(read_before(console, chosen->compare, &view.before));
    TRY(open_architecture(console, chosen->name, &chosen->model, &chosen->architecture, &model));
    // A device that was never used is checked before its starts are timed.
    TRY(open_device(console, &chosen->common, DEVICE_TRAINS, &device));
    vktl_device_close(&device);
    TRY(vktl_bench_run(&console->log, model, &params, &bench));
    console_clear(console);
    if (view.before)
        warn_of_differences(console, &view);
    TRY(chosen->common.json ? write_json(console, &view) : write_text(console, &view));
fail:
    cJSON_Delete(view.before);
    vktl_bench_free(&bench);
    vktl_device_close(&device);
    vktl_model_destroy(&model);
    return status;
}

const struct command command_bench = {
    .name = "bench",
    .job = "speed by layer and whole, beside what the device can do",
    .positionals = "",
    .options = options,
    .values_size = sizeof(struct bench_options),
    .examples = examples,
    .run = run,
};
