// safetensors: written and read back, read by Python, and damaged in every way that a header
// allows.
#include "formats/safetensors.h"

#include "base/files.h"
#include "formats/oracle.h"
#include "harness/failing_malloc.h"
#include "harness/temporary.h"

static const float kernel[6] = {0.5f, 1.5f, 2.5f, 3.5f, 4.5f, 5.5f};
static const struct safetensors_text texts[] = {{"epoch", "3"}, {"classes", "[\"é\", \"b\\n\"]"}};
static const struct safetensors_tensor tensors[] = {
    {"fc/kernel", {2, {2, 3}}, kernel},
    {"fc/bias", {1, {3}}, kernel},
};

static vktl_status write_sample(const char *path)
{
    return safetensors_write(&harness_log, path, texts, 2, tensors, 2);
}

// Bytes of a file with this header and `data_size` bytes of data; static storage.
static const unsigned char *make_file(const char *header, size_t data_size, size_t *size)
{
    static unsigned char bytes[4096];
    const size_t length = strlen(header);
    memset(bytes, 0, sizeof bytes);
    bytes[0] = (unsigned char)length;
    bytes[1] = (unsigned char)(length >> 8);
    memcpy(bytes + 8, header, length);
    *size = 8 + length + data_size;
    assert_true(*size <= sizeof bytes);
    return bytes;
}

static vktl_status open_header(const char *header, size_t data_size, struct safetensors **file)
{
    size_t size;
    const unsigned char *bytes = make_file(header, data_size, &size);
    return safetensors_open_memory(&harness_quiet_log, "sample", bytes, size, file);
}

static void check_sample(struct safetensors *file)
{
    float values[6];
    assert_int_equal(safetensors_count(file), 2);
    assert_string_equal(safetensors_metadata(file, "epoch"), "3");
    assert_string_equal(safetensors_metadata(file, "classes"), "[\"é\", \"b\\n\"]");
    assert_null(safetensors_metadata(file, "Epoch"));
    assert_null(safetensors_find(file, "fc"));
    const struct safetensors_entry *entry = safetensors_find(file, "fc/kernel");
    assert_non_null(entry);
    assert_true(entry->readable);
    assert_true(shape_equal(&entry->shape, &tensors[0].shape));
    assert_int_equal(safetensors_read(file, entry, values), VKTL_OK);
    assert_memory_equal(values, kernel, sizeof kernel);
    assert_string_equal(safetensors_at(file, 1)->name, "fc/bias");
    assert_int_equal(safetensors_read(file, safetensors_at(file, 1), values), VKTL_OK);
    assert_memory_equal(values, kernel, 3 * sizeof *kernel);
}

static void what_was_written_is_read(void **state)
{
    const char *path = temporary_path(*state, "a.safetensors");
    struct safetensors *file;
    unsigned char *bytes;
    size_t size;
    assert_int_equal(write_sample(path), VKTL_OK);
    assert_int_equal(safetensors_open(&harness_log, path, &file), VKTL_OK);
    check_sample(file);
    safetensors_close(&file);
    assert_null(file);

    assert_int_equal(file_read_all(&harness_log, path, 1 << 20, &bytes, &size), VKTL_OK);
    assert_int_equal(safetensors_open_memory(&harness_log, "memory", bytes, size, &file), VKTL_OK);
    check_sample(file);
    safetensors_close(&file);
    free(bytes);
}

// Nothing but the text changes: neither other text nor a byte of the tensors.
static void text_is_changed_in_place(void **state)
{
    const char *path = temporary_path(*state, "text.safetensors");
    struct safetensors *file;
    unsigned char *before, *after;
    size_t size[2];
    assert_int_equal(write_sample(path), VKTL_OK);
    assert_int_equal(file_read_all(&harness_log, path, 1 << 20, &before, &size[0]), VKTL_OK);
    static const char *const values[] = {"1.5", "a \"longer\" text", ""};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        assert_int_equal(safetensors_set_text(&harness_log, path, "new", values[i]), VKTL_OK);
        assert_int_equal(safetensors_open(&harness_log, path, &file), VKTL_OK);
        assert_string_equal(safetensors_metadata(file, "new"), values[i]);
        check_sample(file);
        safetensors_close(&file);
    }
    assert_int_equal(file_read_all(&harness_log, path, 1 << 20, &after, &size[1]), VKTL_OK);
    const size_t header[2] = {8 + before[0] + 256u * before[1], 8 + after[0] + 256u * after[1]};
    assert_int_equal(header[1] % 8, 0);
    assert_int_equal(size[0] - header[0], size[1] - header[1]);
    assert_memory_equal(before + header[0], after + header[1], size[0] - header[0]);

    // A damaged file is refused and stays as it is.
    assert_int_equal(file_write_all(&harness_log, path, after, size[1] - 1), VKTL_OK);
    assert_int_equal(safetensors_set_text(&harness_quiet_log, path, "new", "x"), VKTL_INPUT);
    free(before);
    assert_int_equal(file_read_all(&harness_log, path, 1 << 20, &before, &size[0]), VKTL_OK);
    assert_int_equal(size[0], size[1] - 1);
    assert_memory_equal(before, after, size[0]);
    free(before);
    free(after);
}

static void python_reads_what_was_written(void **state)
{
    char arguments[4096];
    const char *path = temporary_path(*state, "b.safetensors");
    assert_int_equal(write_sample(path), VKTL_OK);
    snprintf(arguments, sizeof arguments, "safetensors '%s'", path);
    oracle(arguments);
}

static void a_file_cut_anywhere_is_refused(void **state)
{
    const char *path = temporary_path(*state, "c.safetensors");
    struct safetensors *file;
    unsigned char *bytes;
    size_t size;
    assert_int_equal(write_sample(path), VKTL_OK);
    assert_int_equal(file_read_all(&harness_log, path, 1 << 20, &bytes, &size), VKTL_OK);
    for (size_t cut = 0; cut < size; cut++) {
        const char *part = temporary_path(*state, "cut.safetensors");
        assert_int_equal(file_write_all(&harness_log, part, bytes, cut), VKTL_OK);
        assert_int_equal(safetensors_open(&harness_quiet_log, part, &file), VKTL_INPUT);
        assert_null(file);
        assert_non_null(strstr(harness_last_error, "cut.safetensors"));
        // The same in memory, in a block of just that size, so that reading beyond it shows.
        unsigned char *copy = malloc(cut + !cut);
        memcpy(copy, bytes, cut);
        assert_int_equal(safetensors_open_memory(&harness_quiet_log, "m", copy, cut, &file),
                         VKTL_INPUT);
        free(copy);
    }
    free(bytes);
}

static void damaged_headers_are_refused(void **state)
{
    static const struct {
        const char *header;
        size_t data_size;
        const char *message;
    } rows[] = {
        {"[1, 2]", 0, "no JSON object"},
        {"{\"a\":", 0, "no JSON object"},
        {"{\"a\":1}", 0, "lacks dtype"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "lacks dtype"},
        {"{\"a\":{\"dtype\":\"F33\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "F33"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "do not agree"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, "do not agree"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[0.5],\"data_offsets\":[0,2]}}", 2, "do not agree"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296,2],"
         "\"data_offsets\":[0,0]}}",
         0, "do not agree"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, "do not agree"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}", 4, "do not agree"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 4, "cut short"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "hole"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
         "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}",
         12, "overlaps"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
         "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
         8, "two tensors"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 5, "follow"},
        {"{\"__metadata__\":3}", 0, "__metadata__"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct safetensors *file;
        assert_int_equal(open_header(rows[i].header, rows[i].data_size, &file), VKTL_INPUT);
        if (!strstr(harness_last_error, rows[i].message))
            fail_msg("%s: '%s' lacks '%s'", rows[i].header, harness_last_error, rows[i].message);
    }
}

static void a_header_of_absurd_size_is_refused(void **state)
{
    static const unsigned char bytes[16] = {0xff, 0xff, 0xff, 0xff, 0xff,
                                            0xff, 0xff, 0xff, '{',  '}'};
    struct safetensors *file;
    (void)state;
    assert_int_equal(safetensors_open_memory(&harness_quiet_log, "m", bytes, sizeof bytes, &file),
                     VKTL_INPUT);
}

static void other_types_are_listed_but_not_read(void **state)
{
    static const char header[] = "{\"h\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]},"
                                 "\"s\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[4,8]},"
                                 "\"e\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[8,8]},"
                                 "\"r\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1],"
                                 "\"data_offsets\":[8,12]}}";
    struct safetensors *file;
    float value;
    (void)state;
    assert_int_equal(open_header(header, 12, &file), VKTL_OK);
    assert_int_equal(safetensors_count(file), 4);
    for (uint32_t i = 0; i < 4; i++) {
        const struct safetensors_entry *entry = safetensors_at(file, i);
        assert_false(entry->readable);
        assert_int_equal(safetensors_read(file, entry, &value), VKTL_INPUT);
    }
    assert_non_null(strstr(harness_last_error, "F32 of one to four axes"));
    safetensors_close(&file);
}

static void failed_allocations_leak_nothing(void **state)
{
    const char *path = temporary_path(*state, "d.safetensors");
    struct safetensors *file;
    for (uint64_t n = 0;; n++) {
        failing_malloc_at(n);
        const vktl_status status = safetensors_write(NULL, path, texts, 2, tensors, 2);
        if (!failing_malloc_stop())
            break;
        // Once the file has its name, only syncing its folder is left, which may be skipped.
        assert_int_equal(status, file_exists(path) ? VKTL_OK : VKTL_NO_MEMORY);
    }
    for (uint64_t n = 0;; n++) {
        const int64_t live = failing_malloc_live();
        failing_malloc_at(n);
        const vktl_status status = safetensors_open(NULL, path, &file);
        if (!failing_malloc_stop())
            break;
        assert_int_equal(status, VKTL_NO_MEMORY);
        assert_null(file);
        assert_int_equal(failing_malloc_live(), live);
    }
    safetensors_close(&file);
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
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(damaged_headers_are_refused),
        cmocka_unit_test(a_header_of_absurd_size_is_refused),
        cmocka_unit_test(other_types_are_listed_but_not_read),
        cmocka_unit_test(text_is_changed_in_place),
        cmocka_unit_test(failed_allocations_leak_nothing),
        cmocka_unit_test(python_reads_what_was_written),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
