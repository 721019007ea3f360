// TensorBoard's event files, read back by Debian's protobuf and CRC-32C.
#include "formats/tfevents.h"

#include <math.h>
#include <stdio.h>

#include "formats/oracle.h"
#include "harness/failing_malloc.h"
#include "harness/temporary.h"

static void expect_lines(struct temporary *folder, const char *name, const char *lines)
{
    temporary_write(folder, "expected.txt", lines, strlen(lines));
    oracle_script("tests/formats/tfevents_oracle.py", "lines '%s' '%s'",
                  temporary_path(folder, name), temporary_path(folder, "expected.txt"));
}

// Steps and tags of one and of several bytes' length, and values that are no ordinary numbers.
static void another_reader_finds_what_was_written(void **state)
{
    struct temporary *folder = *state;
    char tag[301];
    char lines[1024];
    struct tfevents events;
    memset(tag, 't', 300);
    tag[300] = 0;
    assert_int_equal(tfevents_open(&harness_log, temporary_path(folder, "a/b"), 0, &events),
                     VKTL_OK);
    assert_int_equal(tfevents_scalar(&events, "epoch_loss", 0, 0.5f), VKTL_OK);
    assert_int_equal(tfevents_scalar(&events, "epoch_loss", 127, -1e-30f), VKTL_OK);
    assert_int_equal(tfevents_scalar(&events, "epoch_loss", 128, NAN), VKTL_OK);
    assert_int_equal(tfevents_scalar(&events, tag, (int64_t)1 << 40, INFINITY), VKTL_OK);
    assert_int_equal(tfevents_flush(&events), VKTL_OK);
    snprintf(lines, sizeof lines,
             "version brain.Event:2\nsession 1 from 0\n0 epoch_loss 0.5\n127 epoch_loss "
             "%.9g\n128 epoch_loss nan\n1099511627776 %s inf\n",
             -1e-30f, tag);
    expect_lines(folder, "a/b", lines);
    tfevents_close(&events);
}

// As a resumed run does: the old file stays, the new one says from where on it counts.
static void a_second_file_follows_the_first(void **state)
{
    struct temporary *folder = *state;
    for (int64_t first = 0; first < 2; first++) {
        struct tfevents events;
        assert_int_equal(
            tfevents_open(&harness_log, temporary_path(folder, "two"), first * 3, &events),
            VKTL_OK);
        assert_int_equal(tfevents_scalar(&events, "x", first * 3, (float)first), VKTL_OK);
        tfevents_close(&events);
    }
    expect_lines(folder, "two",
                 "version brain.Event:2\nsession 1 from 0\n0 x 0\n"
                 "version brain.Event:2\nsession 1 from 3\n3 x 1\n");
}

static void a_folder_that_cannot_be_is_named(void **state)
{
    struct temporary *folder = *state;
    struct tfevents events;
    temporary_write(folder, "file", "", 0);
    assert_int_equal(
        tfevents_open(&harness_quiet_log, temporary_path(folder, "file/sub"), 0, &events), VKTL_IO);
    assert_non_null(strstr(harness_last_error, "file"));
    tfevents_close(&events);
}

static void a_full_disk_is_said(void **state)
{
    struct tfevents events = {.log = &harness_quiet_log, .file = fopen("/dev/full", "wb")};
    (void)state;
    if (!events.file)
        skip();
    events.path = calloc(1, 16);
    strcpy(events.path, "/dev/full");
    assert_int_equal(tfevents_scalar(&events, "x", 0, 0), VKTL_OK);
    assert_int_equal(tfevents_flush(&events), VKTL_IO);
    assert_non_null(strstr(harness_last_error, "/dev/full"));
    tfevents_close(&events);
}

static void no_allocation_may_fail_silently(void **state)
{
    struct temporary *folder = *state;
    char path[TEMPORARY_PATH_SIZE];
    strcpy(path, temporary_path(folder, "failing"));
    for (uint64_t n = 0;; n++) {
        struct tfevents events;
        const int64_t before = failing_malloc_live();
        failing_malloc_at(n);
        vktl_status status = tfevents_open(&harness_quiet_log, path, 0, &events);
        if (status == VKTL_OK)
            status = tfevents_scalar(&events, "x", 0, 0);
        const bool failed = failing_malloc_stop();
        tfevents_close(&events);
        assert_int_equal(failing_malloc_live(), before);
        if (!failed)
            break;
        assert_int_equal(status, VKTL_NO_MEMORY);
    }
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
        cmocka_unit_test(a_folder_that_cannot_be_is_named),
        cmocka_unit_test(a_full_disk_is_said),
        cmocka_unit_test(no_allocation_may_fail_silently),
        cmocka_unit_test(another_reader_finds_what_was_written),
        cmocka_unit_test(a_second_file_follows_the_first),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
