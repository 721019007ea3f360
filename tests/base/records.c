// Files of records: what is found again, what two writers make of one file, and what a damaged, a
// foreign or a full one does.
#define _XOPEN_SOURCE 700
#include "harness/harness.h"
#include "harness/failing_malloc.h"
#include "harness/messages.h"
#include "harness/temporary.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/records.h"

enum { SIZE = 100 };

static struct temporary folder;
static struct messages messages;
static const struct hash kind = {{1, 2}};

static int set_up(void **state)
{
    (void)state;
    temporary_create(&folder);
    messages_init(&messages);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    temporary_destroy(&folder);
    return 0;
}

static struct hash key_of(uint32_t i)
{
    return hash_bytes((struct hash){{0}}, &i, sizeof i);
}

static void payload_of(uint32_t i, unsigned char payload[SIZE])
{
    for (uint32_t k = 0; k < SIZE; k++)
        payload[k] = (unsigned char)(i * 7 + k * 3);
}

static struct records *open_records(const char *name)
{
    return records_open(&messages.log, temporary_path(&folder, name), kind, SIZE);
}

static bool add(struct records *records, uint32_t i)
{
    unsigned char payload[SIZE];
    payload_of(i, payload);
    return records_add(records, key_of(i), payload);
}

static bool holds(struct records *records, uint32_t i)
{
    unsigned char expected[SIZE], found[SIZE];
    uint64_t number;
    payload_of(i, expected);
    return records_find(records, key_of(i), &number) &&
           records_read(records, number, key_of(i), found) && memcmp(expected, found, SIZE) == 0;
}

static void test_found_again(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    struct records *records = open_records("a");
    for (uint32_t i = 0; i < COUNT; i++)
        assert_true(add(records, i));
    for (uint32_t i = 0; i < COUNT; i++)
        assert_true(holds(records, i));
    assert_false(holds(records, COUNT));
    records_close(&records);
    records = open_records("a");
    assert_int_equal(records_count(records), COUNT);
    for (uint32_t i = 0; i < COUNT; i++)
        assert_true(holds(records, i));
    assert_true(records_clear(records));
    assert_int_equal(records_count(records), 0);
    assert_false(holds(records, 0));
    assert_true(add(records, 5));
    assert_true(holds(records, 5));
    records_close(&records);
}

// Changes one byte of a file; negative places count from its end.
static void flip(const char *name, long place)
{
    FILE *file = fopen(temporary_path(&folder, name), "r+b");
    assert_non_null(file);
    fseek(file, place, place < 0 ? SEEK_END : SEEK_SET);
    const int byte = getc(file);
    fseek(file, -1, SEEK_CUR);
    putc(byte ^ 1, file);
    fclose(file);
}

static void test_damage(void **state)
{
    (void)state;
    struct records *records = open_records("d");
    for (uint32_t i = 0; i < 3; i++)
        assert_true(add(records, i));
    records_close(&records);
    flip("d", -SIZE - 40); // in the payload of the second
    records = open_records("d");
    assert_true(holds(records, 0));
    assert_false(holds(records, 1));
    assert_true(holds(records, 2));
    assert_true(add(records, 1)); // the latest counts
    assert_true(holds(records, 1));
    records_close(&records);
    // Cut off within the last one: the next takes its place.
    assert_int_equal(truncate(temporary_path(&folder, "d"), (off_t)records_size_of(SIZE, 4) - 9),
                     0);
    records = open_records("d");
    assert_int_equal(records_count(records), 3);
    assert_true(add(records, 9));
    assert_true(holds(records, 9));
    records_close(&records);
    // A foreign file, another kind, another size: replaced.
    flip("d", 3);
    records = open_records("d");
    assert_int_equal(records_count(records), 0);
    assert_true(add(records, 1));
    records_close(&records);
    records = records_open(&messages.log, temporary_path(&folder, "d"), key_of(1), SIZE);
    assert_int_equal(records_count(records), 0);
    records_close(&records);
    records = records_open(&messages.log, temporary_path(&folder, "d"), key_of(1), SIZE - 4);
    assert_int_equal(records_count(records), 0);
    records_close(&records);
    assert_int_equal(messages.count[VKTL_LOG_WARNING], 0);
}

// Four processes add to one file at once.
static void test_processes(void **state)
{
    (void)state;
    enum { PROCESSES = 4, EACH = 200 };
    struct records *records = open_records("p");
    records_close(&records);
    for (uint32_t p = 0; p < PROCESSES; p++) {
        if (fork() != 0)
            continue;
        bool is_good = true;
        records = open_records("p");
        for (uint32_t i = 0; i < EACH; i++)
            is_good = is_good && add(records, p * EACH + i) && holds(records, p * EACH + i);
        records_close(&records);
        _exit(is_good ? 0 : 1);
    }
    for (int p = 0; p < PROCESSES; p++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    records = open_records("p");
    assert_int_equal(records_count(records), PROCESSES * EACH);
    for (uint32_t i = 0; i < PROCESSES * EACH; i++)
        assert_true(holds(records, i));
    records_close(&records);
}

// What somebody else has added meanwhile is not added again.
static void test_two_at_once(void **state)
{
    (void)state;
    struct records *left = open_records("t"), *right = open_records("t");
    for (uint32_t i = 0; i < 5; i++)
        assert_true(add(left, i) && add(right, i) && holds(left, i) && holds(right, i));
    for (uint32_t i = 5; i < 9; i++)
        assert_true(add(right, i));
    for (uint32_t i = 5; i < 9; i++)
        assert_true(add(left, i) && holds(left, i));
    records_close(&left);
    records_close(&right);
    left = open_records("t");
    assert_int_equal(records_count(left), 9);
    records_close(&left);
}

// A file that may not grow: what is in it stays, a warning says so once, nothing is half-written.
static void test_full(void **state)
{
    (void)state;
    struct stat info;
    const struct rlimit limit = {records_size_of(SIZE, 2) + 50, RLIM_INFINITY};
    const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
    struct records *records = open_records("f");
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    const bool added[] = {add(records, 0), add(records, 1), add(records, 2), add(records, 3)};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    assert_true(added[0] && added[1]);
    assert_false(added[2] || added[3]);
    assert_int_equal(messages.count[VKTL_LOG_WARNING], 1);
    assert_true(holds(records, 0) && holds(records, 1));
    assert_false(holds(records, 2));
    assert_int_equal(stat(temporary_path(&folder, "f"), &info), 0);
    assert_int_equal(info.st_size, records_size_of(SIZE, 2));
    records_close(&records);
    // A path where no file can be.
    temporary_write(&folder, "x/y", "", 0);
    assert_null(open_records("x"));
    assert_null(open_records("x/y/z"));
}

static void test_no_memory(void **state)
{
    (void)state;
    struct records *records = open_records("m");
    for (uint32_t i = 0; i < 3; i++)
        assert_true(add(records, i));
    records_close(&records);
    const int64_t live = failing_malloc_live();
    for (uint64_t n = 0;; n++) {
        failing_malloc_at(n);
        records = open_records("m");
        const bool failed = failing_malloc_stop();
        assert_true(failed || (records && records_count(records) == 3));
        records_close(&records);
        assert_int_equal(failing_malloc_live(), live);
        if (!failed)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_found_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_damage, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_processes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_two_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_full, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_memory, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
