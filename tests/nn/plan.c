// Plans: however a model is cut into passes, folded and laid out, the numbers are the same.
#include "harness/harness.h"

#include <math.h>

#include "nn/graph.h"
#include "nn/plan.h"

enum { SIZE = 9, BATCH = 3, CLASSES = 4, PIXELS = SIZE * SIZE * 3 };

// Frozen convolutions with normalisation, a ReLU to fuse, one in place, views and dropout.
static const char architecture[] =
    "{\"class_name\":\"Sequential\",\"config\":{\"name\":\"small\",\"layers\":["
    "{\"class_name\":\"InputLayer\",\"config\":{\"name\":\"in\","
    "\"batch_input_shape\":[null,9,9,3]}},"
    "{\"class_name\":\"Conv2D\",\"config\":{\"name\":\"c1\",\"filters\":6,\"kernel_size\":[3,3],"
    "\"padding\":\"same\",\"use_bias\":false}},"
    "{\"class_name\":\"BatchNormalization\",\"config\":{\"name\":\"n1\"}},"
    "{\"class_name\":\"ReLU\",\"config\":{\"name\":\"r1\",\"max_value\":6.0}},"
    "{\"class_name\":\"DepthwiseConv2D\",\"config\":{\"name\":\"d2\",\"kernel_size\":[3,3],"
    "\"strides\":[2,2],\"padding\":\"same\"}},"
    "{\"class_name\":\"BatchNormalization\",\"config\":{\"name\":\"n2\",\"scale\":false}},"
    "{\"class_name\":\"ReLU\",\"config\":{\"name\":\"r2\"}},"
    "{\"class_name\":\"MaxPooling2D\",\"config\":{\"name\":\"p3\",\"pool_size\":[2,2]}},"
    "{\"class_name\":\"Flatten\",\"config\":{\"name\":\"f\"}},"
    "{\"class_name\":\"Dense\",\"config\":{\"name\":\"fc\",\"units\":8,\"activation\":\"relu\"}},"
    "{\"class_name\":\"Dropout\",\"config\":{\"name\":\"drop\",\"rate\":0.5}},"
    "{\"class_name\":\"Dense\",\"config\":{\"name\":\"out\",\"units\":4,"
    "\"activation\":\"softmax\"}}]}}";

static struct vktl_model *make_model(void)
{
    struct vktl_model *model = NULL;
    assert_int_equal(model_from_json(&harness_log, architecture, "small", &model), VKTL_OK);
    assert_int_equal(model_infer_shapes(&harness_log, model, 0), VKTL_OK);
    assert_int_equal(model_initialize(&harness_log, model, 7), VKTL_OK);
    // Statistics that folding must not get away with ignoring.
    for (uint32_t i = 0; i < model->layer_count; i++) {
        struct layer *layer = &model->layers[i];
        if (strcmp(layer->op->name, "batchnorm") != 0)
            continue;
        for (uint32_t w = 0; w < layer->io.weight_count; w++)
            for (uint64_t j = 0; j < shape_count(&layer->io.weight[w].shape); j++)
                layer->weight[w][j] += 0.1f * (float)(j + w);
    }
    return model;
}

static void fill_input(struct plan *plan)
{
    for (int i = 0; i < BATCH * PIXELS; i++)
        plan_pixels(plan, (uint32_t)(i / PIXELS))[i % PIXELS] = (unsigned char)(i * 37 % 101 * 2);
}

static struct plan *make_plan(struct vktl_device *device, const struct vktl_model *model,
                              const struct plan_params *params)
{
    struct plan *plan = NULL;
    assert_int_equal(plan_create(&harness_log, device, model, params, &plan), VKTL_OK);
    assert_int_equal(plan_build(plan), VKTL_OK);
    return plan;
}

static void start_step(struct plan *plan)
{
    *plan_step(plan) = (struct step){
        .rows = BATCH, .rows_inverse = 1.0f / BATCH, .learning_rate = 0.05f, .seed_low = 1};
}

static void assert_close(const float *a, const float *b, int count, float tolerance)
{
    for (int i = 0; i < count; i++)
        assert_true(fabsf(a[i] - b[i]) <= tolerance * (1 + fabsf(b[i])));
}

static void test_passes_agree(void **state)
{
    (void)state;
    struct vktl_device *device = harness_open(VKTL_FORM_AUTO);
    struct vktl_model *model = make_model();
    float layers[CLASSES];
    // Each layer by itself, first sample only.
    struct plan *plan = make_plan(
        device, model, &(struct plan_params){.batch = BATCH, .passes = {[PASS_LAYERS] = true}});
    fill_input(plan);
    start_step(plan);
    assert_int_equal(plan_run(plan, PASS_LAYERS), VKTL_OK);
    assert_int_equal(plan_read_layer(plan, model->layer_count - 1, layers), VKTL_OK);
    plan_destroy(&plan);
    // Folded, fused, in place.
    float whole[BATCH * CLASSES];
    plan = make_plan(device, model,
                     &(struct plan_params){.batch = BATCH, .passes = {[PASS_EVALUATE] = true}});
    fill_input(plan);
    start_step(plan);
    assert_int_equal(plan_run(plan, PASS_EVALUATE), VKTL_OK);
    memcpy(whole, plan_probabilities(plan), sizeof whole);
    plan_destroy(&plan);
    assert_close(whole, layers, CLASSES, 1e-5f);
    // Cut in two.
    const uint32_t cut = (uint32_t)model_find(model, "f") + 1;
    plan =
        make_plan(device, model,
                  &(struct plan_params){.batch = BATCH,
                                        .passes = {[PASS_FEATURES] = true, [PASS_EVALUATE] = true},
                                        .cut = cut});
    fill_input(plan);
    start_step(plan);
    assert_int_equal(plan_run(plan, PASS_FEATURES), VKTL_OK);
    assert_int_equal(plan_feature_count(plan), plan_input_count(plan, PASS_EVALUATE));
    memcpy(plan_input(plan, PASS_EVALUATE), plan_features(plan),
           BATCH * plan_feature_count(plan) * sizeof(float));
    assert_int_equal(plan_run(plan, PASS_EVALUATE), VKTL_OK);
    assert_memory_equal(plan_probabilities(plan), whole, sizeof whole);
    plan_destroy(&plan);
    vktl_model_destroy(&model);
    harness_close(&device);
}

// Trains one step and returns the weights' change in `out`; the frozen base is either part of the
// training pass or computed before.
static void train_one(struct vktl_device *device, uint32_t cut, float *out, uint64_t count)
{
    const struct op *sgd = op_find("sgd");
    _Alignas(8) unsigned char params[OP_MAX_PARAMS_SIZE] = {0};
    fields_init(sgd->fields, params);
    struct vktl_model *model = make_model();
    const int32_t fc = model_find(model, "fc");
    for (int32_t i = 0; i < fc; i++)
        model->layers[i].trainable = false;
    struct plan *plan =
        make_plan(device, model,
                  &(struct plan_params){.batch = BATCH,
                                        .passes = {[PASS_FEATURES] = cut > 0, [PASS_TRAIN] = true},
                                        .cut = cut,
                                        .optimizer = sgd,
                                        .optimizer_params = params});
    start_step(plan);
    for (uint32_t i = 0; i < BATCH; i++)
        plan_labels(plan)[i] = i;
    fill_input(plan);
    if (cut) {
        assert_int_equal(plan_run(plan, PASS_FEATURES), VKTL_OK);
        memcpy(plan_input(plan, PASS_TRAIN), plan_features(plan),
               BATCH * plan_feature_count(plan) * sizeof(float));
    }
    assert_int_equal(plan_run(plan, PASS_TRAIN), VKTL_OK);
    assert_int_equal(plan_trained_count(plan), 4);
    assert_int_equal(plan_read_weights(plan, model), VKTL_OK);
    assert_int_equal(count, shape_count(&model->layers[fc].io.weight[0].shape));
    memcpy(out, model->layers[fc].weight[0], count * sizeof *out);
    plan_destroy(&plan);
    vktl_model_destroy(&model);
}

static void test_kept_features_train_alike(void **state)
{
    (void)state;
    enum { COUNT = 2 * 2 * 6 * 8 };
    float whole[COUNT], kept[COUNT];
    struct vktl_device *device = harness_open(VKTL_FORM_AUTO);
    struct vktl_model *model = make_model();
    const uint32_t cut = (uint32_t)model_find(model, "f") + 1;
    const struct layer *fc = &model->layers[cut];
    train_one(device, 0, whole, COUNT);
    train_one(device, cut, kept, COUNT);
    assert_memory_not_equal(whole, fc->weight[0], sizeof whole); // something was learnt
    assert_memory_equal(whole, kept, sizeof whole);              // and the masks were the same
    vktl_model_destroy(&model);
    harness_close(&device);
}

// ---- Training everything

static void evaluate(struct plan *plan, float *probabilities)
{
    fill_input(plan);
    start_step(plan);
    assert_int_equal(plan_run(plan, PASS_EVALUATE), VKTL_OK);
    memcpy(probabilities, plan_probabilities(plan), BATCH * CLASSES * sizeof *probabilities);
}

static void set_labels(struct plan *plan)
{
    for (uint32_t i = 0; i < BATCH; i++)
        plan_labels(plan)[i] = i;
}

// Runs two steps of Adam over all layers and reads the weights back. Evaluation before and after.
static void train_all(struct vktl_device *device, struct vktl_model *model,
                      const struct plan_params *wanted, float before[BATCH * CLASSES],
                      float after[BATCH * CLASSES])
{
    const struct op *adam = op_find("adam");
    _Alignas(8) unsigned char params[OP_MAX_PARAMS_SIZE] = {0};
    struct plan_params all = *wanted;
    fields_init(adam->fields, params);
    all.batch = BATCH;
    all.passes[PASS_EVALUATE] = all.passes[PASS_TRAIN] = true;
    all.optimizer = adam;
    all.optimizer_params = params;
    struct plan *plan = make_plan(device, model, &all);
    set_labels(plan);
    evaluate(plan, before);
    for (uint32_t i = 1; i <= 2; i++) {
        fill_input(plan);
        start_step(plan);
        plan_step(plan)->learning_rate = 0.01f;
        plan_step(plan)->bias_correction = plan_bias_correction(plan, i);
        assert_int_equal(plan_run(plan, PASS_TRAIN), VKTL_OK);
    }
    evaluate(plan, after);
    assert_int_equal(plan_read_weights(plan, model), VKTL_OK);
    plan_destroy(&plan);
}

static const float *weight_of(const struct vktl_model *model, const char *layer, uint32_t weight)
{
    return model->layers[model_find(model, layer)].weight[weight];
}

// What training changed is what evaluation sees, also of layers that a frozen model would fold; and
// a plan made of the weights read back says the same.
static void test_evaluation_follows_training(void **state)
{
    (void)state;
    enum { MOVING_MEAN_1 = 2, MOVING_MEAN_2 = 1 };
    float before[BATCH * CLASSES], after[BATCH * CLASSES], again[BATCH * CLASSES];
    struct vktl_device *device = harness_open(VKTL_FORM_AUTO);
    struct vktl_model *model = make_model(), *untouched = make_model();
    model->settled_count = (uint32_t)model_find(model, "n1") + 1; // n2 learns its statistics
    train_all(device, model, &(struct plan_params){0}, before, after);
    assert_memory_not_equal(before, after, sizeof before);
    struct plan *plan = make_plan(
        device, model, &(struct plan_params){.batch = BATCH, .passes = {[PASS_EVALUATE] = true}});
    evaluate(plan, again);
    assert_close(after, again, BATCH * CLASSES, 1e-5f);
    assert_memory_equal(weight_of(model, "n1", MOVING_MEAN_1),
                        weight_of(untouched, "n1", MOVING_MEAN_1), 6 * sizeof(float));
    assert_memory_not_equal(weight_of(model, "n2", MOVING_MEAN_2),
                            weight_of(untouched, "n2", MOVING_MEAN_2), 6 * sizeof(float));
    plan_destroy(&plan);
    vktl_model_destroy(&model);
    vktl_model_destroy(&untouched);
    harness_close(&device);
}

// A layer of factor 0 stays as it is, the others learn.
static void test_rate_factors(void **state)
{
    (void)state;
    float before[BATCH * CLASSES], after[BATCH * CLASSES], factors[12];
    struct vktl_device *device = harness_open(VKTL_FORM_AUTO);
    struct vktl_model *model = make_model(), *untouched = make_model();
    assert_true(model->layer_count <= 12);
    for (uint32_t i = 0; i < model->layer_count; i++)
        factors[i] = (int32_t)i < model_find(model, "fc") ? 0 : 1;
    train_all(device, model, &(struct plan_params){.rate_factors = factors}, before, after);
    assert_memory_equal(weight_of(model, "c1", 0), weight_of(untouched, "c1", 0),
                        3 * 3 * 3 * 6 * sizeof(float));
    assert_memory_not_equal(weight_of(model, "fc", 1), weight_of(untouched, "fc", 1),
                            8 * sizeof(float));
    vktl_model_destroy(&model);
    vktl_model_destroy(&untouched);
    harness_close(&device);
}

// The loss of one step: weights of classes count in training alone, smoothing in both.
static void test_loss_settings(void **state)
{
    (void)state;
    static const float weights[CLASSES] = {2, 0, 0.5f, 7};
    float plain[BATCH], trained[BATCH], evaluated[BATCH];
    struct vktl_device *device = harness_open(VKTL_FORM_AUTO);
    struct vktl_model *model = make_model();
    const struct op *sgd = op_find("sgd");
    _Alignas(8) unsigned char params[OP_MAX_PARAMS_SIZE] = {0};
    fields_init(sgd->fields, params);
    for (uint32_t i = 0; i < model->layer_count; i++) // the passes agree without
        model->layers[i].trainable = strcmp(model->layers[i].name, "out") == 0;
    struct plan_params wanted = {.batch = BATCH,
                                 .passes = {[PASS_EVALUATE] = true, [PASS_TRAIN] = true},
                                 .cut = (uint32_t)model_find(model, "drop") + 1,
                                 .optimizer = sgd,
                                 .optimizer_params = params};
    for (int i = 0; i < 2; i++) {
        if (i == 1) {
            wanted.class_weights = weights;
            wanted.label_smoothing = 0.1;
        }
        struct plan *plan = make_plan(device, model, &wanted);
        set_labels(plan);
        for (int pass = 0; pass < 2; pass++) {
            const enum plan_pass kind = pass ? PASS_TRAIN : PASS_EVALUATE;
            for (uint64_t k = 0; k < BATCH * plan_input_count(plan, kind); k++)
                plan_input(plan, kind)[k] = (float)(k * 29 % 17) / 10;
            start_step(plan);
            assert_int_equal(plan_run(plan, kind), VKTL_OK);
            memcpy(i == 0 ? plain : pass ? trained : evaluated, plan_losses(plan), sizeof plain);
        }
        plan_destroy(&plan);
    }
    for (int n = 0; n < BATCH; n++) {
        assert_true(fabsf(evaluated[n] - plain[n]) > 1e-3f); // smoothed
        assert_true(fabsf(trained[n] - weights[n] * evaluated[n]) <= 1e-6f * plain[n]);
    }
    vktl_model_destroy(&model);
    harness_close(&device);
}

static void test_activations_share_memory(void **state)
{
    (void)state;
    // Without guards, which keep slices apart.
    struct vktl_device *device = NULL;
    const struct vktl_device_params params = {.cache_folder = ""};
    if (vktl_device_open(&harness_log, &params, &device) != VKTL_OK)
        exit(77);
    struct vktl_model *model = make_model();
    struct plan *lean = NULL, *kept = NULL;
    assert_int_equal(
        plan_create(&harness_log, device, model,
                    &(struct plan_params){.batch = 64, .passes = {[PASS_EVALUATE] = true}}, &lean),
        VKTL_OK);
    assert_int_equal(
        plan_create(&harness_log, device, model,
                    &(struct plan_params){.batch = 64, .passes = {[PASS_LAYERS] = true}}, &kept),
        VKTL_OK);
    assert_true(plan_size(lean) < plan_size(kept));
    plan_destroy(&lean);
    plan_destroy(&kept);
    vktl_model_destroy(&model);
    vktl_device_close(&device);
}

// The tensor before a pool need not live until backward: neither the pool nor what made it reads
// it.
static void test_pools_undo_activations(void **state)
{
    (void)state;
    struct vktl_model *model = make_model();
    struct graph graph;
    struct graph_params params = {.end_layer = model->layer_count, .batch = 2, .training = true};
    assert_int_equal(graph_init(&harness_log, model, &params, &graph), VKTL_OK);
    uint32_t pools = 0;
    for (uint32_t i = 1; i < graph.count; i++) {
        const struct node *pool = &graph.nodes[i], *before = &graph.nodes[i - 1];
        if (strcmp(pool->op->name, "maxpool2d") != 0)
            continue;
        assert_int_equal(pool->io.in_activation, before->io.activation);
        assert_true(before->io.activation && !before->io.backward_reads_out);
        assert_true(!pool->io.backward_reads_in && pool->io.backward_reads_out);
        pools++;
    }
    assert_int_equal(pools, 1);
    graph_deinit(&graph);
    vktl_model_destroy(&model);
}

static void test_refusals(void **state)
{
    (void)state;
    struct vktl_device *device = harness_open(VKTL_FORM_AUTO);
    struct vktl_model *model = make_model();
    struct plan *plan = NULL;
    const struct plan_params huge = {.batch = 1 << 24, .passes = {[PASS_EVALUATE] = true}};
    assert_int_not_equal(plan_create(&harness_quiet_log, device, model, &huge, &plan), VKTL_OK);
    assert_null(plan);
    assert_int_equal(model_cut(&harness_log, model, "p3"), VKTL_OK);
    const struct plan_params topless = {.batch = 1, .passes = {[PASS_EVALUATE] = true}};
    assert_int_equal(plan_create(&harness_quiet_log, device, model, &topless, &plan), VKTL_USAGE);
    assert_non_null(strstr(harness_last_error, "softmax"));
    vktl_model_destroy(&model);
    harness_close(&device);
}

// A row's features depend neither on its place in the batch nor on the other rows, which the store
// of features relies on.
static void test_rows_are_apart(void **state)
{
    (void)state;
    enum { ROWS = 5, SIDE = 32 };
    static const char *const names[] = {"vgg-mini", "mobilenet"};
    static const uint32_t orders[][ROWS] = {{0, 1, 2, 3, 4}, {4, 2, 0, 1, 3}, {3, 3, 3, 0, 3}};
    struct vktl_device *device = harness_open(VKTL_FORM_AUTO);
    for (int m = 0; m < 2; m++) {
        struct vktl_model *model = NULL;
        const struct vktl_model_params open = {
            .model = names[m], .weights = "none", .no_top = true, .image_size = SIDE};
        assert_int_equal(vktl_model_open(&harness_quiet_log, &open, &model), VKTL_OK);
        assert_int_equal(model_initialize(&harness_log, model, 7), VKTL_OK);
        struct plan *plan =
            make_plan(device, model,
                      &(struct plan_params){.batch = ROWS,
                                            .passes = {[PASS_FEATURES] = true},
                                            .cut = model->layer_count});
        const uint64_t count = plan_feature_count(plan);
        float *first = malloc(ROWS * count * sizeof *first);
        assert_non_null(first);
        for (size_t o = 0; o < sizeof orders / sizeof *orders; o++) {
            for (uint32_t row = 0; row < ROWS; row++)
                for (uint32_t i = 0; i < SIDE * SIDE * 3; i++)
                    plan_pixels(plan, row)[i] =
                        (unsigned char)((i * 7 + i / 50 * (orders[o][row] + 3)) % 251);
            start_step(plan);
            assert_int_equal(plan_run(plan, PASS_FEATURES), VKTL_OK);
            if (o == 0)
                memcpy(first, plan_features(plan), ROWS * count * sizeof *first);
            for (uint32_t row = 0; row < ROWS; row++)
                assert_memory_equal(plan_features(plan) + row * count,
                                    first + orders[o][row] * count, count * sizeof *first);
        }
        assert_memory_not_equal(first, first + count, count * sizeof *first);
        free(first);
        plan_destroy(&plan);
        vktl_model_destroy(&model);
    }
    harness_close(&device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_passes_agree),
        cmocka_unit_test(test_kept_features_train_alike),
        cmocka_unit_test(test_evaluation_follows_training),
        cmocka_unit_test(test_rate_factors),
        cmocka_unit_test(test_loss_settings),
        cmocka_unit_test(test_activations_share_memory),
        cmocka_unit_test(test_pools_undo_activations),
        cmocka_unit_test(test_rows_are_apart),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
