// Files and folders: reading, all-or-nothing writing, listing, paths.
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/files.h"
#include "harness/failing_malloc.h"
#include "harness/messages.h"
#include "harness/temporary.h"

static struct temporary folder;
static struct messages messages;

static int setup(void **state)
{
    (void)state;
    temporary_create(&folder);
    messages_init(&messages);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    temporary_destroy(&folder);
    return 0;
}

static void assert_file_holds(const char *path, const char *expected)
{
    unsigned char *bytes;
    size_t size;
    assert_int_equal(file_read_all(&messages.log, path, 1 << 20, &bytes, &size), VKTL_OK);
    assert_int_equal(size, strlen(expected));
    assert_string_equal((char *)bytes, expected);
    free(bytes);
}

static size_t count_entries(void)
{
    struct folder_list list;
    assert_int_equal(folder_list_init(NULL, folder.path, &list), VKTL_OK);
    size_t count = list.count;
    folder_list_deinit(&list);
    return count;
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    const char *path = temporary_path(&folder, "file");
    assert_int_equal(file_write_all(&messages.log, path, "first", 5), VKTL_OK);
    assert_file_holds(path, "first");
    assert_int_equal(file_write_all(&messages.log, path, "", 0), VKTL_OK);
    assert_file_holds(path, "");
    assert_int_equal(count_entries(), 1);
    assert_string_equal(messages.text, "");
}

static void new_files_follow_the_umask(void **state)
{
    (void)state;
    struct stat info;
    mode_t before = umask(027);
    const char *path = temporary_path(&folder, "file");
    assert_int_equal(file_write_all(&messages.log, path, "x", 1), VKTL_OK);
    umask(before);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
}

static void reading_fails_with_path_and_reason(void **state)
{
    (void)state;
    unsigned char *bytes;
    size_t size;
    const char *missing = temporary_path(&folder, "missing");
    assert_int_equal(file_read_all(&messages.log, missing, 9, &bytes, &size), VKTL_INPUT);
    assert_null(bytes);
    assert_true(messages_contain(&messages, missing));
    assert_true(messages_contain(&messages, "No such file"));

    assert_int_equal(file_read_all(&messages.log, folder.path, 9, &bytes, &size), VKTL_INPUT);
    assert_true(messages_contain(&messages, "not a regular file"));

    temporary_write(&folder, "ten", "0123456789", 10);
    const char *ten = temporary_path(&folder, "ten");
    assert_int_equal(file_read_all(&messages.log, ten, 9, &bytes, &size), VKTL_INPUT);
    assert_true(messages_contain(&messages, "has 10 bytes, at most 9"));

    const char *pipe_path = temporary_path(&folder, "pipe");
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    assert_int_equal(file_read_all(&messages.log, pipe_path, 9, &bytes, &size), VKTL_INPUT);
}

static void an_aborted_write_leaves_the_older_file(void **state)
{
    (void)state;
    const char *path = temporary_path(&folder, "file");
    assert_int_equal(file_write_all(&messages.log, path, "old", 3), VKTL_OK);
    struct file_writer writer;
    assert_int_equal(file_writer_init(&messages.log, path, &writer), VKTL_OK);
    assert_int_equal(file_writer_write(&writer, "new", 3), VKTL_OK);
    assert_file_holds(path, "old");
    assert_int_equal(count_entries(), 2);
    file_writer_deinit(&writer);
    assert_file_holds(path, "old");
    assert_int_equal(count_entries(), 1);
}

// A limit on file sizes stands for a full disk: the last write is short, the next one fails.
static void a_full_disk_leaves_the_older_file(void **state)
{
    (void)state;
    const char *path = temporary_path(&folder, "file");
    assert_int_equal(file_write_all(&messages.log, path, "old", 3), VKTL_OK);
    static char bytes[10000];
    struct rlimit before, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 5000;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    vktl_status status = file_write_all(&messages.log, path, bytes, sizeof bytes);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, VKTL_IO);
    assert_true(messages_contain(&messages, path));
    assert_true(messages_contain(&messages, "File too large"));
    assert_file_holds(path, "old");
    assert_int_equal(count_entries(), 1);
}

static void writing_into_a_missing_folder_fails(void **state)
{
    (void)state;
    const char *path = temporary_path(&folder, "missing/file");
    assert_int_equal(file_write_all(&messages.log, path, "x", 1), VKTL_IO);
    assert_true(messages_contain(&messages, "No such file"));
}

static void folders_are_created_on_the_way(void **state)
{
    (void)state;
    const char *path = temporary_path(&folder, "a/b//c/");
    assert_int_equal(folder_create_all(&messages.log, path), VKTL_OK);
    assert_int_equal(folder_create_all(&messages.log, path), VKTL_OK);
    assert_true(folder_exists(temporary_path(&folder, "a/b/c")));
    assert_false(file_exists(path));
    temporary_write(&folder, "file", "", 0);
    assert_true(file_exists(temporary_path(&folder, "file")));
    assert_int_equal(folder_create_all(&messages.log, temporary_path(&folder, "file/x")), VKTL_IO);
    assert_true(messages_contain(&messages, "cannot be created"));
}

static void a_listing_is_sorted_and_knows_links(void **state)
{
    (void)state;
    temporary_write(&folder, "b.png", "", 0);
    temporary_write(&folder, "B", "", 0);
    temporary_write(&folder, "a/x", "", 0);
    assert_int_equal(symlink(".", temporary_path(&folder, "circle")), 0);
    assert_int_equal(symlink("nowhere", temporary_path(&folder, "broken")), 0);
    struct folder_list list;
    assert_int_equal(folder_list_init(&messages.log, folder.path, &list), VKTL_OK);
    static const struct folder_entry expected[] = {{"B", FOLDER_ENTRY_FILE, false},
                                                   {"a", FOLDER_ENTRY_FOLDER, false},
                                                   {"b.png", FOLDER_ENTRY_FILE, false},
                                                   {"broken", FOLDER_ENTRY_OTHER, true},
                                                   {"circle", FOLDER_ENTRY_FOLDER, true}};
    assert_int_equal(list.count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(list.entries[i].name, expected[i].name);
        assert_int_equal(list.entries[i].kind, expected[i].kind);
        assert_int_equal(list.entries[i].is_link, expected[i].is_link);
    }
    folder_list_deinit(&list);
    assert_int_equal(folder_list_init(&messages.log, temporary_path(&folder, "no"), &list),
                     VKTL_INPUT);
}

static void listing_survives_failed_allocations(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        temporary_write(&folder, name, "", 0);
    }
    int64_t live = failing_malloc_live();
    for (uint64_t n = 0;; n++) {
        struct folder_list list;
        failing_malloc_at(n);
        vktl_status status = folder_list_init(NULL, folder.path, &list);
        bool has_failed = failing_malloc_stop();
        assert_int_equal(status, has_failed ? VKTL_NO_MEMORY : VKTL_OK);
        folder_list_deinit(&list);
        assert_int_equal(failing_malloc_live(), live);
        if (!has_failed)
            return;
    }
}

static void writing_survives_failed_allocations(void **state)
{
    (void)state;
    const char *path = temporary_path(&folder, "file");
    int64_t live = failing_malloc_live();
    for (uint64_t n = 0;; n++) {
        failing_malloc_at(n);
        vktl_status status = file_write_all(NULL, path, "x", 1);
        bool has_failed = failing_malloc_stop();
        // Without memory the folder is not synced, which is no reason to fail: 2 is that one.
        assert_int_equal(status, has_failed && n < 2 ? VKTL_NO_MEMORY : VKTL_OK);
        assert_int_equal(failing_malloc_live(), live);
        assert_int_equal(count_entries(), status == VKTL_OK);
        if (!has_failed)
            return;
    }
}

static void own_folders_follow_xdg(void **state)
{
    (void)state;
    char *path;
    struct stat info;
    setenv("XDG_CACHE_HOME", temporary_path(&folder, "cache"), 1);
    assert_int_equal(folder_cache(&messages.log, &path), VKTL_OK);
    assert_string_equal(path, temporary_path(&folder, "cache/vktl"));
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    free(path);

    setenv("XDG_DATA_HOME", "relative/is/ignored", 1);
    setenv("HOME", folder.path, 1);
    assert_int_equal(folder_data(&messages.log, &path), VKTL_OK);
    assert_string_equal(path, temporary_path(&folder, ".local/share/vktl"));
    assert_true(folder_exists(path));
    free(path);

    unsetenv("HOME");
    assert_int_equal(folder_data(&messages.log, &path), VKTL_IO);
    assert_null(path);
    assert_true(messages_contain(&messages, "set HOME or XDG_DATA_HOME"));
}

static void assert_joined(const char *parent, const char *name, const char *expected)
{
    char *path = path_join(parent, name);
    assert_string_equal(path, expected);
    free(path);
}

static void paths_are_taken_apart_and_joined(void **state)
{
    (void)state;
    assert_joined("a", "b", "a/b");
    assert_joined("a/", "b", "a/b");
    assert_joined("/", "b", "/b");
    assert_joined("", "b", "b");
    assert_string_equal(path_extension("a.b/c.JPG"), "JPG");
    assert_string_equal(path_extension("a.b/c"), "");
    assert_string_equal(path_extension("a/.hidden"), "");
    assert_string_equal(path_extension("a.tar.gz"), "gz");
    assert_string_equal(path_name("a/b.c"), "b.c");
    assert_string_equal(path_name("b"), "b");
}

// ---- Change and room

static void set_age(const char *name, int seconds)
{
    const struct timespec now = {time(NULL) - seconds, 0}, times[] = {now, now};
    assert_int_equal(utimensat(AT_FDCWD, temporary_path(&folder, name), times, 0), 0);
}

static void a_change_shows_in_the_identity(void **state)
{
    (void)state;
    struct hash first, again, other;
    temporary_write(&folder, "a", "12345", 5);
    temporary_write(&folder, "b", "12345", 5);
    assert_false(file_identity(temporary_path(&folder, "a"), &first)); // changed just now
    set_age("a", 100);
    set_age("b", 100);
    assert_true(file_identity(temporary_path(&folder, "a"), &first));
    assert_true(file_identity(temporary_path(&folder, "a"), &again));
    assert_true(file_identity(temporary_path(&folder, "b"), &other));
    assert_true(hash_equal(first, again));
    assert_false(hash_equal(first, other));
    temporary_write(&folder, "a", "54321", 5);
    set_age("a", 100); // size and time are what they were: the status's time still tells
    assert_true(file_identity(temporary_path(&folder, "a"), &again));
    assert_false(hash_equal(first, again));
    assert_false(file_identity(temporary_path(&folder, "none"), &first));
    assert_false(file_identity(temporary_path(&folder, ""), &first));
}

static void the_oldest_files_make_room(void **state)
{
    (void)state;
    static const char *const names[] = {"r/new", "r/old", "r/older", "r/oldest"};
    for (int i = 0; i < 4; i++) {
        temporary_write(&folder, names[i], "0123456789", 10);
        set_age(names[i], 100 * (i + 1));
    }
    temporary_write(&folder, "r/below/file", "0123456789", 10);
    const char *path = temporary_path(&folder, "r");
    const char *oldest = temporary_path(&folder, "r/oldest");
    folder_shrink(path, NULL, 40);
    assert_true(file_exists(oldest));
    folder_shrink(path, oldest, 25); // the two oldest others
    assert_true(file_exists(oldest));
    assert_true(file_exists(temporary_path(&folder, "r/new")));
    assert_false(file_exists(temporary_path(&folder, "r/old")));
    assert_false(file_exists(temporary_path(&folder, "r/older")));
    folder_shrink(path, oldest, 0);
    assert_true(file_exists(oldest));
    folder_shrink(path, NULL, 0);
    assert_false(file_exists(oldest));
    assert_true(file_exists(temporary_path(&folder, "r/below/file")));
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(what_is_written_is_read),
        WITH_FOLDER(new_files_follow_the_umask),
        WITH_FOLDER(reading_fails_with_path_and_reason),
        WITH_FOLDER(an_aborted_write_leaves_the_older_file),
        WITH_FOLDER(a_full_disk_leaves_the_older_file),
        WITH_FOLDER(writing_into_a_missing_folder_fails),
        WITH_FOLDER(folders_are_created_on_the_way),
        WITH_FOLDER(a_listing_is_sorted_and_knows_links),
        WITH_FOLDER(listing_survives_failed_allocations),
        WITH_FOLDER(writing_survives_failed_allocations),
        WITH_FOLDER(own_folders_follow_xdg),
        WITH_FOLDER(a_change_shows_in_the_identity),
        WITH_FOLDER(the_oldest_files_make_room),
        WITH_FOLDER(paths_are_taken_apart_and_joined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
