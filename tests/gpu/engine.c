// The engine by itself: copies, fills, replay, barriers, folding of long dispatches, both forms.
#include "harness/harness.h"

#include "abi/relu.h"
#include "gpu/record.h"
#include "shaders.h"

static const struct kernel relu = {
    KERNEL(relu_fwd),
    .push_size = sizeof(struct relu_push),
    .access = {ACCESS_READ, ACCESS_WRITE},
    .local = {64},
};

static void record_relu(struct recorder *recorder, struct slice x, struct slice y, uint32_t count)
{
    const struct relu_push push = {count};
    record_dispatch(
        recorder, &relu,
        &(struct dispatch){.bind = {x, y}, .push = &push, .threads = {count}, .flops = count});
}

// A chain of copies and kernels in which every command needs the one before it.
static void run_chain(enum vktl_form form)
{
    enum { COUNT = 3000000 }; // more than LINEAR_FOLD groups of 64
    struct vktl_device *device = harness_open(form);
    struct request requests[3] = {{.size = COUNT * 4}, {.size = COUNT * 4}, {.size = COUNT * 4}};
    struct pool *pool = NULL;
    struct recorder *recorder = NULL;
    struct program *program = NULL;
    float *values = malloc(COUNT * 4);
    assert_non_null(values);
    for (int i = 0; i < COUNT; i++)
        values[i] = (float)(i % 1001 - 500);
    assert_int_equal(pool_create(device, POOL_DEVICE, "test", requests, 3, &pool), VKTL_OK);
    assert_int_equal(gpu_upload(device, requests[0].slice, values, COUNT * 4), VKTL_OK);
    assert_int_equal(recorder_create(device, &recorder), VKTL_OK);
    record_fill(recorder, requests[2].slice, 0);
    record_relu(recorder, requests[0].slice, requests[1].slice, COUNT);
    record_copy(recorder, requests[2].slice, requests[1].slice);
    record_relu(recorder, requests[2].slice, requests[0].slice, COUNT);
    assert_int_equal(program_create(&recorder, &program), VKTL_OK);
    for (int run = 0; run < 6; run++)
        assert_int_equal(program_run(program), VKTL_OK);
    assert_int_equal(gpu_download(device, values, requests[0].slice, COUNT * 4), VKTL_OK);
    for (int i = 0; i < COUNT; i++)
        assert_true(values[i] == (float)(i % 1001 > 500 ? i % 1001 - 500 : 0));
    assert_int_equal(pool_check_guards(pool), VKTL_OK);

    const struct profile_row *rows = NULL;
    assert_int_equal(program_profile(program, true), VKTL_OK);
    assert_int_equal(program_run(program), VKTL_OK);
    assert_int_equal(program_profile_rows(program, &rows), 4);
    assert_string_equal(rows[1].kernel, "relu_fwd");
    assert_true(rows[1].seconds > 0);
    assert_int_equal(program_flops(program), 2 * COUNT);

    program_destroy(&program);
    pool_destroy(&pool);
    harness_close(&device);
    free(values);
}

static void test_storage_form(void **state)
{
    (void)state;
    run_chain(VKTL_FORM_STORAGE);
}

static void test_address_form(void **state)
{
    (void)state;
    run_chain(VKTL_FORM_ADDRESS);
}

// A kernel that writes one element too many must be caught by the guard words.
static void test_guard_words(void **state)
{
    (void)state;
    struct vktl_device *device = harness_open(VKTL_FORM_STORAGE);
    struct request requests[2] = {{.size = 400}, {.size = 400}};
    struct pool *pool = NULL;
    assert_int_equal(pool_create(device, POOL_DEVICE, "test", requests, 2, &pool), VKTL_OK);
    assert_int_equal(pool_check_guards(pool), VKTL_OK);
    struct slice beyond = requests[0].slice;
    beyond.size += 4;
    assert_int_equal(gpu_fill(device, beyond, 7), VKTL_OK);
    assert_int_equal(pool_check_guards(pool), VKTL_FAILED);
    pool_destroy(&pool);
    harness_close(&device);
}

static void test_too_large(void **state)
{
    (void)state;
    struct vktl_device *device = harness_open(VKTL_FORM_AUTO);
    struct pool *pool = NULL;
    struct slice slice;
    assert_int_equal(
        pool_create_single(device, POOL_DEVICE, "test", (uint64_t)1 << 50, &slice, &pool),
        VKTL_NO_MEMORY);
    assert_null(pool);
    harness_close(&device);
}

static void test_choice(void **state)
{
    (void)state;
    struct vktl_device *device = NULL;
    const struct vktl_device_params params = {.which = "no such device"};
    assert_int_equal(vktl_device_open(&harness_quiet_log, &params, &device), VKTL_NO_DEVICE);
    assert_non_null(strstr(harness_last_error, "no such device"));
    assert_null(device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_storage_form), cmocka_unit_test(test_address_form),
        cmocka_unit_test(test_guard_words),  cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_choice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
