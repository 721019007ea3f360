// What belongs to the process: threads, the clock, Ctrl-C, the terminal.
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "base/terminal.h"
#include "base/threads.h"

struct counter {
    struct mutex *mutex;
    struct condition *changed;
    int value;
};

static void add_thousand(void *user)
{
    struct counter *counter = user;
    for (int i = 0; i < 1000; i++) {
        mutex_lock(counter->mutex);
        counter->value++;
        condition_wake_one(counter->changed);
        mutex_unlock(counter->mutex);
    }
}

static void threads_share_what_a_mutex_guards(void **state)
{
    (void)state;
    struct counter counter = {0};
    struct thread *threads[4];
    assert_true(mutex_create(&counter.mutex) && condition_create(&counter.changed));
    for (int i = 0; i < 4; i++)
        assert_true(thread_create(&threads[i], add_thousand, &counter));
    mutex_lock(counter.mutex);
    while (counter.value < 4000)
        condition_wait(counter.changed, counter.mutex);
    mutex_unlock(counter.mutex);
    for (int i = 0; i < 4; i++) {
        thread_join(&threads[i]);
        assert_null(threads[i]);
    }
    condition_destroy(&counter.changed);
    mutex_destroy(&counter.mutex);
    assert_null(counter.mutex);
    thread_join(&threads[0]); // NULL by now
    assert_true(cpu_count() >= 1);
}

static void the_clock_measures_seconds(void **state)
{
    (void)state;
    double start = clock_seconds();
    nanosleep(&(struct timespec){0, 20 * 1000 * 1000}, NULL);
    double seconds = clock_seconds() - start;
    assert_true(seconds >= 0.02 && seconds < 10);
}

// In a child of its own: what it does is end the process.
static int status_after(int signal_count, int signal_number)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        interrupt_install();
        bool was_requested = interrupt_requested();
        for (int i = 0; i < signal_count; i++)
            raise(signal_number);
        _exit(was_requested ? 1 : interrupt_requested() ? 42 : 43);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void the_first_interrupt_is_noted_and_the_second_ends(void **state)
{
    (void)state;
    assert_int_equal(status_after(0, SIGINT), 43);
    assert_int_equal(status_after(1, SIGINT), 42);
    assert_int_equal(status_after(1, SIGTERM), 42);
    assert_int_equal(status_after(2, SIGINT), 130);
    signal(SIGINT, SIG_IGN);
    assert_int_equal(status_after(2, SIGINT), 43);
    signal(SIGINT, SIG_DFL);
}

static void without_a_terminal_there_is_no_colour(void **state)
{
    (void)state;
    int saved = dup(STDERR_FILENO), ends[2];
    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    unsetenv("NO_COLOR");
    setenv("TERM", "xterm", 1);
    bool is_live = terminal_is_live(), has_colour = terminal_has_colour();
    uint32_t width = terminal_width();
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[0]);
    close(ends[1]);
    assert_false(is_live);
    assert_false(has_colour);
    assert_int_equal(width, 80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_share_what_a_mutex_guards),
        cmocka_unit_test(the_clock_measures_seconds),
        cmocka_unit_test(the_first_interrupt_is_noted_and_the_second_ends),
        cmocka_unit_test(without_a_terminal_there_is_no_colour),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
