// A step of several runs: gradients summed over parts of a batch train as the whole batch does,
// with the same dropout and the same clipping.
#include "harness/harness.h"

#include <math.h>

#include "nn/plan.h"

enum { SIZE = 5, PIXELS = SIZE * SIZE * 3, BATCH = 7, CLASSES = 3, STEPS = 3 };

// Rows of 125 and 6 numbers before dropout: four, which a random draw gives, divides neither.
static const char architecture[] =
    "{\"class_name\":\"Sequential\",\"config\":{\"name\":\"small\",\"layers\":["
    "{\"class_name\":\"InputLayer\",\"config\":{\"name\":\"in\","
    "\"batch_input_shape\":[null,5,5,3]}},"
    "{\"class_name\":\"Conv2D\",\"config\":{\"name\":\"c\",\"filters\":5,\"kernel_size\":[3,3],"
    "\"padding\":\"same\"}},"
    "{\"class_name\":\"BatchNormalization\",\"config\":{\"name\":\"n\"}},"
    "{\"class_name\":\"ReLU\",\"config\":{\"name\":\"r\"}},"
    "{\"class_name\":\"Dropout\",\"config\":{\"name\":\"d1\",\"rate\":0.3}},"
    "{\"class_name\":\"Flatten\",\"config\":{\"name\":\"f\"}},"
    "{\"class_name\":\"Dense\",\"config\":{\"name\":\"fc\",\"units\":6,\"activation\":\"relu\"}},"
    "{\"class_name\":\"Dropout\",\"config\":{\"name\":\"d2\",\"rate\":0.5}},"
    "{\"class_name\":\"Dense\",\"config\":{\"name\":\"out\",\"units\":3,"
    "\"activation\":\"softmax\"}}]}}";

static struct vktl_model *make_model(void)
{
    struct vktl_model *model = NULL;
    assert_int_equal(model_from_json(&harness_log, architecture, "small", &model), VKTL_OK);
    assert_int_equal(model_infer_shapes(&harness_log, model, 0), VKTL_OK);
    assert_int_equal(model_initialize(&harness_log, model, 3), VKTL_OK);
    model->settled_count = model->layer_count; // normalisation keeps its statistics
    return model;
}

static vktl_status create_plan(struct vktl_device *device, const struct vktl_model *model,
                               const struct plan_params *wanted, struct plan **plan)
{
    const struct op *adam = op_find("adam");
    _Alignas(8) unsigned char optimizer[OP_MAX_PARAMS_SIZE] = {0};
    struct plan_params params = *wanted;
    fields_init(adam->fields, optimizer);
    params.passes[PASS_TRAIN] = true;
    params.optimizer = adam;
    params.optimizer_params = optimizer;
    params.clip_norm = 0.05;
    return plan_create(&harness_quiet_log, device, model, &params, plan);
}

// The rows [first, first + rows) of the batch.
static void fill(struct plan *plan, uint32_t first, uint32_t rows)
{
    for (uint32_t row = 0; row < rows; row++) {
        plan_labels(plan)[row] = (first + row) % CLASSES;
        for (uint32_t i = 0; i < PIXELS; i++)
            plan_pixels(plan, row)[i] = (unsigned char)(((first + row) * PIXELS + i) * 37 % 251);
    }
    plan_step(plan)->rows = rows;
    plan_step(plan)->first_row = first;
}

// Trains STEPS steps in runs of `part` rows. `losses` gets those of all rows of all steps.
static struct vktl_model *train(struct vktl_device *device, uint32_t part, float *losses)
{
    struct plan *plan = NULL;
    struct vktl_model *model = make_model();
    const struct plan_params params = {.batch = part, .step_rows = BATCH};
    assert_int_equal(create_plan(device, model, &params, &plan), VKTL_OK);
    assert_int_equal(plan_build(plan), VKTL_OK);
    for (uint32_t step = 0; step < STEPS; step++) {
        *plan_step(plan) = (struct step){
            .number = step,
            .rows_inverse = 1.0f / BATCH,
            .learning_rate = 0.05f,
            .seed_low = 1,
            .bias_correction = plan_bias_correction(plan, step + 1),
        };
        for (uint32_t first = 0; first < BATCH; first += part) {
            const uint32_t rows = BATCH - first < part ? BATCH - first : part;
            fill(plan, first, rows);
            assert_int_equal(plan_run(plan, PASS_TRAIN), VKTL_OK);
            memcpy(losses, plan_losses(plan), rows * sizeof *losses);
            losses += rows;
        }
        if (part < BATCH)
            assert_int_equal(plan_run_update(plan), VKTL_OK);
    }
    assert_int_equal(plan_read_weights(plan, model), VKTL_OK);
    plan_destroy(&plan);
    return model;
}

// Of all weights, the largest |a - b| / max(1, |b|).
static double difference(const struct vktl_model *a, const struct vktl_model *b)
{
    double worst = 0;
    for (uint32_t i = 0; i < a->layer_count; i++)
        for (uint32_t w = 0; w < a->layers[i].io.weight_count; w++)
            for (uint64_t k = 0; k < shape_count(&a->layers[i].io.weight[w].shape); k++) {
                const double here = a->layers[i].weight[w][k], there = b->layers[i].weight[w][k];
                worst = fmax(worst, fabs(here - there) / fmax(1, fabs(there)));
            }
    return worst;
}

static void test_parts_train_as_the_whole(void **state)
{
    (void)state;
    float whole_losses[STEPS * BATCH], losses[STEPS * BATCH];
    struct vktl_device *device = harness_open(VKTL_FORM_AUTO);
    struct vktl_model *untrained = make_model(), *whole = train(device, BATCH, whole_losses);
    assert_true(difference(untrained, whole) > 0.01);
    for (uint32_t part = 1; part < BATCH; part++) {
        struct vktl_model *model = train(device, part, losses);
        assert_true(difference(model, whole) <= 1e-6);
        for (int i = 0; i < STEPS * BATCH; i++)
            assert_true(fabsf(losses[i] - whole_losses[i]) <= 2e-6f * (1 + whole_losses[i]));
        vktl_model_destroy(&model);
    }
    vktl_model_destroy(&untrained);
    vktl_model_destroy(&whole);
    harness_close(&device);
}

// Parts must not know of each other: with other masks than the whole batch's the weights differ.
static void test_masks_matter(void **state)
{
    (void)state;
    float first[2], second[2];
    struct vktl_device *device = harness_open(VKTL_FORM_AUTO);
    struct vktl_model *model = make_model();
    struct plan *plan = NULL;
    const struct plan_params params = {.batch = 2, .step_rows = 4};
    assert_int_equal(create_plan(device, model, &params, &plan), VKTL_OK);
    assert_int_equal(plan_build(plan), VKTL_OK);
    *plan_step(plan) = (struct step){.rows_inverse = 0.5f, .seed_low = 1};
    for (uint32_t run = 0; run < 2; run++) {
        fill(plan, 0, 2);
        plan_step(plan)->first_row = run;
        assert_int_equal(plan_run(plan, PASS_TRAIN), VKTL_OK);
        memcpy(run ? second : first, plan_losses(plan), 2 * sizeof(float));
    }
    assert_true(first[0] != second[0]);
    plan_destroy(&plan);
    vktl_model_destroy(&model);
    harness_close(&device);
}

static void test_statistics_are_not_learnt_in_parts(void **state)
{
    (void)state;
    struct vktl_device *device = harness_open(VKTL_FORM_AUTO);
    struct vktl_model *model = make_model();
    struct plan *plan = NULL;
    const struct plan_params whole = {.batch = 2}, part = {.batch = 2, .step_rows = 4};
    model->settled_count = 0;
    assert_int_equal(create_plan(device, model, &whole, &plan), VKTL_OK);
    plan_destroy(&plan);
    assert_int_equal(create_plan(device, model, &part, &plan), VKTL_USAGE);
    assert_null(plan);
    assert_non_null(strstr(harness_last_error, "'n' learns the statistics"));
    vktl_model_destroy(&model);
    harness_close(&device);
}

// Gradients of one run live no longer than it takes to add them.
static void test_memory(void **state)
{
    (void)state;
    struct vktl_device *device = NULL; // without guards, which keep slices apart
    const struct vktl_device_params params = {.cache_folder = ""};
    if (vktl_device_open(&harness_log, &params, &device) != VKTL_OK)
        exit(77);
    struct vktl_model *model = make_model();
    struct plan *whole = NULL, *part = NULL;
    const struct plan_params of_whole = {.batch = 64}, of_part = {.batch = 8, .step_rows = 64};
    assert_int_equal(create_plan(device, model, &of_whole, &whole), VKTL_OK);
    assert_int_equal(create_plan(device, model, &of_part, &part), VKTL_OK);
    assert_true(plan_size(part) < plan_size(whole) / 3);
    plan_destroy(&whole);
    plan_destroy(&part);
    vktl_model_destroy(&model);
    vktl_device_close(&device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_train_as_the_whole),
        cmocka_unit_test(test_masks_matter),
        cmocka_unit_test(test_statistics_are_not_learnt_in_parts),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
