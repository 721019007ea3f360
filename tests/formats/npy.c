// .npy files, read back by NumPy.
#include "formats/npy.h"

#include "formats/oracle.h"
#include "harness/failing_malloc.h"
#include "harness/temporary.h"

static float counted[256];

static void numpy_reads_what_was_written(void **state)
{
    struct temporary *folder = *state;
    char arguments[4096] = "npy";
    const struct shape shapes[] = {shape_1d(5), shape_2d(2, 3), shape_4d(2, 3, 4, 5)};
    const char *const names[] = {"1.npy", "2.npy", "3.npy"};
    for (int i = 0; i < 3; i++) {
        const char *path = temporary_path(folder, names[i]);
        assert_int_equal(npy_write(&harness_log, path, &shapes[i], counted), VKTL_OK);
        strcat(strcat(arguments, " "), path);
    }
    oracle(arguments);
}

static void a_folder_that_is_missing_is_named(void **state)
{
    struct temporary *folder = *state;
    const char *path = temporary_path(folder, "none/1.npy");
    const struct shape shape = shape_1d(5);
    assert_int_equal(npy_write(&harness_quiet_log, path, &shape, counted), VKTL_IO);
    assert_non_null(strstr(harness_last_error, "none"));
}

static int setup(void **state)
{
    static struct temporary folder;
    for (int i = 0; i < 256; i++)
        counted[i] = (float)i + 0.5f;
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
        cmocka_unit_test(a_folder_that_is_missing_is_named),
        cmocka_unit_test(numpy_reads_what_was_written),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
