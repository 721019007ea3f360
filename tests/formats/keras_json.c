// Keras JSON: what Keras 2 and 3 write, what vktl writes of it, and what is refused.
#include "formats/keras_json.h"

#include <cjson/cJSON.h>

#include "harness/failing_malloc.h"
#include "harness/harness.h"

#define DENSE(name) "{\"class_name\":\"Dense\",\"config\":{\"name\":\"" name "\",\"units\":2}}"
#define SEQUENTIAL(layers)                                                                         \
    "{\"class_name\":\"Sequential\",\"config\":{\"name\":\"m\",\"layers\":[" layers "]}}"

static void layers_and_input_are_found(void **state)
{
    static const char *const texts[] = {
        // Keras 2
        SEQUENTIAL("{\"class_name\":\"InputLayer\",\"config\":{\"name\":\"in\","
                   "\"batch_input_shape\":[null,8,9,3]}}," DENSE("a")),
        // Keras 3
        "{\"module\":\"keras\",\"registered_name\":null,\"class_name\":\"Sequential\",\"config\":"
        "{\"name\":\"m\",\"layers\":[{\"module\":\"keras.layers\",\"class_name\":\"InputLayer\","
        "\"config\":{\"name\":\"in\",\"batch_shape\":[null,8,9,3]}}," DENSE("a") "]}}",
        // without an input layer
        SEQUENTIAL("{\"class_name\":\"Dense\",\"config\":{\"name\":\"a\","
                   "\"batch_input_shape\":[null,8,9,3],\"units\":2}}"),
        // the description of a saved model
        "{\"model_config\":" SEQUENTIAL(
            "{\"class_name\":\"InputLayer\",\"config\":{\"name\":\"in\","
            "\"batch_shape\":[null,8,9,3]}}," DENSE("a")) "}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct keras_model model;
        assert_int_equal(keras_json_read(&harness_log, texts[i], "t", &model), VKTL_OK);
        assert_string_equal(model.name, "m");
        assert_int_equal(model.height, 8);
        assert_int_equal(model.width, 9);
        assert_int_equal(model.channels, 3);
        assert_int_equal(model.layer_count, 1);
        assert_string_equal(model.layers[0].name, "a");
        assert_string_equal(model.layers[0].class_name, "Dense");
        assert_true(model.layers[0].trainable);
        assert_null(model.preprocess);
        keras_model_deinit(&model);
    }
}

#define OURS(members)                                                                              \
    "{\"class_name\":\"Sequential\",\"config\":{\"layers\":[" DENSE("a") "]},\"vktl\":{" members   \
                                                                         "}}"

static void what_is_wrong_is_said(void **state)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"", "t:1: not JSON"},
        {"{\n\"class_name\":\n]", "t:3: not JSON"},
        {"[]", "no class_name"},
        {"{\"class_name\":\"Functional\",\"config\":{}}", "Functional"},
        {"{\"class_name\":\"Sequential\"}", "config.layers"},
        {SEQUENTIAL(""), "no layers"},
        {SEQUENTIAL("{\"class_name\":\"Dense\"}"), "(Dense) lacks"},
        {SEQUENTIAL("7"), "lacks class_name"},
        {SEQUENTIAL(DENSE("a") "," DENSE("b") "," DENSE("a")), "two layers are called 'a'"},
        {SEQUENTIAL(DENSE("a") ",{\"class_name\":\"InputLayer\",\"config\":{\"name\":\"in\"}}"),
         "must come first"},
        {SEQUENTIAL("{\"class_name\":\"Dense\",\"config\":{\"name\":\"a\","
                    "\"batch_input_shape\":[null,8,3]}}"),
         "input shape"},
        {SEQUENTIAL("{\"class_name\":\"Dense\",\"config\":{\"name\":\"a\","
                    "\"batch_input_shape\":[null,8,1e9,3]}}"),
         "input shape"},
        {"{\"class_name\":\"Sequential\",\"config\":{\"layers\":[" DENSE(
             "a") "]},\"vktl\":{\"image_size\":0}}",
         "image_size"},
        {OURS("\"classes\":\"a\""), "a list"},
        {OURS("\"classes\":[\"a\",7]"), "no text"},
        {OURS("\"temperature\":0"), "temperature"},
        {OURS("\"temperature\":1e999"), "temperature"},
        {OURS("\"temperature\":\"1\""), "temperature"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct keras_model model;
        assert_int_equal(keras_json_read(&harness_quiet_log, rows[i].text, "t", &model),
                         VKTL_INPUT);
        if (!strstr(harness_last_error, rows[i].message))
            fail_msg("'%s' lacks '%s'", harness_last_error, rows[i].message);
    }
}

static void deep_nesting_is_refused(void **state)
{
    static char text[200001];
    struct keras_model model;
    (void)state;
    memset(text, '[', sizeof text - 1);
    assert_int_equal(keras_json_read(&harness_quiet_log, text, "t", &model), VKTL_INPUT);
}

static void what_was_written_is_read(void **state)
{
    cJSON *config = cJSON_Parse("{\"name\":\"old\",\"units\":7,\"trainable\":true,"
                                "\"batch_input_shape\":[null,1,1,1],\"use_bias\":true}");
    struct keras_layer layer = {"Dense", "new", false, config};
    const struct keras_model model = {.name = "m\"x",
                                      .height = 5,
                                      .channels = 3,
                                      .layers = &layer,
                                      .layer_count = 1,
                                      .preprocess = "tf",
                                      .interpolation = "nearest",
                                      .image_size = 5,
                                      .classes = (const char *[]){"ant", "\"b\""},
                                      .class_count = 2,
                                      .temperature = 0.1 + 0.2};
    struct keras_model again;
    char *text;
    (void)state;
    assert_int_equal(keras_json_write(&harness_log, &model, &text), VKTL_OK);
    assert_int_equal(keras_json_read(&harness_log, text, "t", &again), VKTL_OK);
    assert_string_equal(again.name, "m\"x");
    assert_int_equal(again.height, 5);
    assert_int_equal(again.width, 0);
    assert_int_equal(again.channels, 3);
    assert_string_equal(again.preprocess, "tf");
    assert_string_equal(again.interpolation, "nearest");
    assert_int_equal(again.image_size, 5);
    assert_int_equal(again.class_count, 2);
    assert_string_equal(again.classes[0], "ant");
    assert_string_equal(again.classes[1], "\"b\"");
    assert_true(again.temperature == 0.1 + 0.2);
    assert_int_equal(again.layer_count, 1);
    assert_string_equal(again.layers[0].name, "new");
    assert_false(again.layers[0].trainable);
    const cJSON *written = again.layers[0].config;
    assert_int_equal(cJSON_GetObjectItemCaseSensitive(written, "units")->valueint, 7);
    assert_null(cJSON_GetObjectItemCaseSensitive(written, "batch_input_shape"));
    assert_int_equal(cJSON_GetArraySize(written), 4); // name, trainable, units, use_bias
    keras_model_deinit(&again);
    cJSON_Delete(config);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_and_input_are_found),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(what_was_written_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
