// Processes apart: talking to them, and what ends them.
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/apart.h"

static const struct apart_limits limits = {1, 1 << 20};

static void add_one(struct apart *parent, void *user)
{
    int number;
    while (apart_receive(parent, &number, sizeof number)) {
        number += *(const int *)user;
        apart_send(parent, &number, sizeof number);
    }
}

static void bytes_go_both_ways(void **state)
{
    int one = 1, number = 41;
    (void)state;
    struct apart *child = apart_start(&limits, add_one, &one);
    assert_non_null(child);
    one = 7; // the child has its own
    assert_true(apart_send(child, &number, sizeof number));
    assert_true(apart_receive(child, &number, sizeof number));
    assert_int_equal(number, 42);
    apart_end(&child, NULL);
    assert_null(child);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void crash(struct apart *parent, void *user)
{
    (void)parent, (void)user;
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
}

static void spin(struct apart *parent, void *user)
{
    (void)parent, (void)user;
    for (volatile uint32_t i = 0;; i++)
        continue;
}

// Whether a file of that name could be written, as a byte to the parent.
static void write_file(struct apart *parent, void *user)
{
    signal(SIGXFSZ, SIG_IGN);
    const int file = open(user, O_WRONLY | O_CREAT, 0600);
    const char is_written = file >= 0 && write(file, "x", 1) == 1;
    apart_send(parent, &is_written, 1);
}

static void the_end_is_told(void **state)
{
    char byte, how[APART_END_SIZE];
    (void)state;
    struct apart *child = apart_start(&limits, crash, NULL);
    assert_false(apart_receive(child, &byte, 1));
    apart_end(&child, how);
    assert_string_equal(how, "crashed, signal 11");
    child = apart_start(&limits, spin, NULL);
    assert_false(apart_receive(child, &byte, 1));
    apart_end(&child, how);
    assert_string_equal(how, "took too long");
    apart_end(&child, how);
    assert_string_equal(how, "");
}

static void a_child_writes_no_file(void **state)
{
    char byte = 1, path[] = "/tmp/vktl-apart-XXXXXX";
    (void)state;
    const int file = mkstemp(path);
    assert_true(file >= 0);
    struct apart *child = apart_start(&limits, write_file, path);
    assert_true(apart_receive(child, &byte, 1));
    assert_int_equal(byte, 0);
    apart_end(&child, NULL);
    assert_int_equal(lseek(file, 0, SEEK_END), 0);
    close(file);
    unlink(path);
}

// Memory without end: refused, or the end of the child, and in no case of this process.
static void take_memory(struct apart *parent, void *user)
{
    (void)user;
    char *block = malloc(64 << 20);
    const char has_memory = block != NULL;
    if (block)
        memset(block, 1, 64 << 20);
    apart_send(parent, &has_memory, 1);
}

static void memory_is_limited(void **state)
{
    char byte = 0;
    (void)state;
    struct apart *child = apart_start(&limits, take_memory, NULL);
    const bool is_told = apart_receive(child, &byte, 1);
    apart_end(&child, NULL);
    if (is_told && byte == 1)
        skip(); // a system that tells nothing of a process's memory
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_go_both_ways), cmocka_unit_test(the_end_is_told),
        cmocka_unit_test(a_child_writes_no_file), cmocka_unit_test(memory_is_limited)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
