// Grad-CAM's library calls: which layer is taken, what is refused, and that one plan serves many
// images. The maps themselves are checked by tests/cli/cam.py.
#include <vktl/cam.h>

#include <math.h>
#include <stdio.h>

#include "harness/harness.h"
#include "harness/temporary.h"

static const vktl_preprocess preprocess = VKTL_PREPROCESS_TF;
static struct vktl_device *device;

#define INPUT                                                                                      \
    "{\"class_name\":\"InputLayer\",\"config\":{\"name\":\"in\","                                  \
    "\"batch_input_shape\":[null,8,8,3]}},"
#define END                                                                                        \
    "{\"class_name\":\"Flatten\",\"config\":{\"name\":\"f\"}},"                                    \
    "{\"class_name\":\"Dense\",\"config\":{\"name\":\"out\",\"units\":3,\"activation\":"           \
    "\"softmax\"}}"
#define POOL "{\"class_name\":\"MaxPooling2D\",\"config\":{\"name\":\"p\"}},"

// A golden run's model, with its weights.
static struct vktl_model *open_golden(const char *name)
{
    struct vktl_model *model = NULL;
    char json[2048], weights[2048];
    snprintf(json, sizeof json, "%s/%s/model.json", harness_source_path("tests/golden"), name);
    snprintf(weights, sizeof weights, "%s/%s/final.h5", harness_source_path("tests/golden"), name);
    const struct vktl_model_params params = {
        .model = json, .weights = weights, .preprocess = &preprocess};
    const vktl_status status = vktl_model_open(&harness_quiet_log, &params, &model);
    if (status != VKTL_OK && strstr(harness_last_error, "built without HDF5"))
        skip();
    assert_int_equal(status, VKTL_OK);
    return model;
}

static const char *image(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", harness_source_path("tests/golden/tiny/images"), name);
    return path;
}

static void test_default_layer_is_the_last_convolution(void **state)
{
    static const struct {
        const char *model, *layer;
    } rows[] = {{"tiny", "pw"}, {"frozen", "dw_relu"}}; // a pool and a head come after either
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vktl_model *model = open_golden(rows[i].model);
        struct vktl_cam_result result;
        assert_int_equal(vktl_cam(&harness_log, device, model, image("ant/0.png"),
                                  VKTL_CAM_PREDICTED, NULL, &result),
                         VKTL_OK);
        assert_string_equal(result.layer, rows[i].layer);
        assert_true(result.probability > 1.0f / 3);
        vktl_cam_result_free(&result);
        vktl_model_destroy(&model);
    }
}

static void test_one_plan_serves_many_images(void **state)
{
    static const char *const images[] = {"ant/0.png", "bee/1.png", "cat/0.png", "ant/0.png"};
    struct vktl_model *model = open_golden("tiny");
    struct vktl_cam *cam = NULL;
    (void)state;
    assert_int_equal(vktl_cam_open(&harness_log, device, model, "conv_relu", &cam), VKTL_OK);
    for (int32_t i = 0; i < 4; i++) {
        struct vktl_cam_result one, other;
        const int32_t class_index = i % 3;
        assert_int_equal(vktl_cam_compute(cam, image(images[i]), class_index, &one), VKTL_OK);
        assert_int_equal(vktl_cam(&harness_log, device, model, image(images[i]), class_index,
                                  "conv_relu", &other),
                         VKTL_OK);
        assert_int_equal(one.class_index, class_index);
        assert_memory_equal(one.map, other.map, one.height * one.width * sizeof(float));
        assert_memory_equal(&one.probability, &other.probability, sizeof(float));
        vktl_cam_result_free(&one);
        vktl_cam_result_free(&other);
    }
    vktl_cam_close(&cam);
    assert_null(cam);
    vktl_model_destroy(&model);
}

// With temperature 2 probabilities go as the square roots of what they were; the map stays.
static void test_temperature_changes_the_probability_alone(void **state)
{
    struct vktl_model *model = open_golden("tiny");
    struct vktl_cam_result before[3], after;
    double sum = 0;
    (void)state;
    for (int32_t i = 0; i < 3; i++) {
        assert_int_equal(
            vktl_cam(&harness_log, device, model, image("bee/0.png"), i, NULL, &before[i]),
            VKTL_OK);
        sum += sqrt(before[i].probability);
    }
    vktl_model_set_temperature(model, 2);
    for (int32_t i = 0; i < 3; i++) {
        assert_int_equal(vktl_cam(&harness_log, device, model, image("bee/0.png"), i, NULL, &after),
                         VKTL_OK);
        assert_true(fabs(after.probability - sqrt(before[i].probability) / sum) < 1e-6);
        assert_true(fabsf(after.probability - before[i].probability) > 1e-3f);
        assert_memory_equal(after.map, before[i].map, after.height * after.width * sizeof(float));
        vktl_cam_result_free(&after);
        vktl_cam_result_free(&before[i]);
    }
    vktl_model_destroy(&model);
}

static void expect_refusal(const struct vktl_model *model, const char *path, int32_t class_index,
                           const char *layer, vktl_status expected, const char *word)
{
    struct vktl_cam_result result;
    assert_int_equal(vktl_cam(&harness_quiet_log, device, model, path, class_index, layer, &result),
                     expected);
    assert_null(result.map);
    if (!strstr(harness_last_error, word))
        fail_msg("'%s' lacks '%s'", harness_last_error, word);
}

static void test_refusals(void **state)
{
    struct vktl_model *model = open_golden("tiny");
    (void)state;
    expect_refusal(model, image("ant/0.png"), 3, NULL, VKTL_USAGE, "no class 3");
    expect_refusal(model, image("ant/0.png"), -2, NULL, VKTL_USAGE, "no class -2");
    expect_refusal(model, image("ant/0.png"), 0, "nothing", VKTL_USAGE, "no layer 'nothing'");
    expect_refusal(model, image("ant/0.png"), 0, "gap", VKTL_USAGE, "'gap' is (1, 8)");
    expect_refusal(model, image("none.png"), 0, NULL, VKTL_INPUT, "none.png");
    vktl_model_destroy(&model);
}

// Opens an architecture without weights.
static struct vktl_model *open_json(const struct temporary *folder, const char *layers)
{
    char json[2048];
    struct vktl_model *model = NULL;
    const int length = snprintf(
        json, sizeof json,
        "{\"class_name\":\"Sequential\",\"config\":{\"name\":\"small\",\"layers\":[%s]}}", layers);
    temporary_write(folder, "small.json", json, (size_t)length);
    const struct vktl_model_params params = {.model = temporary_path(folder, "small.json")};
    assert_int_equal(vktl_model_open(&harness_log, &params, &model), VKTL_OK);
    return model;
}

static void test_models_that_show_nothing_are_refused(void **state)
{
    struct temporary folder;
    (void)state;
    temporary_create(&folder);
    struct vktl_model *model = open_json(&folder, INPUT POOL END);
    expect_refusal(model, image("ant/0.png"), 0, NULL, VKTL_USAGE, "without weights");
    vktl_model_destroy(&model);
    // Without weights to load there is nothing to miss.
    model = open_json(&folder, INPUT POOL "{\"class_name\":\"GlobalMaxPooling2D\","
                                          "\"config\":{\"name\":\"g\"}}");
    expect_refusal(model, image("ant/0.png"), 0, NULL, VKTL_USAGE, "softmax");
    vktl_model_destroy(&model);
    model = open_json(&folder, INPUT "{\"class_name\":\"Flatten\",\"config\":{\"name\":\"f\"}},"
                                     "{\"class_name\":\"Softmax\",\"config\":{\"name\":\"s\"}}");
    expect_refusal(model, image("ant/0.png"), 0, NULL, VKTL_USAGE,
                   "no layer whose output is a map");
    vktl_model_destroy(&model);
    temporary_destroy(&folder);
}

static int set_up(void **state)
{
    (void)state;
    device = harness_open(VKTL_FORM_AUTO);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    harness_close(&device);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_default_layer_is_the_last_convolution),
        cmocka_unit_test(test_one_plan_serves_many_images),
        cmocka_unit_test(test_temperature_changes_the_probability_alone),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_models_that_show_nothing_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
