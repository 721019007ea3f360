// Tuning: what is measured, what is not, who may win. Nothing here asks how fast anything is.
#include "harness/harness.h"
#include "harness/messages.h"
#include "harness/temporary.h"

#include <math.h>
#include <stdio.h>

#include "gpu/tuning.h"
#include "tune/tune.h"

// A 3x3 convolution of 32 to 32 channels and a dense layer: several ways on CPU drivers and on
// GPUs.
static const char architecture[] =
    "{\"class_name\":\"Sequential\",\"config\":{\"name\":\"small\",\"layers\":["
    "{\"class_name\":\"InputLayer\",\"config\":{\"name\":\"in\","
    "\"batch_input_shape\":[null,12,12,3]}},"
    "{\"class_name\":\"Conv2D\",\"config\":{\"name\":\"c1\",\"filters\":32,\"kernel_size\":[3,3],"
    "\"padding\":\"same\",\"activation\":\"relu\"}},"
    "{\"class_name\":\"Conv2D\",\"config\":{\"name\":\"c2\",\"filters\":32,\"kernel_size\":[3,3],"
    "\"padding\":\"same\",\"activation\":\"relu\"}},"
    "{\"class_name\":\"GlobalAveragePooling2D\",\"config\":{\"name\":\"gap\"}},"
    "{\"class_name\":\"Dense\",\"config\":{\"name\":\"out\",\"units\":4,"
    "\"activation\":\"softmax\"}}]}}";

static struct temporary folder;
static struct vktl_model *model;

struct calls {
    uint32_t count, total, stop_at; // stop_at: at this question, from 1; 0: never
    uint32_t asked;
};

static void count_progress(void *user, uint32_t done, uint32_t total)
{
    struct calls *calls = user;
    assert_true(done <= total);
    calls->count++;
    calls->total = total;
}

static bool should_stop(void *user)
{
    struct calls *calls = user;
    return calls->stop_at && ++calls->asked >= calls->stop_at;
}

static struct vktl_device *open_device(enum vktl_tuning_mode mode, double limit_seconds,
                                       const char *cache, struct calls *calls)
{
    struct vktl_device *device = NULL;
    const struct vktl_device_params params = {
        .validate = !getenv("VKTL_TEST_NO_VALIDATION"),
        .guard = true,
        .cache_folder = cache,
        .tuning = {mode, limit_seconds, count_progress, should_stop, calls}};
    assert_int_equal(vktl_device_open(&harness_log, &params, &device), VKTL_OK);
    return device;
}

static const char *cache(const char *name)
{
    temporary_write(&folder, "made", "", 0);
    char path[64];
    snprintf(path, sizeof path, "%s/made", name);
    temporary_write(&folder, path, "", 0);
    return temporary_path(&folder, name);
}

static const struct plan_params features = {
    .batch = 2, .passes = {[PASS_FEATURES] = true}, .cut = 4};

static int set_up(void **state)
{
    (void)state;
    struct vktl_device *device = harness_open(VKTL_FORM_AUTO); // skips where there is none
    harness_close(&device);
    temporary_create(&folder);
    assert_int_equal(model_from_json(&harness_log, architecture, "small", &model), VKTL_OK);
    assert_int_equal(model_infer_shapes(&harness_log, model, 0), VKTL_OK);
    assert_int_equal(model_initialize(&harness_log, model, 7), VKTL_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    vktl_model_destroy(&model);
    temporary_destroy(&folder);
    return 0;
}

// ---- Plans -------------------------------------------------------------------------------------

struct taken {
    char names[256]; // "c1:stem c2:winograd4 ", forward
};

static void note_taken(void *user, const struct plan_work *work)
{
    struct taken *taken = user;
    const char *names[OP_MAX_ALGORITHMS];
    const size_t length = strlen(taken->names);
    if (op_suiting(work->op, work->io, OP_FORWARD, names) > 1)
        snprintf(taken->names + length, sizeof taken->names - length, "%s:%s ", work->layer,
                 names[0]);
}

static struct taken algorithms_of(struct vktl_device *device)
{
    struct taken taken = {""};
    struct plan *plan = NULL;
    assert_int_equal(plan_create(&harness_log, device, model, &features, &plan), VKTL_OK);
    plan_each_work(plan, note_taken, &taken);
    plan_destroy(&plan);
    return taken;
}

// An algorithm of c2's forward that is not the heuristic's; NULL: there is one way only.
static const char *other_algorithm(struct vktl_device *device, char key[OP_KEY_SIZE])
{
    static const char *names[OP_MAX_ALGORITHMS];
    _Alignas(8) unsigned char params[OP_MAX_PARAMS_SIZE];
    memcpy(params, model->layers[1].params, sizeof params);
    struct op_io io = {
        .in = {shape_4d(2, 12, 12, 32)}, .in_count = 1, .device = vktl_device_info(device)};
    assert_int_equal(op_conv2d.infer(&harness_log, params, &io), VKTL_OK);
    op_key(&op_conv2d, params, &io, OP_FORWARD, false, key);
    return op_suiting(&op_conv2d, &io, OP_FORWARD, names) > 1 ? names[1] : NULL;
}

static void test_the_second_run_measures_nothing(void **state)
{
    (void)state;
    struct calls calls = {0};
    const char *path = cache("second");
    struct vktl_device *device = open_device(VKTL_TUNING_ON, 1e6, path, &calls);
    assert_int_equal(tune_for_plan(&harness_log, device, model, &features), VKTL_OK);
    assert_true(calls.total >= 2 && calls.count == calls.total + 1);
    const uint32_t measured = gpu_tuning(device)->count;
    assert_int_equal(measured, calls.total);
    const struct taken first = algorithms_of(device);
    calls.count = 0;
    assert_int_equal(tune_for_plan(&harness_log, device, model, &features), VKTL_OK);
    assert_int_equal(calls.count, 0);
    harness_close(&device);

    device = open_device(VKTL_TUNING_ON, 1e6, path, &calls);
    assert_int_equal(tune_for_plan(&harness_log, device, model, &features), VKTL_OK);
    assert_int_equal(calls.count, 0);
    assert_int_equal(gpu_tuning(device)->count, measured);
    assert_string_equal(algorithms_of(device).names, first.names);
    harness_close(&device);
}

// A choice on disk is followed, but not with VKTL_TUNING_OFF, which is what the heuristics say.
static void test_off_is_the_heuristic(void **state)
{
    (void)state;
    struct calls calls = {0};
    char key[OP_KEY_SIZE];
    const char *path = cache("off");
    struct vktl_device *device = open_device(VKTL_TUNING_AUTO, 0, path, &calls);
    const struct taken usual = algorithms_of(device);
    const char *other = other_algorithm(device, key);
    assert_non_null(other);
    assert_int_equal(tuning_set(gpu_tuning(device), key, other), VKTL_OK);
    gpu_tuning_write(device);
    harness_close(&device);

    device = open_device(VKTL_TUNING_AUTO, 0, path, &calls);
    char expected[64];
    snprintf(expected, sizeof expected, "c2:%s ", other);
    assert_non_null(strstr(algorithms_of(device).names, expected));
    harness_close(&device);

    device = open_device(VKTL_TUNING_OFF, 0, path, &calls);
    assert_string_equal(algorithms_of(device).names, usual.names);
    assert_int_equal(tune_for_plan(&harness_log, device, model, &features), VKTL_OK);
    assert_int_equal(calls.count, 0);
    harness_close(&device);
}

// Known CPU drivers are not measured unless asked: their heuristics are what ships.
static void test_auto_leaves_cpu_drivers(void **state)
{
    (void)state;
    struct calls calls = {0};
    struct vktl_device *device = open_device(VKTL_TUNING_AUTO, 0, "", &calls);
    const bool has_lanes = op_lanes(vktl_device_info(device)) > 0;
    assert_int_equal(tune_for_plan(&harness_log, device, model, &features), VKTL_OK);
    assert_int_equal(calls.count == 0, has_lanes);
    harness_close(&device);
}

// Time that is over before it begins: everything is decided all the same, by the heuristics.
static void test_budget(void **state)
{
    (void)state;
    struct calls calls = {0};
    struct messages messages;
    struct vktl_device *device = open_device(VKTL_TUNING_ON, 1e-9, "", &calls);
    const struct taken usual = algorithms_of(device);
    messages_init(&messages);
    assert_int_equal(tune_for_plan(&messages.log, device, model, &features), VKTL_OK);
    assert_true(messages_contain(&messages, "were not reached"));
    assert_int_equal(gpu_tuning(device)->count, calls.total);
    assert_string_equal(algorithms_of(device).names, usual.names);
    calls.count = 0;
    assert_int_equal(tune_for_plan(&harness_log, device, model, &features), VKTL_OK);
    assert_int_equal(calls.count, 0);
    harness_close(&device);
}

// What was measured before Ctrl-C is kept.
static void test_interruption(void **state)
{
    (void)state;
    struct calls calls = {0};
    const char *path = cache("stopped");
    struct vktl_device *device = open_device(VKTL_TUNING_ON, 1e6, path, &calls);
    calls.stop_at = 5;
    assert_int_equal(tune_for_plan(&harness_quiet_log, device, model, &features), VKTL_INTERRUPTED);
    harness_close(&device);
    device = open_device(VKTL_TUNING_ON, 1e6, path, &calls);
    assert_true(gpu_tuning(device)->count >= 1 && gpu_tuning(device)->count < calls.total);
    harness_close(&device);
}

// ---- Who may win -------------------------------------------------------------------------------

enum { PLANTED = 1 };
static const struct op_algorithm planted[] = {
    {"usual", NULL, NULL}, {"planted", NULL, NULL}, {"last", NULL, NULL}, {0}};

// "planted" is the fastest of all: it computes nothing.
static struct op wrong_dense;

static vktl_status infer_wrong(const struct vktl_log *log, const void *params, struct op_io *io)
{
    vktl_status status = op_dense.infer(log, params, io);
    if (status == VKTL_OK)
        op_choose(&wrong_dense, io);
    return status;
}

static void right_or_nothing(struct recorder *recorder, const struct op_call *call)
{
    if (call->io->algorithm[OP_FORWARD] == PLANTED) {
        record_fill(recorder, call->out, 0);
        return;
    }
    struct op_io io = *call->io;
    struct op_call right = *call;
    op_choose(&op_dense, &io);
    right.io = &io;
    op_dense.forward(recorder, &right);
}

struct rows {
    uint32_t count, chosen, wrong;
    char winner[32];
};

static void take_row(const struct vktl_tune_row *row, void *user)
{
    struct rows *rows = user;
    rows->count++;
    rows->chosen += row->chosen;
    rows->wrong += row->outcome == VKTL_TUNE_WRONG;
    if (row->chosen)
        snprintf(rows->winner, sizeof rows->winner, "%s", row->algorithm);
    assert_string_equal(row->shape, "40x200 units=50");
    if (strcmp(row->algorithm, "planted") == 0)
        assert_int_equal(row->outcome, VKTL_TUNE_WRONG);
}

static void test_the_wrong_one_cannot_win(void **state)
{
    (void)state;
    struct calls calls = {0};
    struct rows rows = {0};
    struct messages messages;
    struct vktl_device *device = open_device(VKTL_TUNING_ON, 0, "", &calls);
    _Alignas(8) unsigned char params[OP_MAX_PARAMS_SIZE] = {0};
    const double units = 50;
    wrong_dense = op_dense;
    wrong_dense.algorithms[OP_FORWARD] = planted;
    wrong_dense.infer = infer_wrong;
    wrong_dense.forward = right_or_nothing;
    fields_init(op_dense.fields, params);
    assert_int_equal(
        field_set_numbers(&harness_log, field_find(op_dense.fields, "units"), params, &units, 1),
        VKTL_OK);
    struct op_io io = {
        .in = {shape_2d(40, 200)}, .in_count = 1, .device = vktl_device_info(device)};
    assert_int_equal(infer_wrong(&harness_log, params, &io), VKTL_OK);
    const struct plan_work work = {
        .layer = "planted", .op = &wrong_dense, .params = params, .io = &io};
    messages_init(&messages);
    struct tuner tuner = {
        .log = &messages.log, .device = device, .on_row = take_row, .user = &rows};
    assert_int_equal(tuner_measure(&tuner, &work, OP_FORWARD), VKTL_OK);
    assert_int_equal(rows.count, 3);
    assert_int_equal(rows.chosen, 1);
    assert_int_equal(rows.wrong, 1);
    assert_int_equal(tuner.counts.wrong, 1);
    assert_string_not_equal(rows.winner, "planted");
    assert_true(messages_contain(&messages, "dense forward by planted does not compute"));
    assert_string_equal(tuning_find(gpu_tuning(device), "dense forward 40x200 units=50"),
                        rows.winner);
    tuner_deinit(&tuner);
    harness_close(&device);
}

// Rows of a whole model: each layer and direction has one winner, and training has gradients.
struct seen {
    uint32_t rows, chosen, dx, dw;
};

static void see_row(const struct vktl_tune_row *row, void *user)
{
    struct seen *seen = user;
    seen->rows++;
    seen->chosen += row->chosen;
    seen->dx += strcmp(row->direction, "dx") == 0;
    seen->dw += strcmp(row->direction, "dw") == 0;
    assert_true(row->outcome != VKTL_TUNE_WRONG);
    assert_true(isnan(row->seconds) == (row->part == 0));
    assert_true(row->part <= 1);
}

static void test_model(void **state)
{
    (void)state;
    struct calls calls = {0};
    struct vktl_device *device = open_device(VKTL_TUNING_ON, 0, "", &calls);
    struct vktl_tune_counts counts;
    struct seen seen = {0};
    const struct vktl_tune_params params = {.batch = 2, .training = true};
    assert_int_equal(vktl_tune(&harness_log, device, model, &params, see_row, &seen, &counts),
                     VKTL_OK);
    assert_true(counts.uses >= 4 && counts.left == 0 && counts.wrong == 0);
    assert_int_equal(seen.rows, counts.candidates);
    assert_int_equal(seen.chosen, counts.uses);
    assert_true(seen.dx > 0 && seen.dw > 0);
    harness_close(&device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_second_run_measures_nothing),
        cmocka_unit_test(test_off_is_the_heuristic),
        cmocka_unit_test(test_auto_leaves_cpu_drivers),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_interruption),
        cmocka_unit_test(test_the_wrong_one_cannot_win),
        cmocka_unit_test(test_model),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
