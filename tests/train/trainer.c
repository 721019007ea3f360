// Training runs end to end on pictures made here: what is written, what is refused, what repeats.
#include "harness/harness.h"
#include "harness/messages.h"
#include "harness/temporary.h"

#include <math.h>
#include <stdio.h>

#include <vktl/evaluate.h>
#include <vktl/trainer.h>

#include "base/files.h"
#include "gpu/tuning.h"
#include "formats/safetensors.h"
#include "ops/op.h"
#include "abi/conv2d.h"

enum { SIZE = 8, PER_CLASS = 5, CLASSES = 3 };

static const char architecture[] =
    "{\"class_name\":\"Sequential\",\"config\":{\"name\":\"small\",\"layers\":["
    "{\"class_name\":\"InputLayer\",\"config\":{\"name\":\"in\","
    "\"batch_input_shape\":[null,8,8,3]}},"
    "{\"class_name\":\"Conv2D\",\"config\":{\"name\":\"c1\",\"filters\":4,\"kernel_size\":[3,3],"
    "\"padding\":\"same\",\"activation\":\"relu\"}},"
    "{\"class_name\":\"MaxPooling2D\",\"config\":{\"name\":\"p1\"}}]}}";

static const char deep_architecture[] =
    "{\"class_name\":\"Sequential\",\"config\":{\"name\":\"deep\",\"layers\":["
    "{\"class_name\":\"InputLayer\",\"config\":{\"name\":\"in\","
    "\"batch_input_shape\":[null,8,8,3]}},"
    "{\"class_name\":\"Conv2D\",\"config\":{\"name\":\"c1\",\"filters\":4,\"kernel_size\":[3,3],"
    "\"padding\":\"same\",\"activation\":\"relu\"}},"
    "{\"class_name\":\"Conv2D\",\"config\":{\"name\":\"c2\",\"filters\":4,\"kernel_size\":[3,3],"
    "\"padding\":\"same\",\"activation\":\"relu\"}},"
    "{\"class_name\":\"MaxPooling2D\",\"config\":{\"name\":\"p1\"}}]}}";

static const vktl_preprocess preprocess = VKTL_PREPROCESS_TF;
static struct temporary folder;
static struct vktl_device *device;

// Class c is mostly of colour c; the rest is a pattern that differs from picture to picture.
static void write_picture(const char *set, int class_index, int number)
{
    unsigned char bytes[64 + SIZE * SIZE * 3];
    char name[64];
    const int header = snprintf((char *)bytes, 64, "P6\n%d %d\n255\n", SIZE, SIZE);
    for (int i = 0; i < SIZE * SIZE * 3; i++)
        bytes[header + i] =
            (unsigned char)((i * 31 + number * 57) % 90 + (i % 3 == class_index ? 150 : 0));
    snprintf(name, sizeof name, "%s/class_%d/%d.ppm", set, class_index, number);
    temporary_write(&folder, name, bytes, (size_t)header + SIZE * SIZE * 3);
}

static int set_up(void **state)
{
    (void)state;
    temporary_create(&folder);
    for (int c = 0; c < CLASSES; c++) {
        for (int i = 0; i < PER_CLASS; i++)
            write_picture("train", c, i);
        for (int i = 0; i < 2; i++)
            write_picture("val", c, 100 + i);
    }
    temporary_write(&folder, "small.json", architecture, sizeof architecture - 1);
    temporary_write(&folder, "deep.json", deep_architecture, sizeof deep_architecture - 1);
    device = harness_open(VKTL_FORM_AUTO);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    harness_close(&device);
    temporary_destroy(&folder);
    return 0;
}

static char *kept(const char *name)
{
    const char *path = temporary_path(&folder, name);
    char *copy = malloc(strlen(path) + 1);
    assert_non_null(copy);
    return strcpy(copy, path);
}

// Parameters of a run into `run`; its strings are freed by free_params.
static struct vktl_train_params make_params(const char *run)
{
    return (struct vktl_train_params){
        .train_folder = kept("train"),
        .validation_folder = kept("val"),
        .model = {.model = kept("small.json"),
                  .head = "flatten,dense:8:relu,dropout:0.2",
                  .preprocess = &preprocess,
                  .freeze = "none"},
        .run_folder = kept(run),
        .epochs = 4,
        .batch = 4,
        .learning_rate = 0.02,
        .seed = 5,
    };
}

static void free_params(struct vktl_train_params *params)
{
    free((char *)params->train_folder);
    free((char *)params->validation_folder);
    free((char *)params->model.model);
    free((char *)params->run_folder);
}

static void assert_same_file(const char *a, const char *b)
{
    unsigned char *bytes[2] = {NULL, NULL};
    size_t size[2] = {0, 0};
    const char *names[2] = {a, b};
    for (int i = 0; i < 2; i++)
        assert_int_equal(file_read_all(&harness_log, temporary_path(&folder, names[i]), 1 << 24,
                                       &bytes[i], &size[i]),
                         VKTL_OK);
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(bytes[0], bytes[1], size[0]);
    free(bytes[0]);
    free(bytes[1]);
}

static void test_learns_and_repeats(void **state)
{
    (void)state;
    static const char *const files[] = {"config.json", "classes.json",     "model.json",
                                        "history.csv", "best.safetensors", "last.safetensors"};
    struct vktl_train_result result;
    for (int i = 0; i < 2; i++) {
        struct vktl_train_params params = make_params(i ? "second" : "first");
        params.epochs = 30;
        assert_int_equal(vktl_train(&harness_log, device, &params, &result), VKTL_OK);
        free_params(&params);
        assert_int_equal(result.epochs_done, 30);
        assert_int_equal(result.steps_done, 30 * 4);
        assert_true(result.best_value >= 0.99);
    }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[64];
        snprintf(path, sizeof path, "first/%s", files[i]);
        assert_true(file_exists(temporary_path(&folder, path)));
    }
    assert_same_file("first/steps.csv", "second/steps.csv");
    assert_same_file("first/last.safetensors", "second/last.safetensors");
    assert_same_file("first/best.safetensors", "second/best.safetensors");
}

// The best model, opened again, predicts the validation pictures as the run said.
static void test_prediction(void **state)
{
    (void)state;
    struct vktl_model *model = NULL;
    struct vktl_dataset *dataset = NULL;
    struct vktl_predictions predictions;
    struct vktl_evaluation evaluation;
    char *run = kept("first");
    const struct vktl_model_params params = {.model = run};
    assert_int_equal(vktl_model_open(&harness_log, &params, &model), VKTL_OK);
    assert_int_equal(vktl_model_class_count(model), CLASSES);
    assert_string_equal(vktl_model_class_name(model, 2), "class_2");
    assert_int_equal(
        vktl_dataset_open(&harness_log, temporary_path(&folder, "val"), NULL, 0, &dataset),
        VKTL_OK);
    assert_int_equal(vktl_predict(&harness_log, device, model, dataset, NULL, &predictions),
                     VKTL_OK);
    assert_int_equal(vktl_evaluate(&harness_log, dataset, &predictions, 0, &evaluation), VKTL_OK);
    assert_int_equal(evaluation.count, 2 * CLASSES);
    assert_true(evaluation.accuracy >= 0.99);
    for (uint32_t i = 0; i < predictions.count; i++) {
        double sum = 0;
        for (int c = 0; c < CLASSES; c++)
            sum += predictions.probabilities[i * CLASSES + (uint32_t)c];
        assert_true(fabs(sum - 1) < 1e-5);
    }
    vktl_evaluation_free(&evaluation);
    vktl_predictions_free(&predictions);
    vktl_dataset_destroy(&dataset);
    vktl_model_destroy(&model);
    free(run);
}

static void test_no_overwriting(void **state)
{
    (void)state;
    struct vktl_train_result result;
    struct vktl_train_params params = make_params("first");
    assert_int_equal(vktl_train(&harness_quiet_log, device, &params, &result), VKTL_USAGE);
    assert_non_null(strstr(harness_last_error, "--overwrite"));
    params.overwrite = true;
    params.epochs = 1;
    assert_int_equal(vktl_train(&harness_log, device, &params, &result), VKTL_OK);
    free_params(&params);
}

static void count_steps(void *user, const struct vktl_train_progress *progress)
{
    *(int *)user += progress->stage == VKTL_TRAIN_STEP;
}

static bool stop_after_ten_steps(void *user)
{
    return *(int *)user >= 10;
}

static void test_interruption(void **state)
{
    (void)state;
    int steps = 0;
    struct vktl_train_result result;
    struct safetensors *file = NULL;
    struct vktl_train_params params = make_params("interrupted");
    params.epochs = 1000;
    params.progress = count_steps;
    params.should_stop = stop_after_ten_steps;
    params.user = &steps;
    assert_int_equal(vktl_train(&harness_quiet_log, device, &params, &result), VKTL_INTERRUPTED);
    free_params(&params);
    assert_int_equal(safetensors_open(&harness_log,
                                      temporary_path(&folder, "interrupted/last.safetensors"),
                                      &file),
                     VKTL_OK);
    assert_int_equal(result.steps_done, 10);
    assert_string_equal(safetensors_metadata(file, "step"), "10");
    assert_non_null(safetensors_find(file, "optimizer/velocity/c1/kernel"));
    safetensors_close(&file);
}

static void test_divergence(void **state)
{
    (void)state;
    struct vktl_train_result result;
    struct vktl_model *model = NULL;
    struct vktl_train_params params = make_params("diverged");
    params.learning_rate = 1e30;
    assert_int_equal(vktl_train(&harness_quiet_log, device, &params, &result), VKTL_DIVERGED);
    assert_non_null(strstr(harness_last_error, "step"));
    free_params(&params);
    char *last = kept("diverged/last.safetensors");
    const struct vktl_model_params open = {.model = last};
    assert_int_equal(vktl_model_open(&harness_log, &open, &model), VKTL_OK);
    vktl_model_destroy(&model);
    free(last);
}

static void test_unreadable_images(void **state)
{
    (void)state;
    struct messages messages;
    struct vktl_train_result result;
    struct vktl_train_params params = make_params("unreadable");
    params.epochs = 1;
    temporary_write(&folder, "train/class_1/broken.ppm", "P6\n8 8\n255\nshort", 16);
    messages_init(&messages);
    assert_int_equal(vktl_train(&messages.log, device, &params, &result), VKTL_OK);
    assert_true(messages_contain(&messages, "broken.ppm"));
    assert_int_equal(result.steps_done, 4);
    free_params(&params);
}

// Reads a weight of a file of the run into `values`, of at most `most` numbers.
static void read_weight(const char *path, const char *name, float *values, uint64_t most)
{
    struct safetensors *file = NULL;
    assert_int_equal(safetensors_open(&harness_log, temporary_path(&folder, path), &file), VKTL_OK);
    const struct safetensors_entry *entry = safetensors_find(file, name);
    assert_non_null(entry);
    assert_true(shape_count(&entry->shape) <= most);
    assert_int_equal(safetensors_read(file, entry, values), VKTL_OK);
    safetensors_close(&file);
}

// The head alone in the first phase; then c2, which is above c1, too. c1 keeps what it had.
static void test_fine_tuning(void **state)
{
    (void)state;
    enum { MOST = 2048 };
    static float first[3][MOST], last[3][MOST];
    static const char *const names[] = {"c1/kernel", "c2/kernel", "predictions/kernel"};
    struct vktl_train_result result;
    struct messages messages;
    struct vktl_train_params params = make_params("tuned");
    char *base = kept("base/best.safetensors");
    free((char *)params.run_folder);
    params.run_folder = kept("base");
    free((char *)params.model.model);
    params.model.model = kept("deep.json");
    params.epochs = 1;
    assert_int_equal(vktl_train(&harness_log, device, &params, &result), VKTL_OK);
    free((char *)params.run_folder);

    params.run_folder = kept("tuned");
    params.model.weights = base;
    params.model.freeze = "base";
    params.epochs = 3;
    params.callbacks.save_every = 1;
    params.fine_tune = (struct vktl_fine_tune){"c2", 2, 0.01};
    messages_init(&messages);
    assert_int_equal(vktl_train(&messages.log, device, &params, &result), VKTL_OK);
    assert_true(messages_contain(&messages, "Fine-tuning from c2 on"));
    assert_int_equal(result.epochs_done, 5);
    assert_int_equal(result.first_fine_tune_epoch, 4);
    for (int i = 0; i < 3; i++) {
        memset(first[i], 0, sizeof first[i]);
        memset(last[i], 0, sizeof last[i]);
        read_weight("tuned/epoch-003.safetensors", names[i], first[i], MOST);
        read_weight("tuned/epoch-005.safetensors", names[i], last[i], MOST);
    }
    assert_memory_equal(first[0], last[0], sizeof first[0]);
    assert_memory_not_equal(first[1], last[1], sizeof first[1]);
    assert_memory_not_equal(first[2], last[2], sizeof first[2]);
    read_weight("base/best.safetensors", names[1], last[1], MOST);
    assert_memory_equal(first[1], last[1], sizeof first[1]); // frozen in the first phase

    // A layer that is not there, and one that is trained anyway, are found out before any training.
    params.overwrite = true;
    params.fine_tune.unfreeze_from = "c9";
    assert_int_equal(vktl_train(&harness_quiet_log, device, &params, &result), VKTL_USAGE);
    assert_non_null(strstr(harness_last_error, "c9"));
    params.fine_tune.unfreeze_from = "predictions";
    assert_int_equal(vktl_train(&harness_quiet_log, device, &params, &result), VKTL_USAGE);
    assert_int_equal(result.steps_done, 0);
    params.model.weights = NULL;
    free_params(&params);
    free(base);
}

static void test_early_stopping(void **state)
{
    (void)state;
    struct vktl_train_result result;
    struct messages messages;
    struct vktl_train_params params = make_params("stopped");
    params.epochs = 50;
    params.callbacks = (struct vktl_callbacks){.early_stop = 2, .min_delta = 100};
    messages_init(&messages);
    assert_int_equal(vktl_train(&messages.log, device, &params, &result), VKTL_OK);
    assert_int_equal(result.epochs_done, 3); // nothing but the first is an improvement
    assert_int_equal(result.stopped_epoch, 3);
    assert_true(messages_contain(&messages, "Epoch 3: early stopping"));
    params.resume = true;
    assert_int_equal(vktl_train(&messages.log, device, &params, &result), VKTL_OK);
    assert_true(result.was_complete);
    free_params(&params);
}

static void test_dry_run(void **state)
{
    (void)state;
    struct vktl_train_result result;
    struct vktl_train_params params = make_params("dry");
    params.dry_run = true;
    assert_int_equal(vktl_train(&harness_log, device, &params, &result), VKTL_OK);
    assert_true(result.device_bytes > 0);
    assert_false(folder_exists(temporary_path(&folder, "dry")));
    free_params(&params);
}

// A run goes on with the algorithms that it was started with, whatever was tuned meanwhile.
static void test_resumes_with_its_tuning(void **state)
{
    (void)state;
    static const char key[] = "conv2d forward 4x8x8x3 filters=4 padding=1 trained";
    const char *algorithms[OP_MAX_ALGORITHMS];
    struct vktl_train_result result;
    struct messages messages;
    struct op_io io = {.in = {shape_4d(4, 8, 8, 3)}, .device = vktl_device_info(device)};
    struct vktl_train_params params = make_params("begun with another tuning");
    params.epochs = 1;
    assert_int_equal(vktl_train(&harness_log, device, &params, &result), VKTL_OK);
    const struct conv2d_push push = {.in_c = 3, .kernel_h = 3, .kernel_w = 3, .stride_w = 1};
    OP_SET_PUSH(&io, push);
    op_choose(&op_conv2d, &io);
    if (op_suiting(&op_conv2d, &io, OP_FORWARD, algorithms) < 2) {
        free_params(&params);
        skip();
    }
    assert_int_equal(tuning_set(gpu_tuning(device), key, algorithms[1]), VKTL_OK);
    params.epochs = 2;
    params.resume = true;
    messages_init(&messages);
    assert_int_equal(vktl_train(&messages.log, device, &params, &result), VKTL_OK);
    assert_true(messages_contain(&messages, "tuned anew since the run was started"));
    assert_string_equal(tuning_find(gpu_tuning(device), key), algorithms[0]);
    free_params(&params);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_learns_and_repeats),
        cmocka_unit_test(test_prediction),
        cmocka_unit_test(test_no_overwriting),
        cmocka_unit_test(test_interruption),
        cmocka_unit_test(test_divergence),
        cmocka_unit_test(test_unreadable_images),
        cmocka_unit_test(test_fine_tuning),
        cmocka_unit_test(test_early_stopping),
        cmocka_unit_test(test_dry_run),
        cmocka_unit_test(test_resumes_with_its_tuning),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
