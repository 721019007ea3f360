// Folder datasets: what is found, what is refused and with which words, splitting, scanning.
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/dataset.h"
#include "harness/failing_malloc.h"
#include "harness/messages.h"
#include "harness/temporary.h"
#include "samples.h"

static struct temporary folder;
static struct messages messages;
static struct vktl_dataset *dataset;

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
    vktl_dataset_destroy(&dataset);
    temporary_destroy(&folder);
    return 0;
}

static void add_image(const char *name)
{
    temporary_write(&folder, name, rgb_jpg, sizeof rgb_jpg);
}

static void add_truncated(const char *name)
{
    temporary_write(&folder, name, rgb_jpg, sizeof rgb_jpg - 20);
}

static vktl_status open_folder(void)
{
    return vktl_dataset_open(&messages.log, folder.path, NULL, 0, &dataset);
}

// The path of an image below the folder.
static const char *relative(uint32_t index)
{
    return vktl_dataset_path(dataset, index) + strlen(folder.path) + 1;
}

// ---- Opening

static void classes_and_images_come_in_kerass_order(void **state)
{
    (void)state;
    // As sorted(os.walk(...)): "a b/sub" < "a b/sub.x" < "a b/sub/deep".
    static const char *const sorted[] = {"Zoe/1.png",       "a b/2.JPG",          "a b/sub/1.jpg",
                                         "a b/sub.x/0.jpg", "a b/sub/deep/0.jpg", "anna/10.jpeg",
                                         "anna/9.bmp",      "anna/x.PGM",         "anna/x.ppm"};
    for (size_t i = sizeof sorted / sizeof *sorted; i-- > 0;)
        add_image(sorted[i]);
    add_image("anna/notes.txt");
    add_image("anna/animation.gif");
    add_image("anna/.hidden.jpg");
    add_image("anna/.hidden/1.jpg");
    add_image("loose.jpg");
    assert_int_equal(open_folder(), VKTL_OK);
    assert_int_equal(vktl_dataset_class_count(dataset), 3);
    assert_string_equal(vktl_dataset_class_name(dataset, 0), "Zoe");
    assert_string_equal(vktl_dataset_class_name(dataset, 1), "a b");
    assert_string_equal(vktl_dataset_class_name(dataset, 2), "anna");
    static const uint32_t classes[] = {0, 1, 1, 1, 1, 2, 2, 2, 2};
    assert_int_equal(vktl_dataset_count(dataset), 9);
    for (uint32_t i = 0; i < 9; i++) {
        assert_string_equal(relative(i), sorted[i]);
        assert_int_equal(vktl_dataset_class(dataset, i), classes[i]);
    }
    assert_string_equal(messages.text, "Found 9 images belonging to 3 classes.\n");
}

static void hidden_and_empty_folders_are_named_and_left_out(void **state)
{
    (void)state;
    add_image("a/1.jpg");
    add_image("b/1.jpg");
    add_image(".ipynb_checkpoints/1.jpg");
    temporary_write(&folder, "empty/readme.txt", "", 0);
    assert_int_equal(open_folder(), VKTL_OK);
    assert_int_equal(vktl_dataset_class_count(dataset), 2);
    assert_int_equal(messages.count[VKTL_LOG_WARNING], 2);
    assert_true(messages_contain(&messages, ".ipynb_checkpoints: a hidden folder, left out"));
    assert_true(messages_contain(&messages, "empty: no image in this folder, left out"));
}

static void circles_of_links_end(void **state)
{
    (void)state;
    add_image("a/1.jpg");
    add_image("b/1.jpg");
    assert_int_equal(symlink(".", temporary_path(&folder, "a/circle")), 0);
    assert_int_equal(symlink("../b", temporary_path(&folder, "a/elsewhere")), 0);
    assert_int_equal(symlink("nowhere.jpg", temporary_path(&folder, "a/broken.jpg")), 0);
    assert_int_equal(symlink("1.jpg", temporary_path(&folder, "a/2.jpg")), 0);
    assert_int_equal(symlink("b", temporary_path(&folder, "c")), 0); // a class may be a link
    assert_int_equal(open_folder(), VKTL_OK);
    assert_int_equal(vktl_dataset_count(dataset), 4);
    assert_string_equal(relative(1), "a/2.jpg");
    assert_string_equal(relative(3), "c/1.jpg");
}

static void assert_refused(const char *reason)
{
    assert_int_equal(open_folder(), VKTL_INPUT);
    assert_null(dataset);
    if (!messages_contain(&messages, reason) || !messages_contain(&messages, folder.path))
        fail_msg("expected '%s', got: %s", reason, messages.text);
    assert_int_equal(messages.count[VKTL_LOG_ERROR], 1);
}

static void an_empty_folder_is_refused(void **state)
{
    (void)state;
    assert_refused("no class found; expected one subfolder");
}

static void one_class_is_refused(void **state)
{
    (void)state;
    add_image("only/1.jpg");
    assert_refused("only one class, 'only', but at least two are needed");
}

static void images_without_classes_are_refused_with_a_hint(void **state)
{
    (void)state;
    add_image("1.jpg");
    assert_refused("no class found; images lie in the folder itself");
}

static void a_missing_folder_is_refused(void **state)
{
    (void)state;
    temporary_destroy(&folder);
    assert_refused("No such file or directory");
}

static const char *const ab[] = {"a", "b"};

static void given_classes_keep_their_numbers(void **state)
{
    (void)state;
    add_image("b/1.jpg");
    assert_int_equal(vktl_dataset_open(&messages.log, folder.path, ab, 2, &dataset), VKTL_OK);
    assert_int_equal(vktl_dataset_class_count(dataset), 2);
    assert_int_equal(vktl_dataset_class(dataset, 0), 1);
    assert_true(messages_contain(&messages, "no image of class 'a'"));
    assert_int_equal(messages.count[VKTL_LOG_WARNING], 1);
}

static void an_unknown_class_is_refused(void **state)
{
    (void)state;
    add_image("a/1.jpg");
    add_image("stranger/1.jpg");
    assert_int_equal(vktl_dataset_open(&messages.log, folder.path, ab, 2, &dataset), VKTL_INPUT);
    assert_true(messages_contain(&messages, "/stranger: not a class"));
    assert_true(messages_contain(&messages, "which knows: a, b"));
}

static void paths_may_be_files_and_folders(void **state)
{
    (void)state;
    add_image("z/2.jpg");
    add_image("z/1.jpg");
    add_image("a.jpg");
    const char *const paths[] = {temporary_path(&folder, "z"), temporary_path(&folder, "a.jpg"),
                                 temporary_path(&folder, "missing.jpg")};
    assert_int_equal(vktl_dataset_from_paths(&messages.log, paths, 3, &dataset), VKTL_OK);
    assert_int_equal(vktl_dataset_count(dataset), 4);
    assert_int_equal(vktl_dataset_class_count(dataset), 0);
    assert_string_equal(relative(0), "z/1.jpg");
    assert_string_equal(relative(2), "a.jpg");
    assert_string_equal(relative(3), "missing.jpg");
    vktl_dataset_destroy(&dataset);
    assert_int_equal(vktl_dataset_from_paths(&messages.log, NULL, 0, &dataset), VKTL_INPUT);
    assert_null(dataset);
}

// ---- Splitting

static void add_many(int count)
{
    for (int i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s/%03d.jpg", ab[i % 2], i);
        add_image(name);
    }
}

static bool holds(const struct vktl_dataset *part, const char *path)
{
    for (uint32_t i = 0; i < vktl_dataset_count(part); i++)
        if (strcmp(vktl_dataset_path(part, i), path) == 0)
            return true;
    return false;
}

static void a_split_parts_every_image_and_keeps_it_there(void **state)
{
    (void)state;
    struct vktl_dataset *training, *validation, *training_later, *validation_later;
    add_many(200);
    assert_int_equal(open_folder(), VKTL_OK);
    assert_int_equal(vktl_dataset_split(NULL, dataset, 0.3, &training, &validation), VKTL_OK);
    assert_int_equal(vktl_dataset_count(training) + vktl_dataset_count(validation), 200);
    assert_in_range(vktl_dataset_count(validation), 60 - 26, 60 + 26); // four deviations
    assert_string_equal(vktl_dataset_class_name(validation, 1), "b");
    for (uint32_t i = 0; i < 200; i++)
        assert_int_not_equal(holds(training, vktl_dataset_path(dataset, i)),
                             holds(validation, vktl_dataset_path(dataset, i)));

    add_image("a/0000 first in order.jpg");
    vktl_dataset_destroy(&dataset);
    assert_int_equal(open_folder(), VKTL_OK);
    assert_int_equal(vktl_dataset_split(NULL, dataset, 0.3, &training_later, &validation_later),
                     VKTL_OK);
    for (uint32_t i = 0; i < vktl_dataset_count(validation); i++)
        assert_true(holds(validation_later, vktl_dataset_path(validation, i)));
    for (uint32_t i = 0; i < vktl_dataset_count(training); i++)
        assert_true(holds(training_later, vktl_dataset_path(training, i)));
    vktl_dataset_destroy(&training);
    vktl_dataset_destroy(&validation);
    vktl_dataset_destroy(&training_later);
    vktl_dataset_destroy(&validation_later);
}

// The rule itself is a promise: these images are held out in every version of vktl.
static void the_split_never_changes(void **state)
{
    (void)state;
    struct vktl_dataset *training, *validation;
    add_many(12);
    assert_int_equal(open_folder(), VKTL_OK);
    assert_int_equal(vktl_dataset_split(NULL, dataset, 0.25, &training, &validation), VKTL_OK);
    char held_out[256] = "";
    for (uint32_t i = 0; i < vktl_dataset_count(validation); i++) {
        strcat(held_out, vktl_dataset_path(validation, i) + strlen(folder.path) + 1);
        strcat(held_out, " ");
    }
    assert_string_equal(held_out, "a/010.jpg b/001.jpg b/011.jpg ");
    vktl_dataset_destroy(&training);
    vktl_dataset_destroy(&validation);
}

static void impossible_splits_are_refused(void **state)
{
    (void)state;
    struct vktl_dataset *training, *validation;
    add_many(4);
    assert_int_equal(open_folder(), VKTL_OK);
    static const struct {
        double fraction;
        vktl_status status;
        const char *reason;
    } rows[] = {{0, VKTL_USAGE, "between 0 and 1"},
                {1, VKTL_USAGE, "between 0 and 1"},
                {-1, VKTL_USAGE, "between 0 and 1"},
                {1e-9, VKTL_INPUT, "no image falls in the validation part"},
                {1 - 1e-9, VKTL_INPUT, "class 'a' has no training image left"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        messages_init(&messages);
        assert_int_equal(
            vktl_dataset_split(&messages.log, dataset, rows[i].fraction, &training, &validation),
            rows[i].status);
        assert_null(training);
        assert_null(validation);
        assert_true(messages_contain(&messages, rows[i].reason));
    }
}

// ---- Scanning

static void count_progress(void *user, uint32_t done, uint32_t total)
{
    uint32_t *last = user;
    assert_int_equal(done, *last + 1);
    assert_true(done <= total);
    *last = done;
}

static struct vktl_scan scan_of(uint64_t cache_limit, uint32_t *progress)
{
    return (struct vktl_scan){.image_size = 8,
                              .interpolation = VKTL_BILINEAR,
                              .thread_count = 3,
                              .cache_limit = cache_limit,
                              .progress = progress ? count_progress : NULL,
                              .user = progress};
}

static void bad_images_are_named_dropped_and_counted(void **state)
{
    (void)state;
    add_many(20);
    add_truncated("a/truncated.jpg");
    temporary_write(&folder, "b/000.png", "this is text", 12);
    uint32_t progress = 0, dropped = 99;
    struct vktl_scan scan = scan_of(UINT64_MAX, &progress);
    assert_int_equal(open_folder(), VKTL_OK);
    assert_int_equal(vktl_dataset_scan(&messages.log, dataset, &scan, &dropped), VKTL_OK);
    assert_int_equal(dropped, 2);
    assert_int_equal(progress, 22);
    assert_int_equal(vktl_dataset_count(dataset), 20);
    for (uint32_t i = 0; i < 20; i++) {
        assert_non_null(strstr(vktl_dataset_path(dataset, i), ".jpg"));
        assert_int_equal(vktl_dataset_class(dataset, i), i / 10);
        assert_non_null(dataset->items[i].cached);
    }
    assert_int_equal(messages.count[VKTL_LOG_WARNING], 3);
    assert_true(messages_contain(&messages, "a/truncated.jpg: corrupt or truncated image"));
    assert_true(messages_contain(&messages, "b/000.png: not a readable JPEG"));
    assert_true(messages_contain(&messages, "2 of 22 images could not be read"));
    scan.progress = NULL;
    assert_int_equal(vktl_dataset_scan(&messages.log, dataset, &scan, &dropped), VKTL_OK);
    assert_int_equal(dropped, 0);
}

static void the_cache_keeps_to_its_limit(void **state)
{
    (void)state;
    add_many(10);
    assert_int_equal(open_folder(), VKTL_OK);
    struct vktl_scan scan = scan_of(8 * 8 * 3 * 4 + 1, NULL);
    assert_int_equal(vktl_dataset_scan(NULL, dataset, &scan, NULL), VKTL_OK);
    for (uint32_t i = 0; i < 10; i++)
        assert_int_equal(dataset->items[i].cached != NULL, i < 4);
}

static void a_class_left_empty_stops(void **state)
{
    (void)state;
    add_many(4);
    add_truncated("c/1.jpg");
    add_truncated("c/2.jpg");
    struct vktl_scan scan = scan_of(UINT64_MAX, NULL);
    assert_int_equal(open_folder(), VKTL_OK);
    assert_int_equal(vktl_dataset_scan(&messages.log, dataset, &scan, NULL), VKTL_INPUT);
    assert_true(messages_contain(&messages, "class 'c' has no readable image left"));
    assert_int_equal(vktl_dataset_count(dataset), 6);
}

static void paths_that_are_all_bad_stop(void **state)
{
    (void)state;
    const char *const paths[] = {temporary_path(&folder, "missing.jpg")};
    struct vktl_scan scan = scan_of(UINT64_MAX, NULL);
    assert_int_equal(vktl_dataset_from_paths(NULL, paths, 1, &dataset), VKTL_OK);
    assert_int_equal(vktl_dataset_scan(&messages.log, dataset, &scan, NULL), VKTL_INPUT);
    assert_true(messages_contain(&messages, "missing.jpg: cannot be opened"));
    assert_true(messages_contain(&messages, "no readable image is left"));
}

static bool always(void *user)
{
    (void)user;
    return true;
}

static void an_interrupted_scan_changes_nothing(void **state)
{
    (void)state;
    add_many(50);
    struct vktl_scan scan = scan_of(UINT64_MAX, NULL);
    scan.should_stop = always;
    assert_int_equal(open_folder(), VKTL_OK);
    assert_int_equal(vktl_dataset_scan(&messages.log, dataset, &scan, NULL), VKTL_INTERRUPTED);
    assert_int_equal(vktl_dataset_count(dataset), 50);
    assert_null(dataset->items[0].cached);
    scan.image_size = 0;
    assert_int_equal(vktl_dataset_scan(&messages.log, dataset, &scan, NULL), VKTL_USAGE);
}

// ---- Memory

// Opens, splits and scans: all that a training run does with its folder.
static vktl_status use_dataset(void)
{
    vktl_status status = VKTL_OK;
    struct vktl_dataset *training = NULL, *validation = NULL;
    struct vktl_scan scan = scan_of(UINT64_MAX, NULL);
    scan.thread_count = 2;
    TRY(vktl_dataset_open(NULL, folder.path, NULL, 0, &dataset));
    TRY(vktl_dataset_split(NULL, dataset, 0.3, &training, &validation));
    TRY(vktl_dataset_scan(NULL, training, &scan, NULL));
    assert_int_equal(vktl_dataset_count(training) + vktl_dataset_count(validation), 70);
fail:
    vktl_dataset_destroy(&training);
    vktl_dataset_destroy(&validation);
    vktl_dataset_destroy(&dataset);
    return status;
}

// Some failures are survived, and rightly: an image less in the cache, a thread less.
static void every_failed_allocation_is_a_status(void **state)
{
    (void)state;
    add_many(70);
    int64_t live = failing_malloc_live();
    uint64_t refusal_count = 0;
    for (uint64_t n = 0;; n++) {
        failing_malloc_at(n);
        vktl_status status = use_dataset();
        bool has_failed = failing_malloc_stop();
        assert_true(status == VKTL_OK || (has_failed && status == VKTL_NO_MEMORY));
        assert_int_equal(failing_malloc_live(), live);
        refusal_count += status == VKTL_NO_MEMORY;
        if (!has_failed)
            break;
    }
    assert_true(refusal_count > 500);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(classes_and_images_come_in_kerass_order),
        WITH_FOLDER(hidden_and_empty_folders_are_named_and_left_out),
        WITH_FOLDER(circles_of_links_end),
        WITH_FOLDER(an_empty_folder_is_refused),
        WITH_FOLDER(one_class_is_refused),
        WITH_FOLDER(images_without_classes_are_refused_with_a_hint),
        WITH_FOLDER(a_missing_folder_is_refused),
        WITH_FOLDER(given_classes_keep_their_numbers),
        WITH_FOLDER(an_unknown_class_is_refused),
        WITH_FOLDER(paths_may_be_files_and_folders),
        WITH_FOLDER(a_split_parts_every_image_and_keeps_it_there),
        WITH_FOLDER(the_split_never_changes),
        WITH_FOLDER(impossible_splits_are_refused),
        WITH_FOLDER(bad_images_are_named_dropped_and_counted),
        WITH_FOLDER(the_cache_keeps_to_its_limit),
        WITH_FOLDER(a_class_left_empty_stops),
        WITH_FOLDER(paths_that_are_all_bad_stop),
        WITH_FOLDER(an_interrupted_scan_changes_nothing),
        WITH_FOLDER(every_failed_allocation_is_a_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
