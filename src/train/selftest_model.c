// Responsible for the selftest of whole models: trains as users do, through the public functions,
// and compares with the golden run in assets/selftest. Operators by themselves are src/check's.
#include <vktl/infer.h>
#include <vktl/selftest.h>
#include <vktl/trainer.h>

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/embedded.h"
#include "base/files.h"
#include "check/compare.h"
#include "formats/safetensors.h"

// Of the golden run; see tests/golden/tiny/expected.json.
enum {
    IMAGES = 7,
    CLASSES = 3,
    BATCH = 3,
    EPOCHS = 3,
    STEPS = 9,
    PROBABILITIES = IMAGES * CLASSES
};
// Where it is interrupted, within the second epoch; the images of the next step.
enum { STOP_AFTER = 4, NEXT_IMAGE = 3 };

static const char prefix[] = "selftest/"; // of its files among the embedded ones

// What float sums in another order lose over the run, many times over.
static const double predictions_tolerance = 1e-5, losses_tolerance = 1e-4, weights_tolerance = 1e-4;

struct model_test {
    const struct vktl_log *log;
    struct vktl_log warnings; // what training and inference say, but for notes
    struct vktl_device *device;
    const struct vktl_selftest_params *params;
    void (*on_row)(const struct vktl_selftest_row *row, void *user);
    void *user;
    struct vktl_selftest_counts *counts;
    char *folder;
    struct arena texts;
    uint32_t steps;                                  // of the run that is under way
    bool stops;                                      // after STOP_AFTER of them
    double start;                                    // of what the next row tells
    float losses[STEPS], predictions[PROBABILITIES]; // expected
};

// That the run was interrupted on purpose is no error.
static void pass_warnings(void *user, enum vktl_log_level level, const char *sentence)
{
    const struct model_test *test = user;
    const bool is_meant = test->stops && test->steps == STOP_AFTER;
    if (level <= VKTL_LOG_WARNING && !is_meant && test->log && test->log->write)
        test->log->write(test->log->user, level, sentence);
}

// A path in the temporary folder; NULL: out of memory.
static const char *path_of(struct model_test *test, const char *name)
{
    char *path = path_join(test->folder, name);
    const char *kept = path ? arena_copy_text(&test->texts, path) : NULL;
    free(path);
    return kept;
}

// ---- Files -------------------------------------------------------------------------------------

static vktl_status write_one(struct model_test *test, const struct embedded_file *file)
{
    vktl_status status;
    const char *path = path_of(test, file->name + strlen(prefix));
    char *folder = NULL;
    TRY_ALLOC(test->log, path);
    folder = path_join("", path);
    TRY_ALLOC(test->log, folder);
    folder[path_name(folder) - folder] = '\0';
    TRY(folder_create_all(test->log, folder));
    TRY(file_write_all(test->log, path, file->bytes, file->size));
fail:
    free(folder);
    return status;
}

static vktl_status write_files(struct model_test *test)
{
    vktl_status status;
    TRY(folder_create_temporary(test->log, &test->folder));
    for (const struct embedded_file *file = embedded_files; file->name; file++)
        if (strncmp(file->name, prefix, strlen(prefix)) == 0)
            TRY(write_one(test, file));
fail:
    return status;
}

static void read_numbers(const cJSON *list, float *numbers, int count)
{
    vktl_assert(cJSON_GetArraySize(list) == count);
    for (int i = 0; i < count; i++)
        numbers[i] = (float)cJSON_GetArrayItem(list, i)->valuedouble;
}

static vktl_status read_expected(struct model_test *test)
{
    vktl_status status = VKTL_OK;
    const struct embedded_file *file = embedded_find("selftest/expected.json");
    vktl_assert(file);
    cJSON *json = cJSON_ParseWithLength((const char *)file->bytes, file->size);
    TRY_ALLOC(test->log, json);
    read_numbers(cJSON_GetObjectItem(json, "loss_per_step"), test->losses, STEPS);
    read_numbers(cJSON_GetObjectItem(json, "predictions"), test->predictions, PROBABILITIES);
fail:
    cJSON_Delete(json);
    return status;
}

// ---- Rows --------------------------------------------------------------------------------------

static void report(struct model_test *test, struct vktl_selftest_row row)
{
    row.op = "model";
    row.name = "9 steps of 11x11 images, as PyTorch";
    row.precision = vktl_device_info(test->device)->strict ? "strict" : "fp32";
    row.seconds = clock_seconds() - test->start;
    check_describe(vktl_device_info(test->device), &row);
    test->counts->rows++;
    test->counts->failed += !row.pass;
    if (test->on_row)
        test->on_row(&row, test->user);
    test->start = clock_seconds();
}

static void report_values(struct model_test *test, const char *direction, const float *found,
                          const float *expected, uint64_t count, double tolerance)
{
    char detail[128] = "", bits[CHECK_BITS_SIZE];
    const struct comparison comparison = check_compare(found, expected, count, 0);
    const bool pass = comparison.worst <= tolerance;
    if (!pass)
        snprintf(detail, sizeof detail, "number %llu is %.9g and should be %.9g",
                 (unsigned long long)comparison.index, found[comparison.index],
                 expected[comparison.index]);
    check_fingerprint(found, count, bits);
    report(test, (struct vktl_selftest_row){.direction = direction,
                                            .worst = comparison.worst,
                                            .tolerance = tolerance,
                                            .largest = comparison.largest,
                                            .ulp = comparison.ulp,
                                            .bits = bits,
                                            .pass = pass,
                                            .detail = detail});
}

// ---- Inference ---------------------------------------------------------------------------------

static vktl_status predict(struct model_test *test, const struct vktl_model_params *params,
                           struct vktl_predictions *predictions)
{
    vktl_status status;
    struct vktl_model *model = NULL;
    struct vktl_dataset *images = NULL;
    const char *folder = path_of(test, "images");
    TRY_ALLOC(test->log, folder && params->model);
    TRY(vktl_model_open(&test->warnings, params, &model));
    TRY(vktl_dataset_open(&test->warnings, folder, NULL, 0, &images));
    TRY(vktl_predict(&test->warnings, test->device, model, images, &(struct vktl_infer_params){0},
                     predictions));
    vktl_assert(predictions->count == IMAGES && predictions->class_count == CLASSES);
fail:
    vktl_dataset_destroy(&images);
    vktl_model_destroy(&model);
    return status;
}

static struct vktl_model_params initial_model(struct model_test *test)
{
    static const vktl_preprocess preprocess = VKTL_PREPROCESS_TF;
    return (struct vktl_model_params){.model = path_of(test, "model.json"),
                                      .weights = path_of(test, "init.safetensors"),
                                      .preprocess = &preprocess};
}

static vktl_status check_predictions(struct model_test *test)
{
    vktl_status status;
    struct vktl_predictions predictions = {0};
    const struct vktl_model_params params = initial_model(test);
    TRY(predict(test, &params, &predictions));
    report_values(test, "infer", predictions.probabilities, test->predictions, PROBABILITIES,
                  predictions_tolerance);
fail:
    vktl_predictions_free(&predictions);
    return status;
}

// Without dropout and with statistics that stay, what inference finds between two steps is the loss
// of the second.
static vktl_status check_interrupted(struct model_test *test)
{
    vktl_status status;
    struct vktl_predictions predictions = {0};
    float loss = 0;
    TRY(predict(test, &(struct vktl_model_params){.model = path_of(test, "cut/last.safetensors")},
                &predictions));
    for (uint32_t i = 0; i < BATCH; i++)
        loss += predictions.losses[NEXT_IMAGE + i] / BATCH;
    report_values(test, "trained", &loss, &test->losses[STOP_AFTER], 1, losses_tolerance);
fail:
    vktl_predictions_free(&predictions);
    return status;
}

// ---- Training ----------------------------------------------------------------------------------

static void count_step(void *user, const struct vktl_train_progress *progress)
{
    struct model_test *test = user;
    test->steps += progress->stage == VKTL_TRAIN_STEP;
}

static bool should_stop(void *user)
{
    const struct model_test *test = user;
    const struct vktl_selftest_params *params = test->params;
    return (test->stops && test->steps >= STOP_AFTER) ||
           (params->should_stop && params->should_stop(test->user));
}

static vktl_status train(struct model_test *test, const char *run, bool resume)
{
    vktl_status status;
    struct vktl_train_result result;
    struct vktl_train_params params = {
        .train_folder = path_of(test, "images"),
        .model = initial_model(test),
        .run_folder = path_of(test, run),
        .epochs = EPOCHS,
        .batch = BATCH,
        .learning_rate = 0.02,
        .optimizer = {.momentum = 0.9, .nesterov = true, .weight_decay = 0.5},
        .no_shuffle = true,
        .no_feature_store = true,
        .resume = resume,
        .progress = count_step,
        .should_stop = should_stop,
        .user = test,
    };
    params.model.head = "keep";
    params.model.freeze = "none";
    TRY_ALLOC(test->log, params.train_folder && params.run_folder && params.model.weights);
    test->steps = 0;
    TRY(vktl_train(&test->warnings, test->device, &params, &result));
fail:
    if (status == VKTL_INTERRUPTED && test->stops && test->steps == STOP_AFTER)
        status = VKTL_OK;
    return status;
}

// The loss of each step, from the run's steps.csv: "step,loss,...".
static vktl_status read_losses(struct model_test *test, float losses[STEPS])
{
    enum { MAX_SIZE = 1 << 20 };
    vktl_status status;
    unsigned char *bytes = NULL;
    size_t size;
    const char *path = path_of(test, "whole/steps.csv");
    TRY_ALLOC(test->log, path);
    TRY(file_read_all(test->log, path, MAX_SIZE, &bytes, &size));
    const char *line = (const char *)bytes;
    for (int i = 0; i < STEPS; i++) {
        line = strchr(line, '\n');
        const char *comma = line ? strchr(++line, ',') : NULL;
        if (!comma)
            FAIL(test->log, VKTL_FAILED, "%s: step %d is missing", path, i + 1);
        losses[i] = strtof(comma + 1, NULL);
    }
fail:
    free(bytes);
    return status;
}

static vktl_status check_losses(struct model_test *test)
{
    vktl_status status;
    float losses[STEPS];
    TRY(train(test, "whole", false));
    TRY(read_losses(test, losses));
    report_values(test, "losses", losses, test->losses, STEPS, losses_tolerance);
fail:
    return status;
}

// ---- Weights -----------------------------------------------------------------------------------

// All tensors that `names` has, one after the other, out of the file `path`. The caller frees them.
static vktl_status read_weights(struct model_test *test, const struct safetensors *names,
                                const char *path, float **values, uint64_t *count)
{
    vktl_status status = VKTL_OK;
    struct safetensors *file = NULL;
    *values = NULL;
    *count = 0;
    for (uint32_t i = 0; i < safetensors_count(names); i++)
        *count += shape_count(&safetensors_at(names, i)->shape);
    *values = calloc(*count, sizeof **values);
    TRY_ALLOC(test->log, *values && path);
    TRY(safetensors_open(test->log, path, &file));
    float *next = *values;
    for (uint32_t i = 0; i < safetensors_count(names); i++) {
        const struct safetensors_entry *wanted = safetensors_at(names, i);
        const struct safetensors_entry *entry = safetensors_find(file, wanted->name);
        if (!entry || shape_count(&entry->shape) != shape_count(&wanted->shape))
            FAIL(test->log, VKTL_FAILED, "%s: no weights %s", path, wanted->name);
        TRY(safetensors_read(file, entry, next));
        next += shape_count(&entry->shape);
    }
fail:
    safetensors_close(&file);
    return status;
}

static vktl_status check_weights(struct model_test *test, const struct safetensors *names)
{
    vktl_status status;
    float *expected = NULL, *found = NULL;
    uint64_t count;
    TRY(read_weights(test, names, path_of(test, "final.safetensors"), &expected, &count));
    TRY(read_weights(test, names, path_of(test, "cut/last.safetensors"), &found, &count));
    report_values(test, "weights", found, expected, count, weights_tolerance);
fail:
    free(expected);
    free(found);
    return status;
}

// Every byte of the two runs' last.safetensors, the optimizer's state among them.
static vktl_status check_resumed(struct model_test *test)
{
    enum { MAX_SIZE = 1 << 20 };
    vktl_status status;
    unsigned char *whole = NULL, *cut = NULL;
    size_t whole_size, cut_size;
    const char *paths[] = {path_of(test, "whole/last.safetensors"),
                           path_of(test, "cut/last.safetensors")};
    TRY_ALLOC(test->log, paths[0] && paths[1]);
    TRY(file_read_all(test->log, paths[0], MAX_SIZE, &whole, &whole_size));
    TRY(file_read_all(test->log, paths[1], MAX_SIZE, &cut, &cut_size));
    const bool pass = whole_size == cut_size && memcmp(whole, cut, cut_size) == 0;
    report(test, (struct vktl_selftest_row){
                     .direction = "resume",
                     .worst = pass ? 0 : 1e30,
                     .pass = pass,
                     .detail = pass ? "" : "not the bytes of the run that was left alone",
                 });
fail:
    free(whole);
    free(cut);
    return status;
}

// ---- The course --------------------------------------------------------------------------------

static vktl_status run(struct model_test *test)
{
    vktl_status status;
    struct safetensors *names = NULL;
    const struct embedded_file *final = embedded_find("selftest/final.safetensors");
    vktl_assert(final);
    TRY(safetensors_open_memory(test->log, final->name, final->bytes, final->size, &names));
    TRY(read_expected(test));
    TRY(write_files(test));
    test->start = clock_seconds();
    TRY(check_predictions(test));
    TRY(check_losses(test));
    test->stops = true;
    TRY(train(test, "cut", false));
    test->stops = false;
    TRY(check_interrupted(test));
    TRY(train(test, "cut", true));
    TRY(check_weights(test, names));
    TRY(check_resumed(test));
fail:
    safetensors_close(&names);
    return status;
}

vktl_status vktl_selftest_model(const struct vktl_log *log, struct vktl_device *device,
                                const struct vktl_selftest_params *params,
                                void (*on_row)(const struct vktl_selftest_row *row, void *user),
                                void *user, struct vktl_selftest_counts *counts)
{
    vktl_status status;
    struct model_test test = {.log = log,
                              .device = device,
                              .params = params,
                              .on_row = on_row,
                              .user = user,
                              .counts = counts};
    test.warnings = (struct vktl_log){pass_warnings, &test};
    *counts = (struct vktl_selftest_counts){0};
    TRY(run(&test));
    if (counts->failed)
        FAIL(log, VKTL_FAILED,
             "%u of %u comparisons of whole models failed on %s; try a newer "
             "driver",
             counts->failed, counts->rows, vktl_device_info(device)->name);
fail:
    folder_remove_temporary(&test.folder);
    arena_deinit(&test.texts);
    return status;
}
