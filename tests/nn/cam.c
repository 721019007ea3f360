// PASS_CAM: the output it keeps and the gradient it finds, against what can be worked out by hand.
#include "harness/harness.h"

#include <math.h>

#include "nn/plan.h"

enum { SIZE = 8, BATCH = 2, CLASSES = 3, HIDDEN = 5, PIXELS = SIZE * SIZE * 3 };
enum { CHANNELS = 4, CELLS = SIZE / 2 * (SIZE / 2), MAP = CELLS * CHANNELS };

static const char architecture[] =
    "{\"class_name\":\"Sequential\",\"config\":{\"name\":\"small\",\"layers\":["
    "{\"class_name\":\"InputLayer\",\"config\":{\"name\":\"in\","
    "\"batch_input_shape\":[null,8,8,3]}},"
    "{\"class_name\":\"Dropout\",\"config\":{\"name\":\"noise\",\"rate\":0.2}},"
    "{\"class_name\":\"Conv2D\",\"config\":{\"name\":\"c1\",\"filters\":4,\"kernel_size\":[3,3],"
    "\"strides\":[2,2],\"padding\":\"same\"}},"
    "{\"class_name\":\"BatchNormalization\",\"config\":{\"name\":\"n1\"}},"
    "{\"class_name\":\"ReLU\",\"config\":{\"name\":\"r1\"}},"
    "{\"class_name\":\"Dropout\",\"config\":{\"name\":\"d1\",\"rate\":0.5}},"
    "{\"class_name\":\"Flatten\",\"config\":{\"name\":\"f\"}},"
    "{\"class_name\":\"Dense\",\"config\":{\"name\":\"fc\",\"units\":5,\"activation\":\"relu\"}},"
    "{\"class_name\":\"Dense\",\"config\":{\"name\":\"out\",\"units\":3,"
    "\"activation\":\"softmax\"}}]}}";

static struct vktl_model *make_model(void)
{
    struct vktl_model *model = NULL;
    assert_int_equal(model_from_json(&harness_log, architecture, "small", &model), VKTL_OK);
    assert_int_equal(model_infer_shapes(&harness_log, model, 0), VKTL_OK);
    assert_int_equal(model_initialize(&harness_log, model, 3), VKTL_OK);
    struct layer *norm = &model->layers[model_find(model, "n1")];
    for (uint32_t w = 0; w < norm->io.weight_count; w++)
        for (uint32_t c = 0; c < CHANNELS; c++)
            norm->weight[w][c] += 0.1f * (float)(c + w);
    return model;
}

static void start(struct plan *plan)
{
    for (int i = 0; i < BATCH * PIXELS; i++)
        plan_pixels(plan, (uint32_t)(i / PIXELS))[i % PIXELS] = (unsigned char)(i * 37 % 101);
    *plan_step(plan) = (struct step){.rows = BATCH, .rows_inverse = 1.0f / BATCH};
}

// What a layer gives for the first image.
static void read_layer(struct vktl_device *device, const struct vktl_model *model, const char *name,
                       float *values)
{
    struct plan *plan = NULL;
    const struct plan_params params = {.batch = BATCH, .passes = {[PASS_LAYERS] = true}};
    assert_int_equal(plan_create(&harness_log, device, model, &params, &plan), VKTL_OK);
    assert_int_equal(plan_build(plan), VKTL_OK);
    start(plan);
    assert_int_equal(plan_run(plan, PASS_LAYERS), VKTL_OK);
    assert_int_equal(plan_read_layer(plan, (uint32_t)model_find(model, name), values), VKTL_OK);
    plan_destroy(&plan);
}

// dScore / dx at the input of Flatten, by the rule for two dense layers with a ReLU between.
static void head_gradient(const struct vktl_model *model, const float *hidden, uint32_t class_index,
                          double gradient[MAP])
{
    const float *first = model->layers[model_find(model, "fc")].weight[0];
    const float *second = model->layers[model_find(model, "out")].weight[0];
    for (int i = 0; i < MAP; i++) {
        gradient[i] = 0;
        for (int j = 0; j < HIDDEN; j++)
            if (hidden[j] > 0)
                gradient[i] += (double)first[i * HIDDEN + j] * second[j * CLASSES + class_index];
    }
}

// What the normalisation and the ReLU between make of it.
static void through_norm(const struct vktl_model *model, const float *after_norm,
                         double gradient[MAP])
{
    const struct layer *norm = &model->layers[model_find(model, "n1")];
    for (int i = 0; i < MAP; i++) {
        const int c = i % CHANNELS;
        gradient[i] *= after_norm[i] > 0 ? norm->weight[0][c] / sqrt(norm->weight[3][c] + 1e-3) : 0;
    }
}

static void assert_close(const float *found, const double *expected, int count)
{
    for (int i = 0; i < count; i++)
        if (!(fabs(found[i] - expected[i]) <= 2e-5 * (1 + fabs(expected[i]))))
            fail_msg("[%d]: %g, expected %g", i, (double)found[i], expected[i]);
}

// Looks at one layer, whose values and gradient must be those given; twice, for two classes.
static void check_layer(struct vktl_device *device, const struct vktl_model *model,
                        const char *name)
{
    struct plan *plan = NULL;
    float seen[MAP], normed[MAP], hidden[HIDDEN], output[BATCH * MAP], gradient[BATCH * MAP];
    double expected[MAP], expected_output[MAP];
    read_layer(device, model, name, seen);
    read_layer(device, model, "n1", normed);
    read_layer(device, model, "fc", hidden);
    const struct plan_params params = {.batch = BATCH,
                                       .passes = {[PASS_CAM] = true},
                                       .cam_layer = (uint32_t)model_find(model, name)};
    assert_int_equal(plan_create(&harness_log, device, model, &params, &plan), VKTL_OK);
    assert_int_equal(plan_build(plan), VKTL_OK);
    for (uint32_t class_index = 0; class_index < CLASSES; class_index += 2) {
        start(plan);
        assert_int_equal(plan_run(plan, PASS_CAM), VKTL_OK);
        memset(plan_seed(plan), 0, BATCH * CLASSES * sizeof(float));
        plan_seed(plan)[class_index] = 1;
        assert_int_equal(plan_run_backward(plan), VKTL_OK);
        assert_int_equal(plan_read_cam(plan, output, gradient), VKTL_OK);
        head_gradient(model, hidden, class_index, expected);
        if (strcmp(name, "c1") == 0)
            through_norm(model, normed, expected);
        for (int i = 0; i < MAP; i++)
            expected_output[i] = seen[i];
        assert_close(output, expected_output, MAP);
        assert_close(gradient, expected, MAP);
        for (int i = MAP; i < BATCH * MAP; i++) // the second image's seed is zero
            assert_true(gradient[i] == 0);
    }
    plan_destroy(&plan);
}

static void test_every_layer_is_seen_as_it_is(void **state)
{
    static const char *const names[] = {"c1", "r1",
                                        "d1"}; // a folded one, joined one, one without node
    struct vktl_device *device = harness_open(VKTL_FORM_AUTO);
    struct vktl_model *model = make_model();
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        check_layer(device, model, names[i]);
    vktl_model_destroy(&model);
    harness_close(&device);
}

static void test_probabilities_are_those_of_evaluation(void **state)
{
    struct vktl_device *device = harness_open(VKTL_FORM_AUTO);
    struct vktl_model *model = make_model();
    struct plan *plan = NULL;
    const struct plan_params params = {.batch = BATCH,
                                       .passes = {[PASS_EVALUATE] = true, [PASS_CAM] = true},
                                       .cam_layer = (uint32_t)model_find(model, "r1")};
    float expected[BATCH * CLASSES];
    (void)state;
    assert_int_equal(plan_create(&harness_log, device, model, &params, &plan), VKTL_OK);
    assert_int_equal(plan_build(plan), VKTL_OK);
    start(plan);
    assert_int_equal(plan_run(plan, PASS_EVALUATE), VKTL_OK);
    memcpy(expected, plan_probabilities(plan), sizeof expected);
    start(plan);
    assert_int_equal(plan_run(plan, PASS_CAM), VKTL_OK);
    assert_memory_equal(plan_probabilities(plan), expected, sizeof expected);
    plan_destroy(&plan);
    vktl_model_destroy(&model);
    harness_close(&device);
}

static void test_a_layer_that_is_the_image_is_refused(void **state)
{
    struct vktl_device *device = harness_open(VKTL_FORM_AUTO);
    struct vktl_model *model = make_model();
    struct plan *plan = NULL;
    const struct plan_params params = {.batch = 1, .passes = {[PASS_CAM] = true}, .cam_layer = 0};
    (void)state;
    assert_int_equal(plan_create(&harness_quiet_log, device, model, &params, &plan), VKTL_USAGE);
    assert_null(plan);
    assert_non_null(strstr(harness_last_error, "noise"));
    vktl_model_destroy(&model);
    harness_close(&device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_layer_is_seen_as_it_is),
        cmocka_unit_test(test_probabilities_are_those_of_evaluation),
        cmocka_unit_test(test_a_layer_that_is_the_image_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
