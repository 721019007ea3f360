// Locks between processes: who gets one, when it is free again, and what killed writers leave.
#define _XOPEN_SOURCE 700
#include "harness/harness.h"
#include "harness/messages.h"
#include "harness/temporary.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"
#include "base/locks.h"

static struct temporary folder;
static struct messages messages;

static int setup(void **state)
{
    (void)state;
    messages_init(&messages);
    temporary_create(&folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    temporary_destroy(&folder);
    return 0;
}

static void a_folder_has_one_holder(void **state)
{
    (void)state;
    struct folder_lock first, second;
    assert_int_equal(folder_lock(&messages.log, folder.path, "training", &first), VKTL_OK);
    assert_int_equal(folder_lock(&messages.log, folder.path, "training", &second), VKTL_FAILED);
    assert_non_null(strstr(messages.text, folder.path));
    folder_unlock(&second); // was not had
    assert_int_equal(folder_lock(NULL, folder.path, "training", &second), VKTL_FAILED);
    folder_unlock(&first);
    assert_int_equal(folder_lock(&messages.log, folder.path, "training", &second), VKTL_OK);
    folder_unlock(&second);
    folder_unlock(&second);
    assert_int_equal(folder_lock(NULL, temporary_path(&folder, "none"), "training", &first),
                     VKTL_IO);
}

// Another process, that works in the folder until it is killed. Its id, once it does.
static pid_t start_holder(void)
{
    int ready[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        struct folder_lock lock;
        struct file_writer writer;
        if (folder_lock(NULL, folder.path, "training", &lock) == VKTL_OK &&
            file_writer_init(NULL, temporary_path(&folder, "held.txt"), &writer) == VKTL_OK &&
            file_writer_write(&writer, "half", 4) == VKTL_OK && write(ready[1], &byte, 1) == 1)
            pause();
        _exit(1);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static size_t count_files(void)
{
    struct folder_list list;
    assert_int_equal(folder_list_init(NULL, folder.path, &list), VKTL_OK);
    const size_t count = list.count;
    folder_list_deinit(&list);
    return count;
}

static void a_death_frees_the_lock_and_leaves_nothing(void **state)
{
    (void)state;
    struct folder_lock lock;
    const pid_t pid = start_holder();
    assert_int_equal(folder_lock(NULL, folder.path, "training", &lock), VKTL_FAILED);
    folder_clean(folder.path);
    assert_int_equal(count_files(), 1); // it is at work
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(folder_lock(NULL, folder.path, "training", &lock), VKTL_OK);
    folder_clean(folder.path);
    assert_int_equal(count_files(), 0);
    folder_unlock(&lock);
}

static void only_leftovers_are_removed(void **state)
{
    (void)state;
    static const char *const kept[] = {"notes.tmp",   "a.12-.tmp",   "a.-3.tmp", "a.12-3.tmp.txt",
                                       "a.12-3-tmp",  "a.b12-3.tmp", "12-3.tmp", "a.12-3x.tmp",
                                       "config.json", ".tmp"};
    static const char *const removed[] = {"a.json.12-3.tmp", "b.1.12345-0.tmp", ".x.7-999.tmp"};
    const size_t count = sizeof kept / sizeof *kept;
    struct file_writer writer;
    for (size_t i = 0; i < count; i++)
        temporary_write(&folder, kept[i], "x", 1);
    for (size_t i = 0; i < sizeof removed / sizeof *removed; i++)
        temporary_write(&folder, removed[i], "x", 1);
    temporary_write(&folder, "d.1-1.tmp/file", "x", 1); // a folder
    assert_int_equal(file_writer_init(NULL, temporary_path(&folder, "mine"), &writer), VKTL_OK);
    folder_clean(folder.path);
    assert_int_equal(count_files(), count + 2);
    for (size_t i = 0; i < count; i++)
        assert_true(file_exists(temporary_path(&folder, kept[i])));
    assert_int_equal(file_writer_write(&writer, "y", 1), VKTL_OK);
    assert_int_equal(file_writer_commit(&writer), VKTL_OK);
    file_writer_deinit(&writer);
    assert_true(file_exists(temporary_path(&folder, "mine")));
    folder_clean(temporary_path(&folder, "none")); // nothing there, nothing to say
}

static void a_folder_may_refuse_files(void **state)
{
    (void)state;
    assert_int_equal(folder_check_writable(&messages.log, folder.path), VKTL_OK);
    const char *none = temporary_path(&folder, "none");
    assert_int_equal(folder_check_writable(&messages.log, none), VKTL_IO);
    assert_non_null(strstr(messages.text, none));
    temporary_write(&folder, "full/file", "x", 1);
    folder_remove_empty(temporary_path(&folder, "full"));
    assert_true(folder_exists(temporary_path(&folder, "full")));
    assert_int_equal(remove(temporary_path(&folder, "full/file")), 0);
    folder_remove_empty(temporary_path(&folder, "full"));
    assert_false(folder_exists(temporary_path(&folder, "full")));
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(a_folder_has_one_holder),
        WITH_FOLDER(a_death_frees_the_lock_and_leaves_nothing),
        WITH_FOLDER(only_leftovers_are_removed),
        WITH_FOLDER(a_folder_may_refuse_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
