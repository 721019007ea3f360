// Negative controls of the validation layers, without which their silence would mean nothing: a
// barrier left out, and kernels that reach beyond their buffers, are seen.
#define _POSIX_C_SOURCE 200809L
#include "harness/harness.h"

#include <stdio.h>

#include "abi/relu.h"
#include "gpu/record.h"
#include "shaders.h"

enum { COUNT = 1000, SIZE = COUNT * 4, BEYOND = 4 * COUNT };

// What the recorder is told of relu; that it writes its second buffer, or that it only reads it.
static const struct kernel honest = {KERNEL(relu_fwd), .push_size = sizeof(struct relu_push),
                                     .access = {ACCESS_READ, ACCESS_WRITE}, .local = {64}};
static const struct kernel lying = {KERNEL(relu_fwd), .push_size = sizeof(struct relu_push),
                                    .access = {ACCESS_READ, ACCESS_READ}, .local = {64}};

// b = relu(a), a = relu(b): each waits for the other, if the recorder knows of it. Returns the
// messages that the layers had for it.
static uint32_t messages_of(enum vktl_form form, const struct kernel *kernel, uint32_t count)
{
    struct vktl_device *device = NULL;
    struct request requests[2] = {{.size = SIZE}, {.size = SIZE}};
    struct pool *pool = NULL;
    struct recorder *recorder = NULL;
    struct program *program = NULL;
    const struct relu_push push = {count};
    const struct vktl_device_params params = {.form = form, .validate = true, .cache_folder = ""};
    harness_last_error[0] = '\0';
    assert_int_equal(vktl_device_open(&harness_quiet_log, &params, &device), VKTL_OK);
    assert_int_equal(pool_create(device, POOL_DEVICE, "test", requests, 2, &pool), VKTL_OK);
    assert_int_equal(gpu_fill(device, requests[0].slice, 0), VKTL_OK);
    assert_int_equal(recorder_create(device, &recorder), VKTL_OK);
    for (int i = 0; i < 2; i++)
        record_dispatch(recorder, kernel,
                        &(struct dispatch){.bind = {requests[i].slice, requests[1 - i].slice},
                                           .push = &push,
                                           .threads = {count}});
    assert_int_equal(program_create(&recorder, &program), VKTL_OK);
    assert_int_equal(program_run(program), VKTL_OK);
    program_destroy(&program);
    pool_destroy(&pool);
    const uint32_t messages = vktl_device_validation_messages(device);
    vktl_device_close(&device);
    fprintf(stderr, "%u messages: %.200s\n", messages, harness_last_error);
    return messages;
}

// The layers follow what descriptors say, so they see races over storage buffers alone.
static void test_race(void **state)
{
    (void)state;
    assert_int_equal(messages_of(VKTL_FORM_STORAGE, &honest, COUNT), 0);
    assert_true(messages_of(VKTL_FORM_STORAGE, &lying, COUNT) > 0);
    assert_non_null(strstr(harness_last_error, "HAZARD"));
}

// The layers of 2023 see what lies beyond the whole buffer, guard words what lies beyond a slice.
// Without 64-bit integers in shaders, as on SwiftShader, they say so and see nothing.
static void test_beyond(enum vktl_form form)
{
    setenv("VK_LAYER_ENABLES", "VK_VALIDATION_FEATURE_ENABLE_GPU_ASSISTED_EXT", 1);
    const uint32_t messages = messages_of(form, &honest, COUNT);
    if (strstr(harness_last_error, "shaderInt64"))
        skip();
    assert_int_equal(messages, 0);
    assert_true(messages_of(form, &honest, BEYOND) > 0);
    assert_non_null(strstr(harness_last_error, "out of bounds"));
}

static void test_beyond_storage(void **state)
{
    (void)state;
    test_beyond(VKTL_FORM_STORAGE);
}

static void test_beyond_address(void **state)
{
    (void)state;
    test_beyond(VKTL_FORM_ADDRESS);
}

int main(void)
{
    if (getenv("VKTL_TEST_NO_VALIDATION"))
        return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_race),
        cmocka_unit_test(test_beyond_storage),
        cmocka_unit_test(test_beyond_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
