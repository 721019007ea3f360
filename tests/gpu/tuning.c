// What was measured on a device: choices by key, and the file that keeps them.
#include "harness/harness.h"
#include "harness/temporary.h"

#include <stdio.h>

#include "base/files.h"
#include "gpu/tuning.h"

static struct temporary folder;

static struct vktl_device *open_device(enum vktl_tuning_mode mode)
{
    struct vktl_device *device = NULL;
    const struct vktl_device_params params = {.tuning = {.mode = mode},
                                              .cache_folder = folder.path};
    assert_int_equal(vktl_device_open(&harness_log, &params, &device), VKTL_OK);
    return device;
}

// Keeps three choices, one of them replaced.
static void write_file(void)
{
    struct vktl_device *device = open_device(VKTL_TUNING_AUTO);
    struct tuning *tuning = gpu_tuning(device);
    assert_int_equal(tuning_set(tuning, "conv2d dx 1x2", "direct"), VKTL_OK);
    assert_int_equal(tuning_set(tuning, "dense forward 1", "rows4"), VKTL_OK);
    assert_int_equal(tuning_set(tuning, "conv2d dx 1x2", "winograd4"), VKTL_OK);
    assert_int_equal(tuning->count, 2);
    gpu_tuning_write(device);
    vktl_device_close(&device);
}

static uint32_t count_read(enum vktl_tuning_mode mode)
{
    struct vktl_device *device = open_device(mode);
    const uint32_t count = gpu_tuning(device)->count;
    vktl_device_close(&device);
    return count;
}

static char *find_file(void)
{
    struct folder_list list;
    char *path = NULL;
    assert_int_equal(folder_list_init(&harness_log, folder.path, &list), VKTL_OK);
    for (size_t i = 0; i < list.count; i++)
        if (strncmp(list.entries[i].name, "tuning-", 7) == 0 && !path)
            path = path_join(folder.path, list.entries[i].name);
    folder_list_deinit(&list);
    assert_non_null(path);
    return path;
}

static int set_up(void **state)
{
    (void)state;
    struct vktl_device *device = harness_open(VKTL_FORM_AUTO); // skips where there is none
    harness_close(&device);
    temporary_create(&folder);
    write_file();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    temporary_destroy(&folder);
    return 0;
}

static void test_is_read_again(void **state)
{
    (void)state;
    struct vktl_device *device = open_device(VKTL_TUNING_AUTO);
    assert_string_equal(tuning_find(gpu_tuning(device), "conv2d dx 1x2"), "winograd4");
    assert_string_equal(tuning_find(gpu_tuning(device), "dense forward 1"), "rows4");
    assert_null(tuning_find(gpu_tuning(device), "dense forward 2"));
    vktl_device_close(&device);
}

static void test_off_reads_nothing(void **state)
{
    (void)state;
    assert_int_equal(count_read(VKTL_TUNING_OFF), 0);
    assert_int_equal(count_read(VKTL_TUNING_ON), 2);
}

// Another form is another device here: its file has another name.
static void test_other_kernels_have_their_own(void **state)
{
    (void)state;
    struct vktl_device *device = NULL;
    const struct vktl_device_params params = {
        .gpu_kernels = true, .tuning = {.mode = VKTL_TUNING_AUTO}, .cache_folder = folder.path};
    assert_int_equal(vktl_device_open(&harness_log, &params, &device), VKTL_OK);
    assert_int_equal(gpu_tuning(device)->count, 0);
    vktl_device_close(&device);
}

// A whole file of the right fingerprint, but of another device.
static void test_foreign(void **state)
{
    (void)state;
    unsigned char *bytes;
    size_t size;
    char *path = find_file();
    assert_int_equal(file_read_all(&harness_log, path, 1 << 20, &bytes, &size), VKTL_OK);
    // The head's last line, up to the end, comes from a device of another name.
    char *text = (char *)bytes, *end = strstr(text, "end ");
    assert_non_null(end);
    text[strlen("vktl tuning 1\n")] ^= 1;
    const struct hash hash = hash_bytes((struct hash){{0}}, text, (size_t)(end - text));
    snprintf(end, size - (size_t)(end - text), "end %016llx%016llx",
             (unsigned long long)hash.half[0], (unsigned long long)hash.half[1]);
    text[size - 1] = '\n';
    assert_int_equal(file_write_all(&harness_log, path, bytes, size), VKTL_OK);
    assert_int_equal(count_read(VKTL_TUNING_AUTO), 0);
    text[strlen("vktl tuning 1\n")] ^= 1; // and the same made anew is read: it was not the hash
    const struct hash again = hash_bytes((struct hash){{0}}, text, (size_t)(end - text));
    snprintf(end, size - (size_t)(end - text), "end %016llx%016llx",
             (unsigned long long)again.half[0], (unsigned long long)again.half[1]);
    text[size - 1] = '\n';
    assert_int_equal(file_write_all(&harness_log, path, bytes, size), VKTL_OK);
    assert_int_equal(count_read(VKTL_TUNING_AUTO), 2);
    free(bytes);
    free(path);
}

// Any byte changed, any end cut off: nothing is believed, and the next writing mends it.
static void test_damaged(void **state)
{
    (void)state;
    unsigned char *bytes;
    size_t size;
    char *path = find_file();
    assert_int_equal(file_read_all(&harness_log, path, 1 << 20, &bytes, &size), VKTL_OK);
    for (size_t i = 0; i < size; i += size / 9) {
        bytes[i] ^= 4;
        assert_int_equal(file_write_all(&harness_log, path, bytes, size), VKTL_OK);
        assert_int_equal(count_read(VKTL_TUNING_AUTO), 0);
        bytes[i] ^= 4;
        assert_int_equal(file_write_all(&harness_log, path, bytes, i), VKTL_OK);
        assert_int_equal(count_read(VKTL_TUNING_AUTO), 0);
    }
    write_file();
    assert_int_equal(count_read(VKTL_TUNING_AUTO), 2);
    free(bytes);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_read_again),
        cmocka_unit_test(test_off_reads_nothing),
        cmocka_unit_test(test_other_kernels_have_their_own),
        cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
