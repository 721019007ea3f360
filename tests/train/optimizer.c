// Optimizers, losses and learnt statistics of whole runs: what settings come to, what checkpoints
// hold, that a run can be resumed, that evaluation sees what was learnt. The numbers themselves are
// checked by tests/golden, whose images and model are taken here.
#include "harness/harness.h"
#include "harness/temporary.h"

#include <math.h>
#include <stdio.h>

#include <vktl/evaluate.h>
#include <vktl/trainer.h>

#include "base/files.h"
#include "formats/safetensors.h"
#include "train/optimizer.h"

enum { PATH_SIZE = 1024, IMAGES = 7 };

static struct temporary folder;
static struct vktl_device *device;
static char images[PATH_SIZE], model[PATH_SIZE], weights[PATH_SIZE];

static int set_up(void **state)
{
    (void)state;
    temporary_create(&folder);
    strncpy(images, harness_source_path("tests/golden/norm/images"), PATH_SIZE - 1);
    strncpy(model, harness_source_path("tests/golden/norm/model.json"), PATH_SIZE - 1);
    strncpy(weights, harness_source_path("tests/golden/norm/init.h5"), PATH_SIZE - 1);
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

// ---- Settings

static float field_of(const struct op *op, const void *params, const char *name)
{
    float value;
    memcpy(&value, (const char *)params + field_find(op->fields, name)->offset, sizeof value);
    return value;
}

static void test_defaults(void **state)
{
    (void)state;
    _Alignas(8) unsigned char params[OP_MAX_PARAMS_SIZE] = {0};
    const struct op *op = NULL;
    struct vktl_optimizer optimizer = {.kind = VKTL_ADAMW, .beta_1 = -1};
    optimizer_fill_defaults(&optimizer);
    assert_int_equal(optimizer_prepare(&harness_log, &optimizer, &op, params), VKTL_OK);
    assert_string_equal(op->name, "adamw");
    assert_true(field_of(op, params, "weight_decay") == 0.004f);
    assert_true(field_of(op, params, "beta_1") == 0); // negative: 0 is meant
    assert_true(field_of(op, params, "beta_2") == 0.999f);
    assert_true(field_of(op, params, "epsilon") == 1e-7f);

    optimizer = (struct vktl_optimizer){.nesterov = true};
    optimizer_fill_defaults(&optimizer);
    assert_int_equal(optimizer_prepare(&harness_log, &optimizer, &op, params), VKTL_OK);
    assert_string_equal(op->name, "sgd");
    assert_true(field_of(op, params, "momentum") == 0.9f);
    assert_true(field_of(op, params, "weight_decay") == 0);
    optimizer.kind = VKTL_ADAM;
    assert_int_equal(optimizer_prepare(&harness_quiet_log, &optimizer, &op, params), VKTL_USAGE);
    assert_non_null(strstr(harness_last_error, "--nesterov"));
    optimizer = (struct vktl_optimizer){.kind = VKTL_ADAM, .beta_2 = 1};
    optimizer_fill_defaults(&optimizer);
    assert_int_equal(optimizer_prepare(&harness_quiet_log, &optimizer, &op, params), VKTL_INPUT);
}

static vktl_status weigh(const char *text, const struct vktl_dataset *dataset, float **found)
{
    const struct vktl_optimizer optimizer = {.class_weights = text};
    return optimizer_class_weights(&harness_quiet_log, &optimizer, dataset, found);
}

static void test_class_weights(void **state)
{
    (void)state;
    static const char *const wrong[] = {"1,2",  "1,2,3,4", "1,-2,1", "1,2,x",
                                        "1,2,", "0,0,0",   "",       "nan,1,1"};
    struct vktl_dataset *dataset = NULL;
    float *found = NULL;
    assert_int_equal(vktl_dataset_open(&harness_log, images, NULL, 0, &dataset), VKTL_OK);
    assert_int_equal(weigh(NULL, dataset, &found), VKTL_OK);
    assert_null(found);
    assert_int_equal(weigh("balanced", dataset, &found), VKTL_OK);
    assert_true(fabsf(found[0] - 7.0f / 9) < 1e-6f); // 3, 2 and 2 of 7 images
    assert_true(fabsf(found[1] - 7.0f / 6) < 1e-6f);
    assert_true(found[2] == found[1]);
    free(found);
    assert_int_equal(weigh("1,0,2.5", dataset, &found), VKTL_OK);
    assert_true(found[0] == 1 && found[1] == 0 && found[2] == 2.5f);
    free(found);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(weigh(wrong[i], dataset, &found), VKTL_USAGE);
        assert_null(found);
    }
    vktl_dataset_destroy(&dataset);
}

// ---- Runs

// Stops a run after so many steps; 0: never.
struct pace {
    uint32_t seen, stop_at;
};

static void count_steps(void *user, const struct vktl_train_progress *progress)
{
    struct pace *pace = user;
    pace->seen += progress->stage == VKTL_TRAIN_STEP;
}

static bool should_stop(void *user)
{
    const struct pace *pace = user;
    return pace->stop_at && pace->seen >= pace->stop_at;
}

// Adam with all that there is, from scratch; or from a file's weights in two phases, whose second
// learns the statistics of the base anew. 18 steps.
static vktl_status run(const char *into, bool resume, bool two_phases, uint32_t stop_at,
                       struct vktl_train_result *result)
{
    const vktl_preprocess preprocess = VKTL_PREPROCESS_TF;
    struct pace pace = {0, stop_at};
    struct vktl_train_params params = {
        .train_folder = images,
        .validation_folder = images,
        .model = {.model = model, .head = "keep", .freeze = "none", .preprocess = &preprocess},
        .run_folder = temporary_path(&folder, into),
        .resume = resume,
        .epochs = 6,
        .batch = 3,
        .optimizer = {.kind = VKTL_ADAM,
                      .weight_decay = 0.1,
                      .clip_norm = 0.5,
                      .base_lr_factor = 0.5,
                      .class_weights = "balanced"},
        .checkpoint_seconds = -1,
        .progress = count_steps,
        .should_stop = should_stop,
        .user = &pace,
    };
    if (two_phases) {
        params.epochs = 3;
        params.model.weights = weights;
        params.model.freeze = "pw_relu";
        params.model.train_batchnorm = true;
        params.fine_tune = (struct vktl_fine_tune){.unfreeze_from = "pw", .epochs = 3};
    }
    return vktl_train(&harness_quiet_log, device, &params, result);
}

static void read_last(const char *name, unsigned char **bytes, size_t *size)
{
    char path[64];
    snprintf(path, sizeof path, "%s/last.safetensors", name);
    assert_int_equal(
        file_read_all(&harness_log, temporary_path(&folder, path), 1 << 24, bytes, size), VKTL_OK);
}

static void check_resume(const char *whole, const char *parts, bool two_phases, uint32_t stop_at)
{
    struct vktl_train_result result;
    unsigned char *bytes[2] = {NULL, NULL};
    size_t size[2] = {0, 0};
    assert_int_equal(run(whole, false, two_phases, 0, &result), VKTL_OK);
    assert_int_equal(run(parts, false, two_phases, stop_at, &result), VKTL_INTERRUPTED);
    assert_int_equal(result.steps_done, stop_at);
    assert_int_equal(run(parts, true, two_phases, 0, &result), VKTL_OK);
    assert_int_equal(result.steps_done, 18);
    read_last(whole, &bytes[0], &size[0]);
    read_last(parts, &bytes[1], &size[1]);
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(bytes[0], bytes[1], size[0]);
    free(bytes[0]);
    free(bytes[1]);
}

static void test_resumes_with_its_state(void **state)
{
    (void)state;
    check_resume("whole", "parts", false, 7);
}

static void test_resumes_in_the_second_phase(void **state)
{
    (void)state;
    check_resume("whole-phases", "parts-phases", true, 13);
}

static void test_checkpoint_names_the_state(void **state)
{
    (void)state;
    struct safetensors *file = NULL;
    assert_int_equal(
        safetensors_open(&harness_log, temporary_path(&folder, "whole/last.safetensors"), &file),
        VKTL_OK);
    assert_string_equal(safetensors_metadata(file, "optimizer"), "adam");
    const struct safetensors_entry *momentum =
        safetensors_find(file, "optimizer/momentum/conv/kernel");
    const struct safetensors_entry *velocity =
        safetensors_find(file, "optimizer/velocity/conv/kernel");
    assert_non_null(momentum);
    assert_non_null(velocity);
    assert_true(shape_equal(&momentum->shape, &safetensors_find(file, "conv/kernel")->shape));
    float values[3 * 3 * 3 * 6];
    assert_int_equal(safetensors_read(file, velocity, values), VKTL_OK);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        assert_true(values[i] >= 0); // a mean of squares
    assert_non_null(safetensors_find(file, "conv_bn/moving_mean"));
    assert_null(safetensors_find(file, "optimizer/momentum/conv_bn/moving_mean"));
    safetensors_close(&file);
}

// The statistics learnt in training are in the file, and are what validation used.
static void test_evaluation_uses_learnt_statistics(void **state)
{
    (void)state;
    struct vktl_train_result result;
    struct vktl_model *trained = NULL;
    struct vktl_dataset *dataset = NULL;
    struct vktl_predictions predictions;
    struct vktl_evaluation evaluation;
    assert_int_equal(run("learnt", false, false, 0, &result), VKTL_OK);
    const struct vktl_model_params params = {
        .model = temporary_path(&folder, "learnt/last.safetensors")};
    assert_int_equal(vktl_model_open(&harness_log, &params, &trained), VKTL_OK);
    assert_int_equal(vktl_dataset_open(&harness_log, images, NULL, 0, &dataset), VKTL_OK);
    assert_int_equal(vktl_predict(&harness_log, device, trained, dataset, NULL, &predictions),
                     VKTL_OK);
    assert_int_equal(vktl_evaluate(&harness_log, dataset, &predictions, 0, &evaluation), VKTL_OK);
    assert_int_equal(evaluation.count, IMAGES);
    // Folded, and not weighted: the same but for rounding.
    assert_true(fabs(evaluation.loss - result.last_val_loss) < 1e-4 * result.last_val_loss);
    vktl_evaluation_free(&evaluation);
    vktl_predictions_free(&predictions);
    vktl_dataset_destroy(&dataset);
    vktl_model_destroy(&trained);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_class_weights),
        cmocka_unit_test(test_resumes_with_its_state),
        cmocka_unit_test(test_resumes_in_the_second_phase),
        cmocka_unit_test(test_checkpoint_names_the_state),
        cmocka_unit_test(test_evaluation_uses_learnt_statistics),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
