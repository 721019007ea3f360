// Models in host memory: the built-in architectures, initial values, heads, freezing, the summary.
#include <vktl/model.h>

#include "nn/model.h"

#include <math.h>
#include <stdio.h>

#include "harness/failing_malloc.h"
#include "harness/harness.h"

static const char *const classes[] = {"ann", "bob", "cleo", "dan", "eve"};
enum { CLASS_COUNT = sizeof classes / sizeof *classes };

static struct vktl_model *open_with(const struct vktl_model_params *params)
{
    struct vktl_model *model;
    assert_int_equal(vktl_model_open(&harness_log, params, &model), VKTL_OK);
    return model;
}

// A built-in model without weights, with this head where there is one.
static struct vktl_model *open_builtin(const char *name, const char *head, const char *base_output)
{
    return open_with(&(struct vktl_model_params){
        .model = name,
        .weights = "none",
        .head = head,
        .base_output = base_output,
        .freeze = "none",
        .classes = classes,
        .class_count = CLASS_COUNT,
    });
}

static void count_parameters(const struct vktl_model *model, uint64_t *all, uint64_t *trainable)
{
    *all = *trainable = 0;
    for (uint32_t i = 0; i < vktl_model_layer_count(model); i++) {
        struct vktl_layer_info info;
        vktl_model_layer(model, i, &info);
        *all += info.parameters;
        *trainable += info.trainable;
    }
}

static const struct layer *find(const struct vktl_model *model, const char *name)
{
    const int32_t index = model_find(model, name);
    assert_true(index >= 0);
    return &model->layers[index];
}

// ---- Architectures

static void builtins_are_listed(void **state)
{
    static const char *const names[] = {"mobilenet", "vgg-mini", "vgg16", "vgg19"};
    (void)state;
    assert_int_equal(vktl_model_builtin_count(), 4);
    for (uint32_t i = 0; i < 4; i++) {
        char name[VKTL_BUILTIN_NAME_SIZE];
        vktl_model_builtin_name(i, name);
        assert_string_equal(name, names[i]);
    }
}

// Totals as Keras prints them.
static void totals_are_those_of_keras(void **state)
{
    static const struct {
        const char *name;
        uint64_t all, trainable, topless;
        uint32_t image_size;
        const char *base_output; // for `topless`
    } rows[] = {
        {"vgg16", 138357544, 138357544, 14714688, 224, NULL},
        {"vgg19", 143667240, 143667240, 20024384, 224, NULL},
        {"mobilenet", 4253864, 4231976, 3228864, 224, NULL},
        {"mobilenet", 4253864, 4231976, 2162880, 224, "conv_pw_12_relu"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t all, trainable;
        struct vktl_model *model = open_builtin(rows[i].name, NULL, NULL);
        count_parameters(model, &all, &trainable);
        assert_int_equal(all, rows[i].all);
        assert_int_equal(trainable, rows[i].trainable);
        assert_int_equal(vktl_model_image_size(model), rows[i].image_size);
        assert_string_equal(vktl_model_name(model), rows[i].name);
        assert_false(vktl_model_has_weights(model));
        vktl_model_destroy(&model);
        assert_null(model);

        model = open_with(&(struct vktl_model_params){
            .model = rows[i].name, .no_top = true, .base_output = rows[i].base_output});
        count_parameters(model, &all, &trainable);
        assert_int_equal(all, rows[i].topless);
        assert_int_equal(vktl_model_class_count(model), 0);
        vktl_model_destroy(&model);

        model = open_builtin(rows[i].name, "gap", rows[i].base_output);
        count_parameters(model, &all, &trainable);
        all -= layer_parameters(find(model, "predictions"));
        assert_int_equal(all, rows[i].topless);
        vktl_model_destroy(&model);
    }
}

static void shapes_are_those_of_keras(void **state)
{
    static const struct {
        const char *model, *layer;
        struct shape out;
    } rows[] = {
        {"vgg16", "block1_conv1", {4, {1, 224, 224, 64}}},
        {"vgg16", "block5_pool", {4, {1, 7, 7, 512}}},
        {"vgg16", "flatten", {2, {1, 25088}}},
        {"mobilenet", "conv1", {4, {1, 112, 112, 32}}},
        {"mobilenet", "conv_pad_2", {4, {1, 113, 113, 64}}},
        {"mobilenet", "conv_dw_2", {4, {1, 56, 56, 64}}},
        {"mobilenet", "conv_pw_13_relu", {4, {1, 7, 7, 1024}}},
        {"mobilenet", "global_average_pooling2d", {4, {1, 1, 1, 1024}}},
        {"mobilenet", "predictions", {2, {1, 1000}}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vktl_model *model = open_builtin(rows[i].model, NULL, NULL);
        const struct layer *layer = find(model, rows[i].layer);
        assert_true(shape_equal(&layer->io.out, &rows[i].out));
        vktl_model_destroy(&model);
    }
}

static void settings_come_from_the_architecture(void **state)
{
    const vktl_preprocess torch = VKTL_PREPROCESS_TORCH;
    (void)state;
    struct vktl_model *model = open_builtin("vgg16", NULL, NULL);
    assert_int_equal(vktl_model_preprocess(model), VKTL_PREPROCESS_CAFFE);
    assert_int_equal(vktl_model_interpolation(model), VKTL_BILINEAR);
    assert_int_equal(vktl_model_class_count(model), 1000);
    assert_string_equal(vktl_model_class_name(model, 999), "999");
    vktl_model_destroy(&model);

    model = open_with(
        &(struct vktl_model_params){.model = "mobilenet", .image_size = 96, .preprocess = &torch});
    assert_int_equal(vktl_model_preprocess(model), VKTL_PREPROCESS_TORCH);
    assert_int_equal(vktl_model_image_size(model), 96);
    assert_int_equal(find(model, "conv_pw_13")->io.out.dim[1], 3);
    vktl_model_destroy(&model);
}

static void layers_read_the_one_before(void **state)
{
    (void)state;
    struct vktl_model *model = open_builtin("vgg16", NULL, NULL);
    for (uint32_t i = 0; i < model->layer_count; i++)
        assert_int_equal(model->layers[i].input, (int32_t)i - 1);
    const struct layer *last = &model->layers[model->layer_count - 1];
    assert_ptr_equal(last->op, op_find("dense"));
    assert_ptr_equal(last->activation, op_find("softmax"));
    vktl_model_destroy(&model);
}

// ---- Initial values

static bool equal_weights(const struct layer *a, const struct layer *b)
{
    const uint64_t size = shape_size(&a->io.weight[0].shape);
    return memcmp(a->weight[0], b->weight[0], (size_t)size) == 0;
}

static void initial_values_depend_on_the_seed_alone(void **state)
{
    (void)state;
    struct vktl_model *a = open_builtin("vgg16", "gap", "block2_pool");
    struct vktl_model *b = open_builtin("vgg16", "gap,dense:7:relu", "block2_pool");
    struct vktl_model *c = open_builtin("vgg16", "gap", "block2_pool");
    assert_int_equal(model_initialize(&harness_log, a, 1), VKTL_OK);
    assert_int_equal(model_initialize(&harness_log, b, 1), VKTL_OK);
    assert_int_equal(model_initialize(&harness_log, c, 1ull << 32 | 1), VKTL_OK);
    for (uint32_t i = 0; i < b->base_count; i++) {
        if (!a->layers[i].io.weight_count)
            continue;
        assert_true(equal_weights(&a->layers[i], &b->layers[i]));
        assert_false(equal_weights(&a->layers[i], &c->layers[i]));
    }
    assert_false(equal_weights(find(a, "block1_conv2"), find(a, "block2_conv1")));
    vktl_model_destroy(&a);
    vktl_model_destroy(&b);
    vktl_model_destroy(&c);
}

// Uniform in [-limit, limit): the mean is 0, the deviation limit / sqrt(3).
static void kernels_are_glorot_uniform(void **state)
{
    (void)state;
    struct vktl_model *model = open_builtin("vgg16", "gap", "block2_pool");
    assert_int_equal(model_initialize(&harness_log, model, 7), VKTL_OK);
    const struct layer *layer = find(model, "block2_conv2"); // 3 x 3, 128 to 128
    const double limit = sqrt(6.0 / (9 * 128 + 9 * 128));
    const uint64_t count = shape_count(&layer->io.weight[0].shape);
    double sum = 0, squares = 0, largest = 0;
    for (uint64_t i = 0; i < count; i++) {
        const double value = layer->weight[0][i];
        sum += value;
        squares += value * value;
        largest = fmax(largest, fabs(value));
    }
    assert_true(largest <= limit * (1 + 1e-6) && largest > 0.999 * limit);
    assert_true(fabs(sum / (double)count) < 0.01 * limit);
    assert_true(fabs(sqrt(squares / (double)count) * sqrt(3) / limit - 1) < 0.01);
    for (uint32_t i = 0; i < 128; i++)
        assert_true(layer->weight[1][i] == 0);
    vktl_model_destroy(&model);
}

static void normalisation_begins_as_the_identity(void **state)
{
    static const float expected[] = {1, 0, 0, 1}; // gamma, beta, mean, variance
    (void)state;
    struct vktl_model *model = open_builtin("mobilenet", "gap", "conv_pw_1_relu");
    assert_int_equal(model_initialize(&harness_log, model, 7), VKTL_OK);
    const struct layer *layer = find(model, "conv1_bn");
    assert_int_equal(layer->io.weight_count, 4);
    for (uint32_t i = 0; i < 4; i++)
        for (uint32_t j = 0; j < 32; j++)
            assert_true(layer->weight[i][j] == expected[i]);
    vktl_model_destroy(&model);
}

// ---- Heads

static void check_names(const struct vktl_model *model, const char *const *names)
{
    uint32_t i = model->base_count;
    for (; *names; names++, i++) {
        assert_true(i < model->layer_count);
        assert_string_equal(model->layers[i].name, *names);
    }
    assert_int_equal(i, model->layer_count);
}

static void heads_are_named_as_keras_does(void **state)
{
    (void)state;
    struct vktl_model *model = open_builtin("vgg16", "flatten,dense:256:relu,dropout:0.5", NULL);
    check_names(model, (const char *const[]){"flatten", "dense", "dropout", "predictions", NULL});
    assert_true(shape_equal(&find(model, "dense")->io.out, &(struct shape){2, {1, 256}}));
    assert_int_equal(vktl_model_class_count(model), CLASS_COUNT);
    assert_string_equal(vktl_model_class_name(model, 2), "cleo");
    assert_ptr_equal(find(model, "predictions")->activation, op_find("softmax"));
    vktl_model_destroy(&model);

    model = open_builtin("vgg16", "dense:9,dense:8:relu6,dropout:0", "predictions");
    check_names(model, (const char *const[]){"dense", "dense_1", "dropout", "predictions_1", NULL});
    assert_int_equal(vktl_model_class_count(model), CLASS_COUNT);
    vktl_model_destroy(&model);

    model = open_builtin("vgg16", "gmp", "block2_conv1");
    check_names(model, (const char *const[]){"global_max_pooling2d", "predictions", NULL});
    vktl_model_destroy(&model);
}

static void wrong_heads_are_explained(void **state)
{
    static const struct {
        const char *head, *base_output, *message;
    } rows[] = {
        {"flatten,dropot:0.5", NULL, "word 2, 'dropot:0.5'"},
        {"", NULL, "word 1, ''"},
        {"flatten,", NULL, "word 2, ''"},
        {"flatten,dense", NULL, "word 2, 'dense'"},
        {"flatten,dense:0", NULL, "number of units"},
        {"flatten,dense:-1", NULL, "number of units"},
        {"flatten,dense:8x", NULL, "number of units"},
        {"flatten,dense:8:sw\"ish", NULL, "no word"},
        {"flatten,dense:8:swish", NULL, "swish"},
        {"flatten,dropout:1", NULL, "below 1"},
        {"flatten,dropout:half", NULL, "below 1"},
        {"dropout:0.5", NULL, "begin with flatten, gap or gmp"},
        {"gap", "block9_pool", "'block9_pool'"},
        {"keep", NULL, "1000 outputs, but there are 5 classes"},
        {"keep", "block1_pool", "--base-output"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vktl_model *model;
        const struct vktl_model_params params = {.model = "vgg16",
                                                 .weights = "none",
                                                 .freeze = "none",
                                                 .head = rows[i].head,
                                                 .base_output = rows[i].base_output,
                                                 .classes = classes,
                                                 .class_count = CLASS_COUNT};
        const vktl_status status = vktl_model_open(&harness_quiet_log, &params, &model);
        assert_true(status == VKTL_USAGE || status == VKTL_INPUT);
        assert_null(model);
        if (!strstr(harness_last_error, rows[i].message))
            fail_msg("--head '%s': '%s' lacks '%s'", rows[i].head, harness_last_error,
                     rows[i].message);
    }
}

static void freezing_counts(void **state)
{
    static const struct {
        const char *freeze;
        uint64_t trainable;
    } rows[] = {
        {"none", 14714688 + 512 * 5 + 5},
        {"base", 512 * 5 + 5},
        {"block5_conv2", 2359808 + 512 * 5 + 5},
        {"predictions", 0},
    };
    (void)state;
    struct vktl_model *model = open_builtin("vgg16", "gap", NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t all, trainable;
        assert_int_equal(model_freeze(&harness_log, model, rows[i].freeze), VKTL_OK);
        count_parameters(model, &all, &trainable);
        assert_int_equal(trainable, rows[i].trainable);
        assert_int_equal(all, rows[0].trainable);
    }
    assert_int_equal(model_freeze(&harness_quiet_log, model, "block9"), VKTL_USAGE);
    assert_non_null(strstr(harness_last_error, "block9"));
    vktl_model_destroy(&model);
}

static void a_frozen_base_needs_weights(void **state)
{
    struct vktl_model *model;
    const struct vktl_model_params params = {
        .model = "vgg16", .head = "gap", .classes = classes, .class_count = CLASS_COUNT};
    (void)state;
    assert_int_equal(vktl_model_open(&harness_quiet_log, &params, &model), VKTL_USAGE);
    assert_null(model);
    assert_non_null(strstr(harness_last_error, "block1_conv1"));
    assert_non_null(strstr(harness_last_error, "--weights"));
}

// ---- The summary

static void the_summary_is_keras_table(void **state)
{
    char *text;
    (void)state;
    struct vktl_model *model = open_builtin("vgg16", "gap", NULL);
    assert_int_equal(model_cut(&harness_log, model, "block5_pool"), VKTL_OK);
    assert_int_equal(vktl_model_summary(&harness_log, model, &text), VKTL_OK);
    static const char *const parts[] = {
        "Model: \"vgg16\"\n",
        " Layer (type)                           Output Shape              Param #\n",
        " input_1 (InputLayer)                   (None, 224, 224, 3)       0\n",
        " block1_conv1 (Conv2D)                  (None, 224, 224, 64)      1,792\n",
        " block5_pool (MaxPooling2D)             (None, 7, 7, 512)         0\n",
        " Total params: 14,714,688 (56.13 MB)\n",
        " Trainable params: 14,714,688 (56.13 MB)\n",
        " Non-trainable params: 0 (0.00 B)\n",
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strstr(text, parts[i]))
            fail_msg("the summary lacks '%s':\n%s", parts[i], text);
    for (const char *line = text, *end; (end = strchr(line, '\n')); line = end + 1)
        assert_true(end - line <= 80);
    free(text);
    vktl_model_destroy(&model);
}

static void failed_allocations_leak_nothing(void **state)
{
    const struct vktl_model_params params = {.model = "vgg16",
                                             .weights = "none",
                                             .head = "flatten,dense:4:relu,dropout:0.5",
                                             .freeze = "none",
                                             .classes = classes,
                                             .class_count = CLASS_COUNT};
    (void)state;
    for (uint64_t n = 0;; n++) {
        struct vktl_model *model;
        const int64_t live = failing_malloc_live();
        failing_malloc_at(n);
        const vktl_status status = vktl_model_open(NULL, &params, &model);
        const bool failed = failing_malloc_stop();
        vktl_model_destroy(&model);
        assert_int_equal(failing_malloc_live(), live);
        if (!failed)
            break;
        assert_int_equal(status, VKTL_NO_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builtins_are_listed),
        cmocka_unit_test(totals_are_those_of_keras),
        cmocka_unit_test(shapes_are_those_of_keras),
        cmocka_unit_test(settings_come_from_the_architecture),
        cmocka_unit_test(layers_read_the_one_before),
        cmocka_unit_test(initial_values_depend_on_the_seed_alone),
        cmocka_unit_test(kernels_are_glorot_uniform),
        cmocka_unit_test(normalisation_begins_as_the_identity),
        cmocka_unit_test(heads_are_named_as_keras_does),
        cmocka_unit_test(wrong_heads_are_explained),
        cmocka_unit_test(freezing_counts),
        cmocka_unit_test(a_frozen_base_needs_weights),
        cmocka_unit_test(the_summary_is_keras_table),
        cmocka_unit_test(failed_allocations_leak_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
