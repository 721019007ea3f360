// Keras's .h5: every layout as h5py writes it, the real files of the shared data, and damage.
#define _XOPEN_SOURCE 700
#include "formats/keras_h5.h"

#include <sys/wait.h>

#include "base/files.h"
#include "base/text.h"
#include "formats/keras_h5_reader.h"
#include "formats/oracle.h"
#include "harness/failing_malloc.h"
#include "harness/temporary.h"

// Appends a line as oracle.py writes it: layer, weight, shape, first and last value.
static void describe(struct keras_h5 *file, uint32_t index, struct text *text)
{
    const struct keras_h5_entry *entry = keras_h5_at(file, index);
    char shape[SHAPE_TEXT_SIZE];
    assert_true(entry->readable);
    const uint64_t count = shape_count(&entry->shape);
    float *values = malloc(count * sizeof *values);
    assert_int_equal(keras_h5_read(file, index, values), VKTL_OK);
    text_format(text, "%s %s %s %.2f %.2f\n", entry->layer, entry->name,
                shape_text(&entry->shape, shape), (double)values[0], (double)values[count - 1]);
    free(values);
}

static void every_layout_is_read(void **state)
{
    static const char *const names[] = {"keras1",       "keras2", "keras2_whole",
                                        "keras3_whole", "nested", "bare"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[64];
        struct keras_h5 *file;
        struct text found;
        unsigned char *expected;
        size_t size;
        text_init(&found);
        snprintf(name, sizeof name, "%s.h5", names[i]);
        assert_int_equal(keras_h5_open(&harness_log, temporary_path(*state, name), &file), VKTL_OK);
        for (uint32_t j = 0; j < keras_h5_count(file); j++)
            describe(file, j, &found);
        snprintf(name, sizeof name, "%s.txt", names[i]);
        assert_int_equal(
            file_read_all(&harness_log, temporary_path(*state, name), 1 << 20, &expected, &size),
            VKTL_OK);
        assert_string_equal(found.data, (const char *)expected);
        free(expected);
        text_deinit(&found);
        keras_h5_close(&file);
        assert_null(file);
    }
}

static void damaged_files_are_named(void **state)
{
    static const struct {
        const char *name, *message;
    } rows[] = {
        {"missing.h5", "conv/conv/kernel:0"}, {"no_group.h5", "'conv'"},
        {"elsewhere.h5", "'conv'"},           {"numbers.h5", "list of names"},
        {"keras3.h5", "model.save"},          {"keras1.txt", "not an HDF5 file"},
        {"nothing.h5", "no such file"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct keras_h5 *file;
        const char *path = temporary_path(*state, rows[i].name);
        assert_int_equal(keras_h5_open(&harness_quiet_log, path, &file), VKTL_INPUT);
        assert_null(file);
        assert_non_null(strstr(harness_last_error, rows[i].name));
        if (!strstr(harness_last_error, rows[i].message))
            fail_msg("'%s' lacks '%s'", harness_last_error, rows[i].message);
    }
}

static void rings_of_links_end(void **state)
{
    struct keras_h5 *file;
    const char *path = temporary_path(*state, "ring.h5");
    assert_int_equal(keras_h5_open(&harness_log, path, &file), VKTL_OK);
    assert_int_equal(keras_h5_count(file), 0);
    keras_h5_close(&file);
}

static void other_arrays_are_listed_but_not_read(void **state)
{
    struct keras_h5 *file;
    float value;
    const char *path = temporary_path(*state, "unreadable.h5");
    assert_int_equal(keras_h5_open(&harness_quiet_log, path, &file), VKTL_OK);
    assert_int_equal(keras_h5_count(file), 6);
    for (uint32_t i = 0; i < keras_h5_count(file); i++) {
        assert_false(keras_h5_at(file, i)->readable);
        assert_int_equal(keras_h5_read(file, i, &value), VKTL_INPUT);
        assert_non_null(strstr(harness_last_error, keras_h5_at(file, i)->path));
    }
    keras_h5_close(&file);
}

// A file cut short must be refused when it is opened or when its arrays are read.
static vktl_status read_whole(const char *path)
{
    struct keras_h5 *file;
    vktl_status status = keras_h5_open(&harness_quiet_log, path, &file);
    for (uint32_t i = 0; status == VKTL_OK && i < keras_h5_count(file); i++) {
        float *values = malloc(shape_size(&keras_h5_at(file, i)->shape));
        status = keras_h5_read(file, i, values);
        free(values);
    }
    keras_h5_close(&file);
    return status;
}

static void a_file_cut_anywhere_is_refused(void **state)
{
    const char *whole = temporary_path(*state, "keras2.h5");
    unsigned char *bytes;
    size_t size;
    assert_int_equal(read_whole(whole), VKTL_OK);
    assert_int_equal(file_read_all(&harness_log, whole, 1 << 20, &bytes, &size), VKTL_OK);
    for (size_t cut = 0; cut < size; cut += cut < 4096 ? 64 : 509) {
        const char *path = temporary_path(*state, "cut.h5");
        assert_int_equal(file_write_all(&harness_log, path, bytes, cut), VKTL_OK);
        assert_int_equal(read_whole(path), VKTL_INPUT);
        assert_non_null(strstr(harness_last_error, "cut.h5"));
    }
    free(bytes);
}

// Whatever the bytes are, reading ends with a status.
static void flipped_bytes_do_no_harm(void **state)
{
    const char *whole = temporary_path(*state, "keras1.h5");
    unsigned char *bytes;
    size_t size;
    assert_int_equal(file_read_all(&harness_log, whole, 1 << 20, &bytes, &size), VKTL_OK);
    for (size_t place = 0; place < size; place += 97) {
        const char *path = temporary_path(*state, "flipped.h5");
        bytes[place] ^= 0xff;
        assert_int_equal(file_write_all(&harness_log, path, bytes, size), VKTL_OK);
        const vktl_status status = read_whole(path);
        assert_true(status == VKTL_OK || status == VKTL_INPUT);
        bytes[place] ^= 0xff;
    }
    free(bytes);
}

// Forged files over which HDF5 itself crashes, or never ends: only the process apart does.
static void what_breaks_hdf5_is_a_damaged_file(void **state)
{
    static const struct {
        const char *name, *how;
    } rows[] = {{"global_heap_read", "crashed"}, {"endless_heap", "took too long"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/tests/fuzz/regressions/keras_h5/%s",
                 getenv("VKTL_TEST_SOURCE"), rows[i].name);
        assert_int_equal(read_whole(path), VKTL_INPUT);
        assert_non_null(strstr(harness_last_error, rows[i].name));
        assert_non_null(strstr(harness_last_error, rows[i].how));
    }
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); // nobody is left behind
}

static void failed_allocations_of_the_reader_leak_nothing(void **state)
{
    struct h5_reader *file;
    const char *path = temporary_path(*state, "keras2.h5");
    for (uint64_t n = 0;; n++) {
        const int64_t live = failing_malloc_live();
        failing_malloc_at(n);
        const vktl_status status = h5_reader_open(NULL, path, &file);
        if (!failing_malloc_stop())
            break;
        assert_int_equal(status, VKTL_NO_MEMORY);
        assert_null(file);
        assert_int_equal(failing_malloc_live(), live);
    }
    h5_reader_close(&file);
}

static void failed_allocations_leak_nothing(void **state)
{
    struct keras_h5 *file;
    const char *path = temporary_path(*state, "keras2.h5");
    for (uint64_t n = 0;; n++) {
        const int64_t live = failing_malloc_live();
        failing_malloc_at(n);
        const vktl_status status = keras_h5_open(NULL, path, &file);
        if (!failing_malloc_stop())
            break;
        assert_int_equal(status, VKTL_NO_MEMORY);
        assert_null(file);
        assert_int_equal(failing_malloc_live(), live);
    }
    keras_h5_close(&file);
}

static const float numbers[] = {1, -2, 0.5f, 4, 5, 6};
static const struct keras_h5_weight dense_weights[] = {{"kernel", {2, {2, 3}}, numbers},
                                                       {"bias", {1, {3}}, numbers}};
static const struct keras_h5_layer written_layers[] = {{"z", dense_weights, 2}, {"a", NULL, 0}};

static void what_was_written_is_read(void **state)
{
    static const char *const configs[] = {NULL, "{\"any\": \"text\"}"};
    const char *path = temporary_path(*state, "written.h5");
    for (size_t i = 0; i < 2; i++) {
        struct keras_h5 *file;
        struct text found;
        const struct keras_h5_model model = {configs[i], written_layers, 2};
        assert_int_equal(keras_h5_write(&harness_log, path, &model), VKTL_OK);
        assert_int_equal(keras_h5_open(&harness_log, path, &file), VKTL_OK);
        if (configs[i])
            assert_string_equal(keras_h5_config(file), configs[i]);
        else
            assert_null(keras_h5_config(file));
        text_init(&found);
        for (uint32_t j = 0; j < keras_h5_count(file); j++)
            describe(file, j, &found);
        assert_string_equal(found.data, "z kernel (2, 3) 1.00 6.00\nz bias (3) 1.00 0.50\n");
        text_deinit(&found);
        keras_h5_close(&file);
    }
}

static void a_failed_writing_leaves_the_older_file(void **state)
{
    const struct keras_h5_model model = {"{}", written_layers, 2};
    const char *path = temporary_path(*state, "older.h5");
    temporary_write(*state, "older.h5", "older", 5);
    for (uint64_t n = 0;; n++) {
        unsigned char *bytes;
        size_t size;
        const int64_t live = failing_malloc_live();
        failing_malloc_at(n);
        const vktl_status status = keras_h5_write(NULL, path, &model);
        if (!failing_malloc_stop())
            break;
        assert_int_equal(failing_malloc_live(), live);
        if (status == VKTL_OK) // what failed was making sure of the folder, which may
            continue;
        assert_true(status == VKTL_NO_MEMORY || status == VKTL_IO); // HDF5 does not say why
        assert_int_equal(file_read_all(&harness_log, path, 64, &bytes, &size), VKTL_OK);
        assert_string_equal((const char *)bytes, "older");
        free(bytes);
    }
    assert_int_equal(read_whole(path), VKTL_OK);
}

static void real_weights_are_read(void **state)
{
    struct keras_h5 *file;
    (void)state;
    const char *path = harness_shared_path("weights/mobilenet_1_0_224_no_top_to_conv_pw_12.h5");
    if (!path)
        skip();
    assert_int_equal(keras_h5_open(&harness_log, path, &file), VKTL_OK);
    assert_int_equal(keras_h5_count(file), 25 * 5); // a kernel and four of its normalisation
    uint64_t count = 0;
    for (uint32_t i = 0; i < keras_h5_count(file); i++)
        count += shape_count(&keras_h5_at(file, i)->shape);
    assert_int_equal(count, 2162880);
    assert_string_equal(keras_h5_at(file, 0)->layer, "conv1");
    assert_string_equal(keras_h5_at(file, 0)->name, "kernel");
    assert_string_equal(keras_h5_at(file, 124)->layer, "conv_pw_12_bn");
    assert_string_equal(keras_h5_at(file, 124)->name, "moving_variance");
    keras_h5_close(&file);
}

// A vktl without HDF5 says so about every file; then there is nothing else to test.
static void skip_without_hdf5(void)
{
    struct keras_h5 *file;
    keras_h5_open(&harness_quiet_log, "any.h5", &file);
    if (strstr(harness_last_error, "built without HDF5"))
        exit(ORACLE_SKIPPED);
}

static int setup(void **state)
{
    static struct temporary folder;
    char arguments[2048];
    skip_without_hdf5();
    temporary_create(&folder);
    *state = &folder;
    snprintf(arguments, sizeof arguments, "h5 '%s'", folder.path);
    oracle(arguments);
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
        cmocka_unit_test(every_layout_is_read),
        cmocka_unit_test(damaged_files_are_named),
        cmocka_unit_test(rings_of_links_end),
        cmocka_unit_test(other_arrays_are_listed_but_not_read),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(flipped_bytes_do_no_harm),
        cmocka_unit_test(failed_allocations_of_the_reader_leak_nothing),
        cmocka_unit_test(failed_allocations_leak_nothing),
        cmocka_unit_test(what_breaks_hdf5_is_a_damaged_file),
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(a_failed_writing_leaves_the_older_file),
        cmocka_unit_test(real_weights_are_read),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
