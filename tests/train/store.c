// What is kept of a frozen base on disk: that a later run finds it, that no bit depends on it, that
// labels are not in it, and that damage, limits and other processes do no harm.
#define _XOPEN_SOURCE 700
#include "harness/harness.h"
#include "harness/failing_malloc.h"
#include "harness/messages.h"
#include "harness/temporary.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <vktl/trainer.h>

#include "base/files.h"
#include "train/session.h"

enum { SIZE = 32, CLASSES = 3, PER_CLASS = 5, IMAGES = CLASSES * PER_CLASS, VALIDATION = 3 };
enum { FEATURES = 4 * 128, RECORD = FEATURES * 4 + 32 };

static struct temporary folder;
static struct messages messages;
static struct vktl_device *device;

static void set_age(const char *path)
{
    const struct timespec then = {time(NULL) - 1000, 0}, times[] = {then, then};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void write_picture(const char *set, int class_index, int number)
{
    static unsigned char bytes[64 + SIZE * SIZE * 3];
    char name[64];
    const int header = snprintf((char *)bytes, 64, "P6\n%d %d\n255\n", SIZE, SIZE);
    for (int i = 0; i < SIZE * SIZE * 3; i++)
        bytes[header + i] =
            (unsigned char)((i / 7 * (3 + number) + i % (40 + number + class_index)) % 180 +
                            (i % 3 == class_index ? 70 : 0));
    snprintf(name, sizeof name, "%s/class_%d/%d.ppm", set, class_index, number);
    temporary_write(&folder, name, bytes, (size_t)header + SIZE * SIZE * 3);
    set_age(temporary_path(&folder, name));
}

static int set_up(void **state)
{
    (void)state;
    temporary_create(&folder);
    messages_init(&messages);
    setenv("XDG_CACHE_HOME", temporary_path(&folder, "cache"), 1);
    for (int c = 0; c < CLASSES; c++) {
        for (int i = 0; i < PER_CLASS; i++)
            write_picture("train", c, i);
        write_picture("val", c, 100);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    temporary_destroy(&folder);
    return 0;
}

// ---- Runs --------------------------------------------------------------------------------------

struct watch {
    uint32_t total, found; // features
    uint32_t steps, stop_at;
    void (*at_end_of_features)(void);
};

static void watch_progress(void *user, const struct vktl_train_progress *progress)
{
    struct watch *watch = user;
    watch->steps += progress->stage == VKTL_TRAIN_STEP;
    if (progress->stage != VKTL_TRAIN_FEATURES || progress->done < progress->total)
        return;
    watch->total = progress->total;
    watch->found = progress->found;
    if (watch->at_end_of_features)
        watch->at_end_of_features();
}

static bool stop_when_told(void *user)
{
    const struct watch *watch = user;
    return watch->stop_at && watch->steps >= watch->stop_at;
}

static struct vktl_train_params with_defaults(struct vktl_train_params params)
{
    params.train_folder = temporary_path(&folder, "train");
    params.validation_folder = temporary_path(&folder, "val");
    params.model = (struct vktl_model_params){
        .model = "vgg-mini", .head = "flatten,dense:4:relu,dropout:0.2", .image_size = SIZE};
    params.epochs = params.epochs ? params.epochs : 3;
    params.batch = params.batch ? params.batch : 4;
    params.learning_rate = 0.01;
    params.progress = watch_progress;
    params.should_stop = stop_when_told;
    return params;
}

static struct watch train(const char *run, struct vktl_train_params params, struct watch watch)
{
    struct vktl_train_result result;
    params = with_defaults(params);
    params.run_folder = temporary_path(&folder, run);
    params.user = &watch;
    assert_int_equal(vktl_train(&messages.log, device, &params, &result),
                     watch.stop_at ? VKTL_INTERRUPTED : VKTL_OK);
    return watch;
}

static bool same_weights(const char *a, const char *b)
{
    return temporary_same_files(&folder, a, b, "last.safetensors");
}

// The one file of features, and its size.
static const char *store_path(void)
{
    static char path[TEMPORARY_PATH_SIZE];
    struct folder_list list;
    assert_int_equal(
        folder_list_init(&harness_log, temporary_path(&folder, "cache/vktl/features"), &list),
        VKTL_OK);
    assert_int_equal(list.count, 1);
    snprintf(path, sizeof path, "cache/vktl/features/%s", list.entries[0].name);
    folder_list_deinit(&list);
    return temporary_path(&folder, path);
}

static uint64_t store_size(void)
{
    struct stat info;
    assert_int_equal(stat(store_path(), &info), 0);
    return (uint64_t)info.st_size;
}

static void flip(uint64_t place)
{
    FILE *file = fopen(store_path(), "r+b");
    assert_non_null(file);
    fseek(file, (long)place, SEEK_SET);
    const int byte = getc(file);
    fseek(file, -1, SEEK_CUR);
    putc(byte ^ 1, file);
    fclose(file);
}

static const struct vktl_train_params no_store = {.no_feature_store = true};

static void test_a_later_run_finds_it(void **state)
{
    (void)state;
    const struct watch nothing = {0};
    struct watch watch = train("none", no_store, nothing);
    assert_false(folder_exists(temporary_path(&folder, "cache/vktl/features")));
    watch = train("cold", (struct vktl_train_params){0}, nothing);
    assert_int_equal(watch.total, IMAGES + VALIDATION);
    assert_int_equal(watch.found, 0);
    watch = train("warm", (struct vktl_train_params){0}, nothing);
    assert_int_equal(watch.found, IMAGES + VALIDATION);
    assert_true(same_weights("none", "cold") && same_weights("none", "warm"));
    const uint64_t size = store_size();
    assert_true(size > (IMAGES + VALIDATION) * (uint64_t)RECORD);

    // Part of it is found, in other places of a batch; other seeds and heads find all of it.
    write_picture("train", 1, 7);
    watch = train("more", (struct vktl_train_params){0}, nothing);
    assert_int_equal(watch.total, IMAGES + 1 + VALIDATION);
    assert_int_equal(watch.found, IMAGES + VALIDATION);
    assert_int_equal(store_size(), size + RECORD);
    train("more without", no_store, nothing);
    assert_true(same_weights("more", "more without"));
    watch = train("seed", (struct vktl_train_params){.seed = 9}, nothing);
    assert_int_equal(watch.found, watch.total);

    // A file that changes is another picture, however it is called.
    write_picture("train", 1, 8);
    assert_int_equal(rename(temporary_path(&folder, "train/class_1/8.ppm"),
                            temporary_path(&folder, "train/class_1/0.ppm")),
                     0);
    watch = train("changed", (struct vktl_train_params){0}, nothing);
    assert_int_equal(watch.found, watch.total - 1);
    train("changed without", no_store, nothing);
    assert_true(same_weights("changed", "changed without"));
    assert_false(same_weights("changed", "more"));
}

// The label is the folder's, the features are the picture's.
static void test_labels_travel_with_the_images(void **state)
{
    (void)state;
    const struct watch nothing = {0};
    train("before", (struct vktl_train_params){0}, nothing);
    assert_int_equal(rename(temporary_path(&folder, "train/class_0/2.ppm"),
                            temporary_path(&folder, "train/class_2/9.ppm")),
                     0);
    const struct watch watch = train("after", (struct vktl_train_params){0}, nothing);
    assert_int_equal(watch.found, watch.total);
    train("after without", no_store, nothing);
    assert_true(same_weights("after", "after without"));
    assert_false(same_weights("after", "before"));
}

static const struct vktl_augment augment = {.rotation_range = 20, .horizontal_flip = true};

static void test_variants(void **state)
{
    (void)state;
    const struct watch nothing = {0};
    const struct vktl_train_params params = {
        .augment = augment, .augment_variants = 3, .refresh_epochs = 2, .epochs = 4, .seed = 5};
    struct vktl_train_params without = params, other = params;
    without.no_feature_store = true;
    other.seed = 6;
    struct watch watch = train("first", params, nothing);
    assert_int_equal(watch.total, 3 * IMAGES); // of the second drawing
    assert_int_equal(watch.found, 0);
    watch = train("again", params, nothing);
    assert_int_equal(watch.found, 3 * IMAGES);
    train("without", without, nothing);
    assert_true(same_weights("first", "again") && same_weights("first", "without"));
    watch = train("other", other, nothing);
    assert_true(watch.found < IMAGES / 3); // flips and no turn worth a bit may repeat

    // Stopped with a cold store, gone on with a warm one, and the other way round.
    struct vktl_train_params resumed = params;
    resumed.resume = true;
    struct watch stop = {.stop_at = 7};
    train("parts", resumed, stop);
    assert_int_equal(unlink(store_path()), 0);
    train("parts", resumed, stop);
    train("parts", resumed, nothing);
    assert_true(same_weights("first", "parts"));
}

static void test_damage(void **state)
{
    (void)state;
    const struct watch nothing = {0};
    train("whole", (struct vktl_train_params){0}, nothing);
    const uint64_t start = store_size() - (IMAGES + VALIDATION) * (uint64_t)RECORD;
    flip(start + 3 * RECORD + 500); // a payload
    flip(start + 7 * RECORD);       // a key
    struct watch watch = train("mended", (struct vktl_train_params){0}, nothing);
    assert_int_equal(watch.found, IMAGES + VALIDATION - 2);
    watch = train("again", (struct vktl_train_params){0}, nothing);
    assert_int_equal(watch.found, IMAGES + VALIDATION);
    assert_true(same_weights("whole", "mended") && same_weights("whole", "again"));
    flip(1); // not ours any more
    watch = train("anew", (struct vktl_train_params){0}, nothing);
    assert_int_equal(watch.found, 0);
    assert_true(same_weights("whole", "anew"));
}

static void cut_store_off(void)
{
    assert_int_equal(truncate(store_path(), 200 + 5 * RECORD), 0);
}

// Memory for four pictures; the others are read from disk, in every epoch.
static void test_what_memory_does_not_hold(void **state)
{
    (void)state;
    const struct watch nothing = {0};
    struct vktl_train_params params = {.cache_limit = 4 * FEATURES * sizeof(float)};
    train("whole", (struct vktl_train_params){.no_feature_store = true}, nothing);
    train("spilled", params, nothing);
    struct watch watch = train("spilled again", params, nothing);
    assert_int_equal(watch.found, IMAGES + VALIDATION);
    assert_true(same_weights("whole", "spilled") && same_weights("whole", "spilled again"));

    // The file loses records while the run reads it: they are computed again.
    const struct watch cutting = {.at_end_of_features = cut_store_off};
    train("cut", params, cutting);
    assert_true(same_weights("whole", "cut"));
    watch = train("after", params, nothing);
    assert_true(watch.found > 5);

    // Without a disk: as many as memory holds, or none.
    params.no_feature_store = true;
    watch = train("tight", params, nothing);
    assert_int_equal(watch.total, 0);
    assert_true(messages_contain(&messages, "computed anew in every epoch"));
}

// Room on disk for 20 pictures.
static void test_the_disk_has_a_limit(void **state)
{
    (void)state;
    const struct watch nothing = {0};
    const struct vktl_train_params params = {.feature_store_limit = 100 + 20 * RECORD};
    static const char older[5 * RECORD];
    temporary_write(&folder, "cache/vktl/features/older.bin", older, sizeof older);
    set_age(temporary_path(&folder, "cache/vktl/features/older.bin"));
    train("small", params, nothing);
    assert_true(store_size() <= params.feature_store_limit); // of the one file that is left
    struct watch watch = train("small again", params, nothing);
    assert_int_equal(watch.found, IMAGES + VALIDATION);

    // Others than those that are in it: they take its place, whole or as far as they fit.
    for (int i = 0; i < 6; i++)
        write_picture("train", 2, 20 + i);
    watch = train("more", params, nothing);
    assert_int_equal(watch.found, 0);
    assert_true(store_size() <= params.feature_store_limit);
    train("more without", no_store, nothing);
    assert_true(same_weights("more", "more without"));
}

// A place where nothing can be kept: a warning, and a run as without.
static void test_no_place(void **state)
{
    (void)state;
    const struct watch nothing = {0};
    temporary_write(&folder, "cache/vktl/features", "a file", 6);
    train("nowhere", (struct vktl_train_params){0}, nothing);
    assert_true(messages_contain(&messages, "not kept for later runs"));
    train("without", no_store, nothing);
    assert_true(same_weights("nowhere", "without"));
}

// ---- The feed ----------------------------------------------------------------------------------

// After the first epoch a step allocates nothing, on features or on images.
static void test_a_step_allocates_nothing(void **state)
{
    (void)state;
    const struct vktl_train_params kinds[] = {
        {.epochs = 1},
        {.cache_limit = 4 * FEATURES * sizeof(float)},
        {.no_cache = true, .augment = augment},
    };
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
        struct watch watch = {0};
        struct session session;
        struct sums sums;
        struct vktl_train_params params = with_defaults(kinds[kind]);
        params.user = &watch;
        assert_int_equal(session_open(&messages.log, device, &params, &session), VKTL_OK);
        assert_int_equal(session_plan(&session), VKTL_OK);
        assert_int_equal(session_keep_features(&session, 1), VKTL_OK);
        for (uint32_t epoch = 1; epoch < 4; epoch++) {
            assert_int_equal(session_begin_epoch(&session, epoch, 0), VKTL_OK);
            for (uint32_t i = 0; i < session_steps(&session); i++) {
                failing_malloc_at(epoch < 3 ? UINT64_MAX : 0);
                assert_int_equal(session_step(&session, &sums), VKTL_OK);
                assert_false(failing_malloc_stop());
            }
        }
        session_close(&session);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_later_run_finds_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_labels_travel_with_the_images, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_variants, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_damage, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_memory_does_not_hold, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_disk_has_a_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_step_allocates_nothing, set_up, tear_down),
    };
    device = harness_open(VKTL_FORM_AUTO);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    harness_close(&device);
    return failed;
}
