// Training in mixed precision, its matrices in plain code: it learns as float32 does and repeats,
// too large a loss scale costs steps and no more, a resumed run follows the same scales.
#include "harness/harness.h"
#include "harness/messages.h"
#include "harness/temporary.h"

#include <stdio.h>

#include <vktl/trainer.h>

#include "base/files.h"
#include "formats/safetensors.h"
#include "train/loss_scale.h"

static struct temporary folder;
static struct vktl_device *device;
static struct messages messages;

static int set_up(void **state)
{
    (void)state;
    const struct vktl_device_params params = {
        .validate = true, .guard = true, .emulate_matrices = true, .cache_folder = ""};
    temporary_create(&folder);
    if (vktl_device_open(&harness_log, &params, &device) == VKTL_NO_DEVICE)
        exit(77);
    return device ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    harness_close(&device);
    temporary_destroy(&folder);
    return 0;
}

// ---- The scale

static void test_scale_follows_gradients(void **state)
{
    (void)state;
    struct loss_scale scale;
    loss_scale_reset(false, &scale);
    assert_true(scale.value == 1);
    loss_scale_reset(true, &scale);
    assert_true(scale.value == 65536);
    for (int i = 0; i < 1999; i++)
        assert_true(loss_scale_update(true, &scale));
    assert_true(scale.value == 65536);
    assert_true(loss_scale_update(true, &scale));
    assert_true(scale.value == 131072 && scale.good == 0);
    assert_true(loss_scale_update(false, &scale));
    assert_true(scale.value == 65536 && scale.skipped == 1);
    for (int i = 0; i < 16; i++)
        assert_true(loss_scale_update(false, &scale));
    assert_true(scale.value == 1);
    assert_false(loss_scale_update(false, &scale));
}

// ---- Runs

struct wish {
    enum vktl_precision precision;
    const char *class_weights;
    uint32_t micro_batch, stop_at;
    bool adam, resume;
};

struct stopping {
    uint32_t at, steps;
};

static void count_step(void *user, const struct vktl_train_progress *progress)
{
    struct stopping *stopping = user;
    stopping->steps += progress->stage == VKTL_TRAIN_STEP;
}

static bool should_stop(void *user)
{
    const struct stopping *stopping = user;
    return stopping->at && stopping->steps >= stopping->at;
}

// Trains all layers of tests/golden/tiny's network on its few images.
static vktl_status train(const char *run, const struct wish *wish, struct vktl_train_result *result)
{
    char images[1024], model[1024], weights[1024];
    struct stopping stopping = {.at = wish->stop_at};
    snprintf(images, sizeof images, "%s", harness_source_path("tests/golden/tiny/images"));
    snprintf(model, sizeof model, "%s", harness_source_path("tests/golden/tiny/model.json"));
    snprintf(weights, sizeof weights, "%s", harness_source_path("tests/golden/tiny/init.h5"));
    struct vktl_train_params params = {
        .train_folder = images,
        .model = {.model = model, .weights = weights, .head = "keep", .freeze = "none"},
        .run_folder = temporary_path(&folder, run),
        .epochs = 12,
        .batch = 4,
        .micro_batch = wish->micro_batch,
        .precision = wish->precision,
        .learning_rate = wish->class_weights || wish->adam ? 0.001 : 0.02,
        .optimizer = {.kind = wish->adam ? VKTL_ADAM : VKTL_SGD,
                      .class_weights = wish->class_weights},
        .checkpoint_seconds = -1,
        .resume = wish->resume,
        .progress = count_step,
        .should_stop = should_stop,
        .user = &stopping,
    };
    messages_init(&messages);
    return vktl_train(&messages.log, device, &params, result);
}

static void read_last(const char *run, unsigned char **bytes, size_t *size)
{
    char name[64];
    snprintf(name, sizeof name, "%s/last.safetensors", run);
    assert_int_equal(
        file_read_all(&harness_log, temporary_path(&folder, name), 1 << 24, bytes, size), VKTL_OK);
}

static bool same_last(const char *a, const char *b)
{
    unsigned char *bytes[2];
    size_t size[2];
    read_last(a, &bytes[0], &size[0]);
    read_last(b, &bytes[1], &size[1]);
    const bool same = size[0] == size[1] && memcmp(bytes[0], bytes[1], size[0]) == 0;
    free(bytes[0]);
    free(bytes[1]);
    return same;
}

// Near what floats give, but not the same: halves were multiplied.
static void test_learns_as_floats_do(void **state)
{
    (void)state;
    struct vktl_train_result floats, halves, again;
    assert_int_equal(train("floats", &(struct wish){0}, &floats), VKTL_OK);
    const struct wish mixed = {.precision = VKTL_MIXED};
    assert_int_equal(train("halves", &mixed, &halves), VKTL_OK);
    assert_int_equal(train("again", &mixed, &again), VKTL_OK);
    fprintf(stderr, "loss %.6f with floats, %.6f with halves\n", floats.last_loss,
            halves.last_loss);
    assert_true(halves.last_loss != floats.last_loss);
    assert_float_equal(halves.last_loss, floats.last_loss, 0.02 * floats.last_loss);
    assert_true(halves.last_accuracy == floats.last_accuracy);
    assert_true(same_last("halves", "again"));
}

// Classes that weigh so much that gradients pass 65504, the largest half.
static void test_overflow_costs_steps(void **state)
{
    (void)state;
    struct vktl_train_result result;
    const struct wish heavy = {.precision = VKTL_MIXED, .class_weights = "20,20,20"};
    assert_int_equal(train("heavy", &heavy, &result), VKTL_OK);
    assert_true(messages_contain(&messages, "left out: gradients are too large for halves at loss "
                                            "scale 65536, now 32768"));
    assert_int_equal(messages.count[VKTL_LOG_ERROR], 0);
    assert_true(result.last_loss < 20);
}

static void check_resume(const char *whole, const char *parts, struct wish wish)
{
    struct vktl_train_result result;
    assert_int_equal(train(whole, &wish, &result), VKTL_OK);
    assert_true(messages_contain(&messages, "left out"));
    wish.stop_at = 1;
    assert_int_equal(train(parts, &wish, &result), VKTL_INTERRUPTED);
    wish.resume = true;
    wish.stop_at = 5;
    assert_int_equal(train(parts, &wish, &result), VKTL_INTERRUPTED);
    wish.stop_at = 0;
    assert_int_equal(train(parts, &wish, &result), VKTL_OK);
    assert_true(same_last(whole, parts));
}

static void test_resumes_with_its_scale(void **state)
{
    (void)state;
    const struct wish heavy = {.precision = VKTL_MIXED, .class_weights = "20,20,20"};
    struct wish in_parts = heavy;
    check_resume("sgd whole", "sgd parts", heavy);
    in_parts.micro_batch = 2;
    in_parts.adam = true;
    check_resume("adam whole", "adam parts", in_parts);
}

static void test_needs_matrices(void **state)
{
    (void)state;
    struct vktl_device *emulating = device;
    struct vktl_train_result result;
    device = harness_open(VKTL_FORM_AUTO);
    if (vktl_device_info(device)->matrix_rows == 0) {
        const struct wish mixed = {.precision = VKTL_MIXED};
        assert_int_equal(train("refused", &mixed, &result), VKTL_NO_DEVICE);
        assert_true(messages_contain(&messages, "--precision fp32"));
    }
    harness_close(&device);
    device = emulating;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scale_follows_gradients),
        cmocka_unit_test(test_learns_as_floats_do),
        cmocka_unit_test(test_overflow_costs_steps),
        cmocka_unit_test(test_resumes_with_its_scale),
        cmocka_unit_test(test_needs_matrices),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
