// The smoke subset: what is planted wrong is barred, kept, and replaced; what is right is not.
#include "check/smoke.h"
#include "harness/harness.h"
#include "harness/messages.h"
#include "harness/temporary.h"

#include <stdio.h>

#include "base/files.h"
#include "check/judge.h"
#include "gpu/tuning.h"
#include "gpu/verdicts.h"

static struct temporary folder;
static struct messages messages;

// Each test has a cache of its own.
static const char *cache_of(const char *test)
{
    char path[64];
    snprintf(path, sizeof path, "%s/made", test);
    temporary_write(&folder, path, "", 0);
    return temporary_path(&folder, test);
}

static struct vktl_device *open_with(const char *cache, enum vktl_form form)
{
    struct vktl_device *device = NULL;
    const struct vktl_device_params params = {.validate = !getenv("VKTL_TEST_NO_VALIDATION"),
                                              .guard = true,
                                              .form = form,
                                              .cache_folder = cache,
                                              .tuning = {.mode = VKTL_TUNING_AUTO}};
    assert_int_equal(vktl_device_open(&harness_log, &params, &device), VKTL_OK);
    return device;
}

static struct vktl_device *open_device(const char *cache)
{
    return open_with(cache, VKTL_FORM_AUTO);
}

// The first case alone, which is of conv2d, or all.
static const struct vktl_smoke_params first = {.training = true, .limit_seconds = 1e-9};
static const struct vktl_smoke_params forward = {.limit_seconds = 1e-9};
static const struct vktl_smoke_params whole = {.training = true, .limit_seconds = 1e6};

static vktl_status smoke(struct vktl_device *device, const struct vktl_smoke_params *params,
                         const struct op *(*find)(const char *name))
{
    messages_init(&messages);
    return smoke_run(&messages.log, device, params, find);
}

// ---- What is right -----------------------------------------------------------------------------

enum { MOST_OPS = 64 };
static const char *asked[MOST_OPS];
static uint32_t asked_count;
static bool taken[OP_DIRECTIONS][OP_MAX_ALGORITHMS]; // of conv2d
static struct op noting_conv2d;

static vktl_status note_algorithms(const struct vktl_log *log, const void *params, struct op_io *io)
{
    const vktl_status status = op_conv2d.infer(log, params, io);
    for (int direction = 0; direction < OP_DIRECTIONS; direction++)
        if (io->wanted[direction])
            taken[direction][io->algorithm[direction]] = true;
    return status;
}

static const struct op *find_noting(const char *name)
{
    if (asked_count < MOST_OPS)
        asked[asked_count++] = name;
    return strcmp(name, "conv2d") == 0 ? &noting_conv2d : op_find(name);
}

static bool was_asked(const char *name)
{
    for (uint32_t i = 0; i < asked_count; i++)
        if (strcmp(asked[i], name) == 0)
            return true;
    return false;
}

// The control: every operator, every algorithm that the device can run, and nothing is barred.
static void test_what_is_right_passes(void **state)
{
    (void)state;
    struct vktl_device *device = open_device(cache_of("right"));
    const struct vktl_device_info *info = vktl_device_info(device);
    noting_conv2d = op_conv2d;
    noting_conv2d.infer = note_algorithms;
    assert_int_equal(gpu_verdict(device), VERDICT_NONE);
    assert_int_equal(smoke(device, &whole, find_noting), VKTL_OK);
    assert_true(messages_contain(&messages, "Checking the kernels"));
    assert_false(messages_contain(&messages, "barred"));
    assert_int_equal(info->barred_count, 0);
    assert_int_equal(gpu_verdict(device), VERDICT_ALL);
    assert_null(strstr(gpu_verdict_reason(device), "but"));
    for (uint32_t i = 0; i < op_count(); i++)
        if (op_at(i)->kind != OP_VIEW && !was_asked(op_at(i)->name))
            fail_msg("%s is not checked", op_at(i)->name);
    for (int direction = 0; direction < OP_DIRECTIONS; direction++) {
        const struct op_algorithm *list = op_conv2d.algorithms[direction];
        for (uint32_t i = 0; list[i].name; i++) {
            const bool can = strcmp(list[i].name, "matrices") == 0 ? info->matrix_rows > 0
                             : strcmp(list[i].name, "stem") == 0   ? op_lanes(info) > 0
                                                                   : true;
            if (can && !taken[direction][i])
                fail_msg("conv2d %s by %s is not checked", op_direction_names[direction],
                         list[i].name);
        }
    }
    harness_close(&device);
}

// Once a device, a part each time; inference first, so that training checks anew.
static void test_once(void **state)
{
    (void)state;
    const char *cache = cache_of("once");
    const struct {
        const struct vktl_smoke_params *params;
        const char *reached; // NULL: nothing is checked
    } steps[] = {{&forward, "but 1 of 27"},
                 {&forward, "but 2 of 27"},
                 {&first, "but 1 of 27"},
                 {&forward, NULL},
                 {&first, "but 2 of 27"}};
    struct vktl_device *device;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        device = open_device(cache);
        assert_int_equal(smoke(device, steps[i].params, op_find), VKTL_OK);
        assert_int_equal(messages_contain(&messages, "Checking"), steps[i].reached != NULL);
        if (steps[i].reached && vktl_device_info(device)->matrix_rows == 0)
            assert_string_equal(gpu_verdict_reason(device), steps[i].reached);
        harness_close(&device);
    }
    device = open_device(cache);
    assert_int_equal(gpu_set_verdict(device, VERDICT_ALL, "27 of 27"), VKTL_OK);
    assert_int_equal(smoke(device, &first, op_find), VKTL_OK);
    assert_false(messages_contain(&messages, "Checking"));
    harness_close(&device);
}

static char *find_file(const char *cache)
{
    struct folder_list list;
    char *path = NULL;
    assert_int_equal(folder_list_init(&harness_log, cache, &list), VKTL_OK);
    for (size_t i = 0; i < list.count; i++)
        if (strncmp(list.entries[i].name, "verdicts-", 9) == 0 && !path)
            path = path_join(cache, list.entries[i].name);
    folder_list_deinit(&list);
    assert_non_null(path);
    return path;
}

static void test_damaged(void **state)
{
    (void)state;
    unsigned char *bytes;
    size_t size;
    const char *cache = cache_of("damaged");
    struct vktl_device *device = open_device(cache);
    assert_int_equal(gpu_set_verdict(device, VERDICT_ALL, ""), VKTL_OK);
    gpu_verdicts_write(device);
    harness_close(&device);
    char *path = find_file(cache);
    assert_int_equal(file_read_all(&harness_log, path, 1 << 20, &bytes, &size), VKTL_OK);
    for (size_t i = 0; i <= size; i += size / 5) {
        if (i < size)
            bytes[i] ^= 2;
        assert_int_equal(file_write_all(&harness_log, path, bytes, size), VKTL_OK);
        if (i < size)
            bytes[i] ^= 2;
        device = open_device(cache);
        assert_int_equal(gpu_verdict(device), i < size ? VERDICT_NONE : VERDICT_ALL);
        harness_close(&device);
    }
    free(bytes);
    free(path);
}

// ---- What is planted ---------------------------------------------------------------------------

// A convolution whose output is zeros, or that fails to be inferred, where `is_wrong` says so.
static struct op planted_conv2d;
static bool (*is_wrong)(const struct op_io *io);
static vktl_status planted_status;

static const char *name_of(const struct op_io *io, enum op_direction direction)
{
    return op_conv2d.algorithms[direction][io->algorithm[direction]].name;
}

static bool by_winograd(const struct op_io *io)
{
    return strcmp(name_of(io, OP_FORWARD), "winograd4") == 0;
}

static bool over_storage(const struct op_io *io)
{
    return io->device->form == VKTL_FORM_STORAGE;
}

static bool for_cpus(const struct op_io *io)
{
    return op_lanes(io->device) > 0;
}

static bool always(const struct op_io *io)
{
    (void)io;
    return true;
}

static void planted_forward(struct recorder *recorder, const struct op_call *call)
{
    op_conv2d.forward(recorder, call);
    if (is_wrong(call->io))
        record_fill(recorder, call->out, 0);
}

static vktl_status planted_infer(const struct vktl_log *log, const void *params, struct op_io *io)
{
    const vktl_status status = op_conv2d.infer(log, params, io);
    if (status == VKTL_OK && planted_status != VKTL_OK && io->wanted[OP_FORWARD] && is_wrong(io))
        return log_fail(log, planted_status, "as planted");
    return status;
}

static const struct op *find_planted(const char *name)
{
    return strcmp(name, "conv2d") == 0 ? &planted_conv2d : op_find(name);
}

static void plant(bool (*wrong)(const struct op_io *io), vktl_status status)
{
    is_wrong = wrong;
    planted_status = status;
    planted_conv2d = op_conv2d;
    planted_conv2d.infer = planted_infer;
    if (status == VKTL_OK)
        planted_conv2d.forward = planted_forward;
}

// What the real convolution of the first case would be computed by.
static void infer_conv2d(const struct vktl_device *device, const char *wanted, struct op_io *io,
                         char key[OP_KEY_SIZE])
{
    _Alignas(8) unsigned char params[OP_MAX_PARAMS_SIZE] = {0};
    const double filters = 80;
    *io = (struct op_io){.in = {shape_4d(2, 9, 14, 48)},
                         .in_count = 1,
                         .device = vktl_device_info(device),
                         .wanted = {wanted}};
    fields_init(op_conv2d.fields, params);
    assert_int_equal(field_set_numbers(&harness_log, field_find(op_conv2d.fields, "filters"),
                                       params, &filters, 1),
                     VKTL_OK);
    assert_int_equal(op_conv2d.infer(&harness_log, params, io), VKTL_OK);
    op_key(&op_conv2d, params, io, OP_FORWARD, false, key);
}

static void assert_winograd_is_barred(const struct vktl_device *device)
{
    struct op_io io;
    char key[OP_KEY_SIZE];
    const char *names[OP_MAX_ALGORITHMS];
    const struct vktl_device_info *info = vktl_device_info(device);
    assert_int_equal(info->barred_count, 1);
    assert_string_equal(info->barred[0].op, "conv2d");
    assert_string_equal(info->barred[0].direction, "forward");
    assert_string_equal(info->barred[0].algorithm, "winograd4");
    for (int i = 0; i < 2; i++) {
        infer_conv2d(device, i ? "winograd4" : NULL, &io, key);
        assert_string_equal(name_of(&io, OP_FORWARD), "direct");
        assert_int_equal(op_suiting(&op_conv2d, &io, OP_FORWARD, names), 1);
    }
    assert_int_equal(op_suiting(&op_conv2d, &io, OP_DX, names), 2); // in this direction it is right
}

// What follows from one wrong algorithm: barred now and later, no more tuned to, and told once.
static void test_a_wrong_algorithm_is_barred(void **state)
{
    (void)state;
    struct op_io io;
    char key[OP_KEY_SIZE];
    const char *cache = cache_of("wrong");
    struct vktl_device *device = open_device(cache);
    infer_conv2d(device, "winograd4", &io, key);
    assert_string_equal(name_of(&io, OP_FORWARD), "winograd4");
    assert_int_equal(tuning_set(gpu_tuning(device), key, "winograd4"), VKTL_OK);
    assert_int_equal(tuning_set(gpu_tuning(device), "dense forward 1x2", "direct"), VKTL_OK);
    gpu_tuning_write(device);

    plant(by_winograd, VKTL_OK);
    assert_int_equal(smoke(device, &first, find_planted), VKTL_OK);
    assert_int_equal(messages.count[VKTL_LOG_WARNING], 1);
    assert_true(messages_contain(&messages, "conv2d forward by winograd4 is wrong (case \"3x3 "));
    assert_true(messages_contain(&messages, "is 0, the reference says"));
    assert_winograd_is_barred(device);
    assert_null(tuning_find(gpu_tuning(device), key));
    assert_non_null(tuning_find(gpu_tuning(device), "dense forward 1x2"));
    harness_close(&device);

    device = open_device(cache);
    assert_winograd_is_barred(device);
    assert_null(tuning_find(gpu_tuning(device), key));
    assert_int_equal(smoke(device, &first, find_planted), VKTL_OK);
    assert_int_equal(messages.count[VKTL_LOG_WARNING], 0);
    harness_close(&device);
}

// A driver that refuses the kernel is as bad; one that is lost by it says so, and the next start
// does without.
static void test_a_refusal_bars(void **state)
{
    (void)state;
    struct vktl_device *device = open_device(cache_of("refused"));
    plant(by_winograd, VKTL_FAILED);
    assert_int_equal(smoke(device, &first, find_planted), VKTL_OK);
    assert_true(messages_contain(&messages, "winograd4 is wrong (as planted)"));
    assert_winograd_is_barred(device);
    harness_close(&device);
}

static void test_a_loss_bars_from_the_next_start_on(void **state)
{
    (void)state;
    const char *cache = cache_of("lost");
    struct vktl_device *device = open_device(cache);
    plant(by_winograd, VKTL_DEVICE_LOST);
    assert_int_equal(smoke(device, &first, find_planted), VKTL_DEVICE_LOST);
    assert_true(messages_contain(&messages, "gave up on conv2d while it was checked"));
    harness_close(&device);
    device = open_device(cache);
    assert_winograd_is_barred(device);
    assert_int_equal(smoke(device, &first, find_planted), VKTL_OK);
    assert_winograd_is_barred(device);
    harness_close(&device);
}

static void test_no_memory_is_no_verdict(void **state)
{
    (void)state;
    struct vktl_device *device = open_device(cache_of("memory"));
    plant(by_winograd, VKTL_NO_MEMORY);
    assert_int_equal(smoke(device, &first, find_planted), VKTL_NO_MEMORY);
    assert_int_equal(vktl_device_info(device)->barred_count, 0);
    assert_int_equal(gpu_verdict(device), VERDICT_NONE);
    harness_close(&device);
}

// ---- Other kernels -----------------------------------------------------------------------------

static void test_a_wrong_form_is_left(void **state)
{
    (void)state;
    const char *cache = cache_of("form");
    struct vktl_device *device = open_device(cache);
    const struct vktl_device_info *info = vktl_device_info(device);
    const bool prefers_storage = info->form == VKTL_FORM_STORAGE;
    if (!info->has_addresses) {
        harness_close(&device);
        skip();
    }
    plant(over_storage, VKTL_OK);
    assert_int_equal(smoke(device, &forward, find_planted), VKTL_OK);
    assert_int_equal(messages_contain(&messages, "take their place"), prefers_storage);
    assert_int_equal(info->form, VKTL_FORM_ADDRESS);
    assert_int_equal(info->barred_count, 0);
    harness_close(&device);
    device = open_device(cache);
    assert_int_equal(vktl_device_info(device)->form, VKTL_FORM_ADDRESS);
    harness_close(&device);
    device = open_with(cache, VKTL_FORM_STORAGE); // as asked for, whatever was found
    assert_int_equal(vktl_device_info(device)->form, VKTL_FORM_STORAGE);
    harness_close(&device);
}

static void test_wrong_kernels_of_cpu_drivers_are_left(void **state)
{
    (void)state;
    const char *cache = cache_of("family");
    struct vktl_device *device = open_device(cache);
    if (op_lanes(vktl_device_info(device)) == 0) {
        harness_close(&device);
        skip();
    }
    plant(for_cpus, VKTL_OK);
    assert_int_equal(smoke(device, &forward, find_planted), VKTL_OK);
    assert_true(messages_contain(&messages, "for CPU drivers\" are not used"));
    assert_true(vktl_device_info(device)->gpu_kernels);
    harness_close(&device);
    device = open_device(cache);
    assert_true(vktl_device_info(device)->gpu_kernels);
    harness_close(&device);
}

// A second start fails alike, and at once.
static void test_nothing_left(void **state)
{
    (void)state;
    const char *cache = cache_of("nothing");
    plant(always, VKTL_OK);
    for (int i = 0; i < 2; i++) {
        struct vktl_device *device = open_device(cache);
        assert_int_equal(smoke(device, &first, i ? op_find : find_planted), VKTL_FAILED);
        assert_true(messages_contain(&messages, "conv2d forward by direct is wrong (case \"3x3"));
        assert_true(messages_contain(&messages, "no other kernel can take its place"));
        assert_int_equal(messages_contain(&messages, "Checking"), i == 0);
        harness_close(&device);
    }
}

// A strict device computes as all others do: by the right kernels of another kind, or not at all.
static void test_strict_takes_no_other_algorithm(void **state)
{
    (void)state;
    struct vktl_device *device = NULL;
    const struct vktl_device_params params = {
        .guard = true, .strict = true, .cache_folder = cache_of("strict")};
    assert_int_equal(vktl_device_open(&harness_log, &params, &device), VKTL_OK);
    struct op_io io;
    char key[OP_KEY_SIZE];
    infer_conv2d(device, NULL, &io, key);
    const uint32_t usual = io.algorithm[OP_FORWARD];
    plant(always, VKTL_OK);
    assert_int_equal(smoke(device, &first, find_planted), VKTL_FAILED);
    assert_true(messages_contain(&messages, "no other kernel can take its place"));
    infer_conv2d(device, NULL, &io, key);
    assert_int_equal(io.algorithm[OP_FORWARD], usual);
    harness_close(&device);
}

// ---- The selftest is the judge -----------------------------------------------------------------

static void test_a_failed_row_bars(void **state)
{
    (void)state;
    struct vktl_device *device = open_device(cache_of("row"));
    const struct vktl_device_info *info = vktl_device_info(device);
    struct vktl_selftest_row row = {.op = "conv2d",
                                    .direction = "dw:kernel",
                                    .algorithm = "winograd4",
                                    .name = "planted",
                                    .pass = true,
                                    .detail = "wrong"};
    messages_init(&messages);
    assert_int_equal(judge_row(&messages.log, device, &op_conv2d, &row), VKTL_OK);
    row.pass = false;
    row.direction = "reference";
    assert_int_equal(judge_row(&messages.log, device, &op_conv2d, &row), VKTL_OK);
    assert_int_equal(info->barred_count, 0);
    row.direction = "dw:kernel";
    for (int i = 0; i < 2; i++)
        assert_int_equal(judge_row(&messages.log, device, &op_conv2d, &row), VKTL_OK);
    assert_int_equal(messages.count[VKTL_LOG_WARNING], 1);
    assert_int_equal(info->barred_count, 1);
    assert_string_equal(info->barred[0].direction, "dw");
    assert_int_equal(gpu_verdict(device), VERDICT_NONE);
    row.algorithm = "direct";
    assert_int_equal(judge_row(&messages.log, device, &op_conv2d, &row), VKTL_OK);
    assert_int_equal(gpu_verdict(device), VERDICT_FAILED);
    harness_close(&device);
}

// Of the operator that it ran, and not of others.
static void test_a_passed_table_lifts(void **state)
{
    (void)state;
    struct vktl_selftest_counts counts;
    const char *cache = cache_of("lifted");
    struct vktl_device *device = open_device(cache);
    assert_int_equal(gpu_bar(device, "dense", "forward", "rows4", "planted"), VKTL_OK);
    assert_int_equal(gpu_bar(device, "conv2d", "dx", "winograd4", "planted"), VKTL_OK);
    gpu_verdicts_write(device);
    const struct vktl_selftest_params runs[] = {{.op = "dense", .quick = true}, {.op = "dense"}};
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(vktl_selftest(&harness_log, device, &runs[i], NULL, NULL, &counts),
                         VKTL_OK);
        assert_int_equal(vktl_device_info(device)->barred_count, 2 - i);
    }
    harness_close(&device);
    device = open_device(cache);
    assert_int_equal(vktl_device_info(device)->barred_count, 1);
    assert_string_equal(vktl_device_info(device)->barred[0].op, "conv2d");
    harness_close(&device);
}

static int set_up(void **state)
{
    (void)state;
    struct vktl_device *device = harness_open(VKTL_FORM_AUTO); // skips where there is none
    harness_close(&device);
    temporary_create(&folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    temporary_destroy(&folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_right_passes),
        cmocka_unit_test(test_once),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_a_wrong_algorithm_is_barred),
        cmocka_unit_test(test_a_refusal_bars),
        cmocka_unit_test(test_a_loss_bars_from_the_next_start_on),
        cmocka_unit_test(test_no_memory_is_no_verdict),
        cmocka_unit_test(test_a_wrong_form_is_left),
        cmocka_unit_test(test_wrong_kernels_of_cpu_drivers_are_left),
        cmocka_unit_test(test_nothing_left),
        cmocka_unit_test(test_strict_takes_no_other_algorithm),
        cmocka_unit_test(test_a_failed_row_bars),
        cmocka_unit_test(test_a_passed_table_lifts),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
