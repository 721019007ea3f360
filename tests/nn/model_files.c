// Models and files: saved and opened again, weights by layer name, and every way to be refused.
#include <vktl/model.h>

#include "nn/model.h"

#include <stdio.h>

#include "base/files.h"
#include "harness/failing_malloc.h"
#include "harness/harness.h"
#include "harness/messages.h"
#include "harness/temporary.h"

#define INPUT                                                                                      \
    "{\"class_name\":\"InputLayer\",\"config\":{\"name\":\"in\","                                  \
    "\"batch_input_shape\":[null,8,8,3]}}"
#define LAYER(class_name, config) "{\"class_name\":\"" class_name "\",\"config\":{" config "}}"
#define CONV(more)                                                                                 \
    LAYER("Conv2D",                                                                                \
          "\"name\":\"conv\",\"filters\":4,\"kernel_size\":[3,3],\"padding\":\"same\"" more)
#define FLATTEN LAYER("Flatten", "\"name\":\"flatten\"")
#define DENSE   LAYER("Dense", "\"name\":\"predictions\",\"units\":2,\"activation\":\"softmax\"")
#define SEQUENTIAL(layers)                                                                         \
    "{\"class_name\":\"Sequential\",\"config\":{\"name\":\"tiny\",\"layers\":[" layers "]},"       \
    "\"vktl\":{\"preprocess\":\"torch\"}}"
#define TINY SEQUENTIAL(INPUT "," CONV("") "," FLATTEN "," DENSE)

static const char *const classes[] = {"é \"quoted\"", "b"};

static const char *write_text(struct temporary *folder, const char *name, const char *text)
{
    temporary_write(folder, name, text, strlen(text));
    return temporary_path(folder, name);
}

// The tiny model with initial weights and named classes.
static struct vktl_model *make_tiny(struct temporary *folder)
{
    struct vktl_model *model;
    const vktl_interpolation nearest = VKTL_NEAREST;
    const struct vktl_model_params params = {.model = write_text(folder, "tiny.json", TINY),
                                             .head = "keep",
                                             .freeze = "none",
                                             .interpolation = &nearest,
                                             .classes = classes,
                                             .class_count = 2};
    assert_int_equal(vktl_model_open(&harness_log, &params, &model), VKTL_OK);
    assert_int_equal(model_initialize(&harness_log, model, 5), VKTL_OK);
    return model;
}

static void check_equal(const struct vktl_model *a, const struct vktl_model *b)
{
    assert_int_equal(a->layer_count, b->layer_count);
    for (uint32_t i = 0; i < a->layer_count; i++) {
        const struct layer *x = &a->layers[i], *y = &b->layers[i];
        assert_string_equal(x->name, y->name);
        assert_ptr_equal(x->op, y->op);
        assert_ptr_equal(x->activation, y->activation);
        assert_memory_equal(x->params, y->params, x->op->params_size);
        assert_int_equal(x->trainable, y->trainable);
        for (uint32_t j = 0; j < x->io.weight_count; j++)
            assert_memory_equal(x->weight[j], y->weight[j],
                                (size_t)shape_size(&x->io.weight[j].shape));
    }
}

static void a_saved_model_opens_again(void **state)
{
    struct vktl_model *model = make_tiny(*state), *again;
    model->layers[0].trainable = false;
    const char *path = temporary_path(*state, "run/best.safetensors");
    assert_int_equal(folder_create_all(&harness_log, temporary_path(*state, "run")), VKTL_OK);
    const float momentum[3] = {1, 2, 3};
    const struct safetensors_text text = {"epoch", "3"};
    const struct safetensors_tensor tensor = {"optimizer/velocity/conv/bias", {1, {3}}, momentum};
    const struct model_extra extra = {&text, 1, &tensor, 1};
    assert_int_equal(model_save(&harness_log, model, path, &extra), VKTL_OK);

    const char *const names[] = {path, temporary_path(*state, "run")};
    for (int i = 0; i < 2; i++) {
        const struct vktl_model_params params = {.model = names[i]};
        struct messages messages;
        messages_init(&messages);
        assert_int_equal(vktl_model_open(&messages.log, &params, &again), VKTL_OK);
        check_equal(model, again);
        assert_true(vktl_model_has_weights(again));
        assert_int_equal(vktl_model_class_count(again), 2);
        assert_string_equal(vktl_model_class_name(again, 0), classes[0]);
        assert_int_equal(vktl_model_preprocess(again), VKTL_PREPROCESS_TORCH);
        assert_int_equal(vktl_model_interpolation(again), VKTL_NEAREST);
        assert_int_equal(vktl_model_image_size(again), 8);
        assert_true(messages_contain(&messages, "loaded the weights of 2 layers\n"));
        vktl_model_destroy(&again);
    }

    struct safetensors *file;
    assert_int_equal(safetensors_open(&harness_log, path, &file), VKTL_OK);
    assert_string_equal(safetensors_metadata(file, "epoch"), "3");
    assert_string_equal(safetensors_metadata(file, "image_size"), "8");
    assert_string_equal(safetensors_metadata(file, "vktl_version"), vktl_version());
    assert_non_null(safetensors_find(file, "optimizer/velocity/conv/bias"));
    safetensors_close(&file);
    vktl_model_destroy(&model);
}

static double stored_temperature(const char *model, const char *head, const char *weights)
{
    struct vktl_model *again;
    const struct vktl_model_params params = {
        .model = model, .head = head, .weights = weights, .classes = classes, .class_count = 2};
    assert_int_equal(vktl_model_open(&harness_log, &params, &again), VKTL_OK);
    const double temperature = vktl_model_temperature(again);
    vktl_model_destroy(&again);
    return temperature;
}

// A temperature travels with the weights that it was fitted for, and with nothing else.
static void a_temperature_is_kept(void **state)
{
    struct vktl_model *model = make_tiny(*state);
    const char *path = temporary_path(*state, "hot/best.safetensors");
    const char *run = temporary_path(*state, "hot");
    const double odd = 1.0 / 3;
    assert_int_equal(folder_create_all(&harness_log, run), VKTL_OK);
    assert_true(vktl_model_temperature(model) == 1);
    vktl_model_set_temperature(model, odd);
    assert_int_equal(vktl_model_save(&harness_log, model, path), VKTL_OK);
    assert_true(stored_temperature(path, NULL, NULL) == odd);
    assert_true(stored_temperature(path, "keep", NULL) == 1);
    assert_true(stored_temperature(path, NULL, path) == 1);
    assert_int_equal(vktl_model_store_temperature(&harness_log, run, 2 * odd), VKTL_OK);
    assert_true(stored_temperature(run, NULL, NULL) == 2 * odd);
    assert_int_equal(vktl_model_store_temperature(&harness_log, path, 1), VKTL_OK);
    assert_true(stored_temperature(run, NULL, NULL) == 1);
    assert_int_equal(vktl_model_store_temperature(&harness_quiet_log, "vgg16", 2), VKTL_USAGE);

    assert_int_equal(safetensors_set_text(&harness_log, path, "temperature", "-1"), VKTL_OK);
    const struct vktl_model_params params = {.model = path};
    vktl_model_destroy(&model);
    assert_int_equal(vktl_model_open(&harness_quiet_log, &params, &model), VKTL_INPUT);
    assert_non_null(strstr(harness_last_error, "temperature '-1'"));
}

static void json_round_trips(void **state)
{
    struct vktl_model *model = make_tiny(*state), *again;
    char *text, *second;
    assert_int_equal(vktl_model_json(&harness_log, model, &text), VKTL_OK);
    assert_int_equal(model_from_json(&harness_log, text, "again", &again), VKTL_OK);
    assert_int_equal(model_infer_shapes(&harness_log, again, 0), VKTL_OK);
    assert_int_equal(vktl_model_json(&harness_log, again, &second), VKTL_OK);
    assert_string_equal(text, second);
    assert_int_equal(model_initialize(&harness_log, again, 5), VKTL_OK);
    check_equal(model, again);
    free(text);
    free(second);
    vktl_model_destroy(&again);
    vktl_model_destroy(&model);
}

static void weights_fit_by_layer_name(void **state)
{
    struct vktl_model *model = make_tiny(*state), *other;
    const char *path = temporary_path(*state, "weights.safetensors");
    struct messages messages;
    messages_init(&messages);
    assert_int_equal(vktl_model_save(&harness_log, model, path), VKTL_OK);
    const struct vktl_model_params params = {.model = temporary_path(*state, "tiny.json"),
                                             .weights = path,
                                             .head = "gap,dense:7:relu",
                                             .classes = classes,
                                             .class_count = 2};
    assert_int_equal(vktl_model_open(&messages.log, &params, &other), VKTL_OK);
    assert_true(messages_contain(&messages, "loaded the weights of 1 layer; skipped 1 that the "
                                            "model does not have (predictions)"));
    assert_false(vktl_model_has_weights(other));
    assert_true(other->layers[0].loaded);
    assert_false(other->layers[0].trainable);
    assert_memory_equal(other->layers[0].weight[0], model->layers[0].weight[0], 4 * 27 * 4);
    assert_null(other->layers[2].weight[0]);
    assert_int_equal(vktl_model_save(&harness_quiet_log, other, path), VKTL_USAGE);
    vktl_model_destroy(&other);

    const struct vktl_model_params topless = {.model = "vgg-mini", .weights = path};
    assert_int_equal(vktl_model_open(&harness_quiet_log, &topless, &other), VKTL_INPUT);
    assert_non_null(strstr(harness_last_error, "predictions")); // two classes, not a hundred
    vktl_model_destroy(&model);
}

static void a_wrong_shape_is_explained(void **state)
{
    struct vktl_model *model = make_tiny(*state);
    struct vktl_model *other;
    const char *path = temporary_path(*state, "small.safetensors");
    assert_int_equal(vktl_model_save(&harness_log, model, path), VKTL_OK);
    vktl_model_destroy(&model);
    const struct vktl_model_params params = {
        .model = temporary_path(*state, "tiny.json"), .weights = path, .image_size = 16};
    assert_int_equal(vktl_model_open(&harness_quiet_log, &params, &other), VKTL_INPUT);
    static const char *const parts[] = {"small.safetensors", "predictions", "kernel", "(256, 2)",
                                        "(1024, 2)"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        assert_non_null(strstr(harness_last_error, parts[i]));
}

static void what_cannot_be_opened_is_explained(void **state)
{
    static const struct {
        const char *model, *weights, *message;
        vktl_status status;
    } rows[] = {
        {"vgg17", NULL, "mobilenet, vgg-mini, vgg16, vgg19", VKTL_USAGE},
        {"none.json", NULL, "none.json", VKTL_INPUT},
        {"none.safetensors", NULL, "none.safetensors", VKTL_INPUT},
        {"none.h5", NULL, "none.h5", VKTL_INPUT},
        {".", NULL, "best.safetensors", VKTL_INPUT},
        {"vgg-mini", "none.h5", "none.h5", VKTL_INPUT},
        {"vgg-mini", "none.safetensors", "none.safetensors", VKTL_INPUT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vktl_model *model;
        const struct vktl_model_params params = {.model = rows[i].model,
                                                 .weights = rows[i].weights};
        assert_int_equal(vktl_model_open(&harness_quiet_log, &params, &model), rows[i].status);
        assert_null(model);
        if (!strstr(harness_last_error, rows[i].message))
            fail_msg("'%s' lacks '%s'", harness_last_error, rows[i].message);
    }
}

static void weights_without_architecture_are_explained(void **state)
{
    static const float one[1] = {1};
    static const struct safetensors_tensor tensor = {"other/kernel", {1, {1}}, one};
    struct vktl_model *model;
    const char *path = temporary_path(*state, "plain.safetensors");
    assert_int_equal(safetensors_write(&harness_log, path, NULL, 0, &tensor, 1), VKTL_OK);
    const struct vktl_model_params as_model = {.model = path};
    assert_int_equal(vktl_model_open(&harness_quiet_log, &as_model, &model), VKTL_INPUT);
    assert_non_null(strstr(harness_last_error, "no architecture"));
    const struct vktl_model_params as_weights = {.model = "vgg-mini", .weights = path};
    assert_int_equal(vktl_model_open(&harness_quiet_log, &as_weights, &model), VKTL_INPUT);
    assert_non_null(strstr(harness_last_error, "none of its layers"));
}

static void unknown_layers_and_settings_are_named(void **state)
{
    static const struct {
        const char *layer, *message;
    } rows[] = {
        {LAYER("LSTM", "\"name\":\"x\",\"units\":3"), "it is a LSTM"},
        {LAYER("Sequential", "\"name\":\"x\",\"layers\":[]"), "it is a Sequential"},
        {LAYER("Conv2D", "\"name\":\"x\",\"kernel_size\":3"), "'filters' is missing"},
        {LAYER("Conv2D", "\"name\":\"x\",\"filters\":4,\"kernel_size\":[3,3],"
                         "\"dilation_rate\":[2,2]"),
         "dilation_rate"},
        {LAYER("Conv2D", "\"name\":\"x\",\"filters\":4,\"kernel_size\":[3,3],\"groups\":2"),
         "groups"},
        {LAYER("Conv2D", "\"name\":\"x\",\"filters\":4,\"kernel_size\":[3,3],"
                         "\"data_format\":\"channels_first\""),
         "channels_first"},
        {LAYER("Conv2D", "\"name\":\"x\",\"filters\":4,\"kernel_size\":[3,3],"
                         "\"activation\":\"swish\""),
         "swish"},
        {LAYER("Conv2D", "\"name\":\"x\",\"filters\":4,\"kernel_size\":[3,3],\"padding\":\"full\""),
         "full"},
        {LAYER("Conv2D", "\"name\":\"x\",\"filters\":4,\"kernel_size\":\"big\""), "kernel_size"},
        {LAYER("Conv2D", "\"name\":\"x\",\"filters\":4,\"kernel_size\":[3,3,3,3,3]"),
         "kernel_size"},
        {LAYER("Conv2D", "\"name\":\"x\",\"filters\":-4,\"kernel_size\":3"), "filters"},
        {LAYER("Conv2D", "\"name\":\"x\",\"filters\":4,\"kernel_size\":3,\"colour\":\"red\""),
         "colour"},
        {LAYER("ReLU", "\"name\":\"x\",\"max_value\":3"), "max_value"},
        {LAYER("ReLU", "\"name\":\"x\",\"negative_slope\":0.1"), "negative_slope"},
        {LAYER("Activation", "\"name\":\"x\",\"activation\":\"tanh\""), "tanh"},
        {LAYER("BatchNormalization", "\"name\":\"x\",\"axis\":1"), "axis"},
        {LAYER("Dropout", "\"name\":\"x\",\"rate\":1.5"), "rate"},
        {LAYER("Dense", "\"name\":\"x\",\"units\":0"), "units"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[2048];
        struct vktl_model *model;
        snprintf(text, sizeof text, "{\"class_name\":\"Sequential\",\"config\":{\"layers\":[%s]}}",
                 rows[i].layer);
        assert_int_equal(model_from_json(&harness_quiet_log, text, "t.json", &model), VKTL_INPUT);
        assert_null(model);
        if (!strstr(harness_last_error, rows[i].message) ||
            !strstr(harness_last_error, "t.json: layer 'x'"))
            fail_msg("'%s' lacks '%s'", harness_last_error, rows[i].message);
    }
}

static void harmless_settings_are_passed_over(void **state)
{
    static const char text[] = SEQUENTIAL(INPUT "," CONV(
        ",\"trainable\":false,\"dtype\":{\"class_name\":\"DTypePolicy\"},\"groups\":1,"
        "\"kernel_initializer\":{\"class_name\":\"HeNormal\"},\"bias_regularizer\":null,"
        "\"activation\":{\"class_name\":\"function\",\"config\":\"relu\"},"
        "\"kernel_constraint\":null,\"dilation_rate\":[1,1],\"quantization_config\":null"));
    struct vktl_model *model;
    (void)state;
    assert_int_equal(model_from_json(&harness_log, text, "t.json", &model), VKTL_OK);
    assert_false(model->layers[0].trainable);
    assert_int_equal(model->base_count, 1);
    vktl_model_destroy(&model);
}

static void inputs_that_are_no_square_images_are_refused(void **state)
{
    static const struct {
        const char *shape, *message;
        vktl_status status;
    } rows[] = {
        {"null,8,8,1", "1 channels", VKTL_INPUT},
        {"null,8,9,3", "8 x 9", VKTL_INPUT},
        {"null,null,null,3", "--image-size", VKTL_USAGE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[1024];
        struct vktl_model *model;
        snprintf(text, sizeof text,
                 "{\"class_name\":\"Sequential\",\"config\":{\"layers\":[{\"class_name\":"
                 "\"Flatten\",\"config\":{\"name\":\"f\",\"batch_input_shape\":[%s]}}]}}",
                 rows[i].shape);
        assert_int_equal(model_from_json(&harness_log, text, "t", &model), VKTL_OK);
        assert_int_equal(model_infer_shapes(&harness_quiet_log, model, 0), rows[i].status);
        assert_non_null(strstr(harness_last_error, rows[i].message));
        vktl_model_destroy(&model);
    }
}

// ---- The shared data

static bool reads_h5(void)
{
    struct vktl_model *model;
    const struct vktl_model_params params = {.model = "vgg16", .weights = "any.h5"};
    assert_int_equal(vktl_model_open(&harness_quiet_log, &params, &model), VKTL_INPUT);
    return !strstr(harness_last_error, "built without HDF5");
}

static void real_weights_fit_mobilenet(void **state)
{
    struct messages messages;
    struct vktl_model *model;
    (void)state;
    const char *path = harness_shared_path("weights/mobilenet_1_0_224_no_top_to_conv_pw_12.h5");
    if (!path || !reads_h5())
        skip();
    messages_init(&messages);
    const struct vktl_model_params params = {.model = "mobilenet",
                                             .weights = path,
                                             .base_output = "conv_pw_12_relu",
                                             .head = "gap,dropout:0.5",
                                             .classes = classes,
                                             .class_count = 2};
    assert_int_equal(vktl_model_open(&messages.log, &params, &model), VKTL_OK);
    assert_true(messages_contain(&messages, "loaded the weights of 50 layers\n"));
    vktl_model_destroy(&model);

    const struct vktl_model_params whole = {.model = "mobilenet", .weights = path};
    messages_init(&messages);
    assert_int_equal(vktl_model_open(&messages.log, &whole, &model), VKTL_OK);
    assert_true(messages_contain(&messages, "left 5 that the file does not have (conv_dw_13, "));
    assert_false(vktl_model_has_weights(model));
    vktl_model_destroy(&model);
}

static void the_golden_model_opens(void **state)
{
    struct vktl_model *model;
    char json[4096], weights[4096];
    (void)state;
    const char *path = harness_shared_path("golden/cnn16/model.json");
    if (!path || !reads_h5())
        skip();
    snprintf(json, sizeof json, "%s", path);
    snprintf(weights, sizeof weights, "%s", harness_shared_path("golden/cnn16/init.h5"));
    const struct vktl_model_params params = {.model = json, .weights = weights};
    assert_int_equal(vktl_model_open(&harness_log, &params, &model), VKTL_OK);
    assert_true(vktl_model_has_weights(model));
    assert_int_equal(vktl_model_image_size(model), 16);
    assert_int_equal(vktl_model_class_count(model), 5);
    vktl_model_destroy(&model);
}

static void failed_allocations_leak_nothing(void **state)
{
    struct vktl_model *model = make_tiny(*state), *again;
    const char *path = temporary_path(*state, "memory.safetensors");
    assert_int_equal(vktl_model_save(&harness_log, model, path), VKTL_OK);
    for (uint64_t n = 0;; n++) {
        const int64_t live = failing_malloc_live();
        failing_malloc_at(n);
        const vktl_status status = vktl_model_save(NULL, model, path);
        if (!failing_malloc_stop())
            break;
        assert_true(status == VKTL_NO_MEMORY || status == VKTL_OK); // OK: see safetensors.c
        assert_int_equal(failing_malloc_live(), live);
    }
    vktl_model_destroy(&model);
    for (uint64_t n = 0;; n++) {
        const struct vktl_model_params params = {.model = path};
        const int64_t live = failing_malloc_live();
        failing_malloc_at(n);
        const vktl_status status = vktl_model_open(NULL, &params, &again);
        const bool failed = failing_malloc_stop();
        vktl_model_destroy(&again);
        assert_int_equal(failing_malloc_live(), live);
        if (!failed)
            break;
        assert_int_equal(status, VKTL_NO_MEMORY);
    }
}

static int setup(void **state)
{
    static struct temporary folder;
    temporary_create(&folder);
    *state = &folder;
    return 0;
}

static int teardown(void **state)
{
    temporary_destroy(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_saved_model_opens_again),
        cmocka_unit_test(a_temperature_is_kept),
        cmocka_unit_test(json_round_trips),
        cmocka_unit_test(weights_fit_by_layer_name),
        cmocka_unit_test(a_wrong_shape_is_explained),
        cmocka_unit_test(what_cannot_be_opened_is_explained),
        cmocka_unit_test(weights_without_architecture_are_explained),
        cmocka_unit_test(unknown_layers_and_settings_are_named),
        cmocka_unit_test(harmless_settings_are_passed_over),
        cmocka_unit_test(inputs_that_are_no_square_images_are_refused),
        cmocka_unit_test(real_weights_fit_mobilenet),
        cmocka_unit_test(the_golden_model_opens),
        cmocka_unit_test(failed_allocations_leak_nothing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
