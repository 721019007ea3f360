// Out of host memory at every allocation of ours in turn: opening a device, planning and building
// give a status, crash nowhere and leak nothing.
#include "harness/failing_malloc.h"
#include "harness/harness.h"

#include "nn/plan.h"

static const char architecture[] =
    "{\"class_name\":\"Sequential\",\"config\":{\"name\":\"small\",\"layers\":["
    "{\"class_name\":\"InputLayer\",\"config\":{\"name\":\"in\","
    "\"batch_input_shape\":[null,6,6,3]}},"
    "{\"class_name\":\"Conv2D\",\"config\":{\"name\":\"c\",\"filters\":4,\"kernel_size\":[3,3],"
    "\"use_bias\":false}},"
    "{\"class_name\":\"BatchNormalization\",\"config\":{\"name\":\"n\",\"trainable\":false}},"
    "{\"class_name\":\"ReLU\",\"config\":{\"name\":\"r\"}},"
    "{\"class_name\":\"Flatten\",\"config\":{\"name\":\"f\"}},"
    "{\"class_name\":\"Dense\",\"config\":{\"name\":\"out\",\"units\":3,"
    "\"activation\":\"softmax\"}}]}}";

static void test_opening(void **state)
{
    (void)state;
    const struct vktl_device_params params = {.cache_folder = ""};
    struct vktl_device *device = NULL;
    if (vktl_device_open(&harness_log, &params, &device) != VKTL_OK)
        exit(77);
    vktl_device_close(&device);
    const int64_t live = failing_malloc_live();
    for (uint64_t n = 0;; n++) {
        failing_malloc_at(n);
        const vktl_status status = vktl_device_open(NULL, &params, &device);
        const bool failed = failing_malloc_stop();
        assert_true(status == VKTL_OK || status == VKTL_NO_MEMORY || status == VKTL_NO_DEVICE);
        assert_int_equal(status == VKTL_OK, device != NULL);
        vktl_device_close(&device);
        assert_int_equal(failing_malloc_live(), live);
        if (!failed)
            break;
    }
}

static vktl_status make_plan(struct vktl_device *device, const struct vktl_model *model,
                             bool accumulates, struct plan **plan)
{
    static const float weights[16] = {1, 2, 3}; // as many as any model here has classes
    const struct op *sgd = op_find("sgd");
    _Alignas(8) unsigned char params[OP_MAX_PARAMS_SIZE] = {0};
    fields_init(sgd->fields, params);
    const uint32_t cut = (uint32_t)model_find(model, "f") + 1;
    const struct plan_params wanted = {
        .batch = 2,
        .passes = {[PASS_FEATURES] = true, [PASS_EVALUATE] = true, [PASS_TRAIN] = true},
        .cut = cut,
        .optimizer = sgd,
        .optimizer_params = params,
        .step_rows = accumulates ? 3 : 2,
        .clip_norm = 1,
        .class_weights = weights,
    };
    vktl_status status = plan_create(NULL, device, model, &wanted, plan);
    if (status == VKTL_OK)
        status = plan_build(*plan);
    if (status == VKTL_OK) {
        plan_step(*plan)->rows = 2;
        status = plan_run(*plan, PASS_TRAIN);
    }
    if (status == VKTL_OK && accumulates)
        status = plan_run_update(*plan);
    return status;
}

static void fail_in_turn(struct vktl_device *device, const struct vktl_model *model,
                         bool accumulates)
{
    struct plan *plan = NULL;
    assert_int_equal(make_plan(device, model, accumulates, &plan), VKTL_OK);
    plan_destroy(&plan); // all pipelines exist from here on
    const int64_t live = failing_malloc_live();
    for (uint64_t n = 0;; n++) {
        failing_malloc_at(n);
        const vktl_status status = make_plan(device, model, accumulates, &plan);
        const bool failed = failing_malloc_stop();
        assert_int_equal(status, failed ? VKTL_NO_MEMORY : VKTL_OK);
        plan_destroy(&plan);
        assert_int_equal(failing_malloc_live(), live);
        if (!failed)
            break;
    }
}

static void test_planning(void **state)
{
    (void)state;
    struct vktl_model *model = NULL;
    struct vktl_device *device = harness_open(VKTL_FORM_AUTO);
    assert_int_equal(model_from_json(&harness_log, architecture, "small", &model), VKTL_OK);
    assert_int_equal(model_infer_shapes(&harness_log, model, 0), VKTL_OK);
    assert_int_equal(model_initialize(&harness_log, model, 1), VKTL_OK);
    assert_int_equal(model_freeze(&harness_log, model, "r"), VKTL_OK);
    for (int accumulates = 0; accumulates < 2; accumulates++)
        fail_in_turn(device, model, accumulates);
    vktl_model_destroy(&model);
    harness_close(&device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opening),
        cmocka_unit_test(test_planning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
