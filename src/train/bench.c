// Responsible for timing a model on a device: starts, whole runs, layers. How the figures are shown
// is the program's.
#include <vktl/bench.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/rng.h"
#include "gpu/peak.h"
#include "nn/plan.h"
#include "tune/tune.h"

enum { DEFAULT_REPEATS = 5, WARM_UPS = 2 };

struct bencher {
    const struct vktl_log *log;
    struct vktl_model *model;
    struct vktl_bench_params params; // with defaults filled in
    struct vktl_bench *bench;
    struct vktl_device *device;
    struct plan *plan;
    enum plan_pass pass;
    double *layer_seconds; // (layer, repeat)
    uint32_t done;         // parts of the work
};

// ---- Telling -----------------------------------------------------------------------------------

// Three starts, the peaks, and every run.
static uint32_t total_parts(const struct bencher *bencher)
{
    return 4 + WARM_UPS + 2 * bencher->params.repeats;
}

static vktl_status tell_done(struct bencher *bencher)
{
    const struct vktl_bench_params *params = &bencher->params;
    bencher->done++;
    if (params->progress)
        params->progress(params->user, bencher->done, total_parts(bencher));
    if (params->should_stop && params->should_stop(params->user))
        return log_fail(bencher->log, VKTL_INTERRUPTED, "interrupted");
    return VKTL_OK;
}

// ---- Statistics --------------------------------------------------------------------------------

static int compare(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

// Sorts the values.
static double median(double *values, uint32_t count)
{
    qsort(values, count, sizeof *values, compare);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

// ---- Starting ----------------------------------------------------------------------------------

static void stop(struct bencher *bencher)
{
    plan_destroy(&bencher->plan);
    vktl_device_close(&bencher->device);
}

static enum plan_pass pass_of(const struct bencher *bencher)
{
    if (bencher->params.pass != VKTL_BENCH_INFER)
        return PASS_TRAIN;
    return vktl_model_class_count(bencher->model) > 0 ? PASS_EVALUATE : PASS_FEATURES;
}

static void fill_inputs(struct bencher *bencher)
{
    const uint32_t batch = bencher->params.batch;
    const uint64_t count = plan_input_count(bencher->plan, bencher->pass);
    const bool takes_images = plan_takes_images(bencher->plan, bencher->pass);
    for (uint32_t row = 0; row < batch; row++) {
        unsigned char *pixels = takes_images ? plan_pixels(bencher->plan, row) : NULL;
        float *features = takes_images ? NULL : plan_input(bencher->plan, bencher->pass);
        for (uint64_t i = 0; i < count; i++) {
            const uint64_t at = row * count + i;
            if (takes_images)
                pixels[i] = (unsigned char)rng_bits(0, RNG_DATA, 0, at);
            else
                features[at] = rng_uniform(0, RNG_DATA, 0, at);
        }
    }
    struct step *step = plan_step(bencher->plan);
    step->rows = batch;
    step->rows_inverse = 1.0f / (float)batch;
    step->learning_rate = 1e-6f;
}

// The layers whose output is all that is wanted, or that is there already.
static uint32_t cut_of(const struct bencher *bencher)
{
    if (bencher->params.pass == VKTL_BENCH_HEAD)
        return model_frozen_layers(bencher->model);
    return bencher->pass == PASS_FEATURES ? bencher->model->layer_count : 0;
}

static vktl_status make_plan(struct bencher *bencher)
{
    vktl_status status = VKTL_OK;
    _Alignas(8) unsigned char optimizer_params[OP_MAX_PARAMS_SIZE] = {0};
    const struct op *sgd = op_find("sgd");
    const double momentum = 0.9;
    fields_init(sgd->fields, optimizer_params);
    TRY(field_set_numbers(bencher->log, field_find(sgd->fields, "momentum"), optimizer_params,
                          &momentum, 1));
    struct plan_params params = {
        .batch = bencher->params.batch,
        .cut = cut_of(bencher),
        .optimizer = sgd,
        .optimizer_params = optimizer_params,
    };
    params.passes[bencher->pass] = true;
    TRY(tune_for_plan(bencher->log, bencher->device, bencher->model, &params));
    TRY(plan_create(bencher->log, bencher->device, bencher->model, &params, &bencher->plan));
    TRY(plan_build(bencher->plan));
    fill_inputs(bencher);
fail:
    return status;
}

// Opens the device and comes to a first result; the device and the plan stay open.
static vktl_status start(struct bencher *bencher, const char *cache_folder, double *seconds)
{
    vktl_status status = VKTL_OK;
    struct vktl_device_params params = bencher->params.device;
    const double started = clock_seconds();
    params.cache_folder = cache_folder;
    if (cache_folder)
        params.tuning.mode = VKTL_TUNING_OFF; // it would be measured, and forgotten
    TRY(vktl_device_open(bencher->log, &params, &bencher->device));
    TRY(make_plan(bencher));
    TRY(plan_run(bencher->plan, bencher->pass));
    *seconds = clock_seconds() - started;
    TRY(tell_done(bencher));
fail:
    return status;
}

// Once without the cache, once to fill it, once with it.
static vktl_status time_starts(struct bencher *bencher)
{
    vktl_status status = VKTL_OK;
    double ignored;
    TRY(start(bencher, "", &bencher->bench->cold_start_seconds));
    stop(bencher);
    TRY(start(bencher, NULL, &ignored));
    stop(bencher);
    TRY(start(bencher, NULL, &bencher->bench->warm_start_seconds));
fail:
    return status;
}

// ---- Whole runs --------------------------------------------------------------------------------

static vktl_status time_runs(struct bencher *bencher)
{
    vktl_status status = VKTL_OK;
    const uint32_t repeats = bencher->params.repeats;
    struct vktl_bench *bench = bencher->bench;
    double *seconds = calloc((size_t)repeats * 3, sizeof *seconds);
    double *busy = seconds + repeats, *host = busy + repeats;
    TRY_ALLOC(bencher->log, seconds);
    for (uint32_t i = 0; i < WARM_UPS; i++) { // submits are cut by what the first runs took
        TRY(plan_run(bencher->plan, bencher->pass));
        TRY(tell_done(bencher));
    }
    for (uint32_t i = 0; i < repeats; i++) {
        const double started = clock_seconds(), busy_before = plan_busy_seconds(bencher->plan);
        TRY(plan_run(bencher->plan, bencher->pass));
        seconds[i] = clock_seconds() - started;
        busy[i] = plan_busy_seconds(bencher->plan) - busy_before;
        host[i] = seconds[i] > busy[i] ? seconds[i] - busy[i] : 0;
        TRY(tell_done(bencher));
    }
    bench->busy_seconds = median(busy, repeats);
    bench->host_seconds = median(host, repeats);
    bench->seconds_median = median(seconds, repeats);
    bench->seconds_min = seconds[0];
    bench->seconds_max = seconds[repeats - 1];
    bench->images_per_second = bencher->params.batch / bench->seconds_median;
fail:
    free(seconds);
    return status;
}

// ---- Layers ------------------------------------------------------------------------------------

static void copy_word(char *to, size_t size, const char *from, const char *end)
{
    snprintf(to, size, "%.*s", (int)(end - from), from);
}

// "block1_conv1 conv2d forward" into its three words; a name may hold spaces, the others do not.
static void read_label(const char *label, struct vktl_bench_layer *layer)
{
    const char *end = label + strlen(label), *direction = strrchr(label, ' '), *op = direction;
    while (op && op > label && op[-1] != ' ')
        op--;
    if (!direction || op == label) {
        copy_word(layer->name, sizeof layer->name, label, end);
        return;
    }
    copy_word(layer->direction, sizeof layer->direction, direction + 1, end);
    copy_word(layer->op, sizeof layer->op, op, direction);
    copy_word(layer->name, sizeof layer->name, label, op - 1);
}

// Commands that follow each other under one label are a layer.
static bool begins_layer(const struct profile_row *rows, uint32_t i)
{
    return i == 0 || strcmp(rows[i].label, rows[i - 1].label) != 0;
}

static vktl_status list_layers(struct bencher *bencher, const struct profile_row *rows,
                               uint32_t count)
{
    vktl_status status = VKTL_OK;
    struct vktl_bench *bench = bencher->bench;
    for (uint32_t i = 0; i < count; i++)
        bench->layer_count += begins_layer(rows, i);
    bench->layers = calloc(bench->layer_count + 1, sizeof *bench->layers);
    TRY_ALLOC(bencher->log, bench->layers);
    bencher->layer_seconds =
        calloc((size_t)(bench->layer_count + 1) * bencher->params.repeats, sizeof(double));
    TRY_ALLOC(bencher->log, bencher->layer_seconds);
    struct vktl_bench_layer *layer = bench->layers - 1;
    double longest = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (begins_layer(rows, i)) {
            read_label(rows[i].label, ++layer);
            longest = -1;
        }
        layer->flops += (double)rows[i].flops;
        if (rows[i].seconds > longest) {
            longest = rows[i].seconds;
            snprintf(layer->kernel, sizeof layer->kernel, "%s", rows[i].kernel);
        }
    }
fail:
    return status;
}

// Seconds of one profiled run by layer.
static void add_run(struct bencher *bencher, const struct profile_row *rows, uint32_t count,
                    uint32_t repeat)
{
    uint32_t layer = UINT32_MAX;
    for (uint32_t i = 0; i < count; i++) {
        layer += begins_layer(rows, i); // from UINT32_MAX to 0 at the first
        bencher->layer_seconds[(size_t)layer * bencher->params.repeats + repeat] += rows[i].seconds;
    }
}

static vktl_status time_layers(struct bencher *bencher)
{
    vktl_status status = VKTL_OK;
    const uint32_t repeats = bencher->params.repeats;
    struct vktl_bench *bench = bencher->bench;
    TRY(plan_profile(bencher->plan, bencher->pass, true));
    for (uint32_t i = 0; i < repeats; i++) {
        const struct profile_row *rows;
        TRY(plan_run(bencher->plan, bencher->pass));
        const uint32_t count = plan_profile_rows(bencher->plan, bencher->pass, &rows);
        if (i == 0)
            TRY(list_layers(bencher, rows, count));
        add_run(bencher, rows, count, i);
        TRY(tell_done(bencher));
    }
    for (uint32_t i = 0; i < bench->layer_count; i++)
        bench->layers[i].seconds = median(bencher->layer_seconds + (size_t)i * repeats, repeats);
fail:
    return status;
}

// ---- The whole ---------------------------------------------------------------------------------

static vktl_status measure_peaks(struct bencher *bencher)
{
    vktl_status status = VKTL_OK;
    struct peak peak;
    TRY(peak_measure(bencher->device, &peak));
    bencher->bench->peak_flops = peak.flops;
    bencher->bench->peak_bytes_per_second = peak.bytes;
    TRY(tell_done(bencher));
fail:
    return status;
}

vktl_status vktl_bench_run(const struct vktl_log *log, struct vktl_model *model,
                           const struct vktl_bench_params *params, struct vktl_bench *bench)
{
    vktl_status status = VKTL_OK;
    struct bencher bencher = {.log = log, .model = model, .params = *params, .bench = bench};
    *bench = (struct vktl_bench){0};
    bencher.params.batch = params->batch ? params->batch : 1;
    bencher.params.repeats = params->repeats ? params->repeats : DEFAULT_REPEATS;
    bencher.pass = pass_of(&bencher);
    bench->batch = bencher.params.batch;
    if (params->pass == VKTL_BENCH_HEAD && model_frozen_layers(model) == 0)
        FAIL(log, VKTL_USAGE, "%s has no frozen layers, so no head to time: give --head",
             model->name);
    TRY(model_initialize(log, model, 0));
    TRY(time_starts(&bencher));
    bench->device = *vktl_device_info(bencher.device);
    bench->peak_bytes = plan_size(bencher.plan);
    TRY(measure_peaks(&bencher));
    TRY(time_runs(&bencher));
    TRY(time_layers(&bencher));
fail:
    free(bencher.layer_seconds);
    stop(&bencher);
    if (status != VKTL_OK)
        vktl_bench_free(bench);
    return status;
}

void vktl_bench_free(struct vktl_bench *bench)
{
    free(bench->layers);
    *bench = (struct vktl_bench){0};
}
