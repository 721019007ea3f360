// Training on augmented images, and pictures of them: what is kept of a frozen base, that every
// epoch's pictures depend on the seed alone, and that a run goes on with the same ones.
#include "harness/harness.h"
#include "harness/messages.h"
#include "harness/temporary.h"

#include <math.h>
#include <stdio.h>

#include <vktl/trainer.h>

#include "base/files.h"
#include "data/augment.h"
#include "nn/start.h"
#include "reference/reference.h"

enum { SIZE = 32, CLASSES = 3, PER_CLASS = 5, IMAGES = CLASSES * PER_CLASS, VALIDATION = 3 };

static struct temporary folder;
static struct messages messages;
static struct vktl_device *device;

static void write_picture(const char *set, int class_index, int number)
{
    static unsigned char bytes[64 + SIZE * SIZE * 3];
    char name[64];
    const int header = snprintf((char *)bytes, 64, "P6\n%d %d\n255\n", SIZE, SIZE);
    for (int i = 0; i < SIZE * SIZE * 3; i++)
        bytes[header + i] = (unsigned char)((i / 7 * (3 + number) + i % (40 + number)) % 180 +
                                            (i % 3 == class_index ? 70 : 0));
    snprintf(name, sizeof name, "%s/class_%d/%d.ppm", set, class_index, number);
    temporary_write(&folder, name, bytes, (size_t)header + SIZE * SIZE * 3);
}

static int set_up(void **state)
{
    (void)state;
    temporary_create(&folder);
    messages_init(&messages);
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

// ---- Training ----------------------------------------------------------------------------------

static const struct vktl_augment augment = {.rotation_range = 20,
                                            .width_shift_range = 0.1,
                                            .zoom_low = 0.8,
                                            .zoom_high = 1.2,
                                            .channel_shift_range = 20,
                                            .brightness_low = 0.7,
                                            .brightness_high = 1.3,
                                            .horizontal_flip = true,
                                            .fill = VKTL_FILL_REFLECT};

struct watch {
    uint32_t steps, stop_at; // 0: never
    uint32_t images, variants, features_total, feature_rounds;
};

static void watch_progress(void *user, const struct vktl_train_progress *progress)
{
    struct watch *watch = user;
    watch->steps += progress->stage == VKTL_TRAIN_STEP;
    if (progress->stage != VKTL_TRAIN_FEATURES)
        return;
    watch->images = progress->images;
    watch->variants = progress->variants;
    watch->features_total = progress->total;
    watch->feature_rounds += progress->done == progress->total;
}

static bool stop_when_told(void *user)
{
    const struct watch *watch = user;
    return watch->stop_at && watch->steps >= watch->stop_at;
}

// The frozen base of vgg-mini with its own weights, and a new head, into the folder `run`.
static vktl_status train(const char *run, struct vktl_train_params params, struct watch *watch)
{
    struct vktl_train_result result;
    params.train_folder = temporary_path(&folder, "train");
    params.validation_folder = temporary_path(&folder, "val");
    params.run_folder = temporary_path(&folder, run);
    params.model = (struct vktl_model_params){
        .model = "vgg-mini", .head = "gap,dropout:0.2", .image_size = SIZE};
    params.batch = 4;
    params.learning_rate = 0.02;
    params.seed = 3;
    params.progress = watch_progress;
    params.should_stop = stop_when_told;
    params.user = watch;
    return vktl_train(&messages.log, device, &params, &result);
}

static bool same_weights(const char *a, const char *b)
{
    return temporary_same_files(&folder, a, b, "last.safetensors");
}

static void test_variants_are_kept(void **state)
{
    (void)state;
    struct watch watch = {0};
    struct vktl_train_params params = {.augment = augment, .augment_variants = 3, .epochs = 4};
    assert_int_equal(train("kept", params, &watch), VKTL_OK);
    assert_int_equal(watch.images, IMAGES);
    assert_int_equal(watch.variants, 3);
    assert_int_equal(watch.features_total, 3 * IMAGES + VALIDATION);
    assert_int_equal(watch.feature_rounds, 1);
    assert_int_equal(train("again", params, &watch), VKTL_OK);
    assert_true(same_weights("kept", "again"));

    params.augment = (struct vktl_augment){0};
    assert_int_equal(train("plain", params, &watch), VKTL_OK);
    assert_int_equal(watch.variants, 1);
    assert_int_equal(watch.features_total, IMAGES + VALIDATION);
    assert_false(same_weights("kept", "plain"));
}

static void test_variants_are_drawn_anew(void **state)
{
    (void)state;
    struct watch watch = {0};
    struct vktl_train_params params = {
        .augment = augment, .augment_variants = 2, .refresh_epochs = 2, .epochs = 5};
    assert_int_equal(train("refreshed", params, &watch), VKTL_OK);
    assert_int_equal(watch.feature_rounds, 3);          // before epochs 1, 3 and 5
    assert_int_equal(watch.features_total, 2 * IMAGES); // not those for validation
    params.refresh_epochs = 0;
    assert_int_equal(train("stale", params, &watch), VKTL_OK);
    assert_false(same_weights("refreshed", "stale"));
}

// 2 variants of 15 images, and 3 for validation, are 33 pictures; 34 leave no room for a third.
static void test_the_cache_limits_the_variants(void **state)
{
    (void)state;
    struct watch watch = {0};
    const uint64_t size = 128 * sizeof(float); // of the base's output, pooled
    struct vktl_train_params params = {.augment = augment,
                                       .augment_variants = 8,
                                       .epochs = 1,
                                       .cache_limit = 34 * size,
                                       .no_feature_store = true};
    assert_int_equal(train("limited", params, &watch), VKTL_OK);
    assert_int_equal(watch.variants, 2);
    assert_true(messages_contain(&messages, "augmented variants an image, not of 8"));
    assert_int_equal(watch.features_total, watch.variants * IMAGES + VALIDATION);
    watch = (struct watch){0};
    params.cache_limit = 1000;
    assert_int_equal(train("tight", params, &watch), VKTL_OK);
    assert_int_equal(watch.feature_rounds, 0);
    assert_true(messages_contain(&messages, "computed anew in every epoch"));
}

// Stopped three times, at other places of an epoch of four steps: the rest gets the pictures that
// it would have got.
static void resume_everywhere(const char *whole, const char *parts, struct vktl_train_params params)
{
    struct watch watch = {0};
    assert_int_equal(train(whole, params, &watch), VKTL_OK);
    assert_int_equal(watch.steps, 16);
    params.resume = true;
    for (int i = 0; i < 3; i++) {
        struct watch part = {.stop_at = 5};
        assert_int_equal(train(parts, params, &part), VKTL_INTERRUPTED);
    }
    watch.stop_at = 0;
    assert_int_equal(train(parts, params, &watch), VKTL_OK);
    assert_true(same_weights(whole, parts));
}

static void test_a_resumed_run_gets_the_same_pictures(void **state)
{
    (void)state;
    const struct vktl_train_params kept = {
        .augment = augment, .augment_variants = 2, .refresh_epochs = 2, .epochs = 4};
    const struct vktl_train_params fresh = {.augment = augment, .no_cache = true, .epochs = 4};
    resume_everywhere("kept whole", "kept parts", kept);
    resume_everywhere("fresh whole", "fresh parts", fresh);
    assert_false(same_weights("kept whole", "fresh whole"));
}

// ---- Pictures ----------------------------------------------------------------------------------

static void refer(const struct vktl_augment_draw *draw, const unsigned char *original, float *out)
{
    _Alignas(4) unsigned char pixels[SIZE * SIZE * 3];
    struct augment_image image;
    struct op_io io;
    const struct start_params start = {
        .batch = 1, .height = SIZE, .width = SIZE, .fill = augment.fill, .has_shifts = true};
    assert_int_equal(start_infer(&harness_log, &start, &io), VKTL_OK);
    memcpy(pixels, original, sizeof pixels);
    augment_encode(draw, false, SIZE, SIZE, &image);
    const struct reference_call call = {
        .push = io.push, .in = {(const void *)pixels, (const void *)&image}, .out = out};
    reference_find("augment")->forward(&call);
}

static void test_pictures(void **state)
{
    (void)state;
    static float expected[SIZE * SIZE * 3];
    const size_t size = sizeof expected / sizeof *expected;
    const struct vktl_augment_params params = {
        .augment = augment, .image_size = SIZE, .variants = 3, .seed = 11};
    const uint32_t items[] = {4, 0, 9};
    const char *path = temporary_path(&folder, "train");
    struct vktl_dataset *dataset = NULL;
    struct vktl_augmented augmented;
    temporary_write(&folder, "train/class_0/0.ppm", "P6 1", 4); // the first
    assert_int_equal(vktl_dataset_from_paths(&messages.log, &path, 1, &dataset), VKTL_OK);
    assert_int_equal(
        vktl_augment_images(&messages.log, device, dataset, items, 3, &params, &augmented),
        VKTL_OK);
    assert_int_equal(augmented.count, 2);
    assert_int_equal(augmented.unreadable, 1);
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(augmented.items[i], items[2 * i]);
        for (uint32_t v = 0; v < 3; v++) {
            struct vktl_augment_draw draw;
            const unsigned char *pixels = augmented.pixels + (i * 3 + v) * size;
            vktl_augment_draw(&augment, 11, v, augmented.items[i], SIZE, SIZE, &draw);
            assert_memory_equal(&draw.theta, &augmented.draws[i * 3 + v].theta, sizeof draw.theta);
            refer(&draw, augmented.originals + i * size, expected);
            for (size_t k = 0; k < size; k++)
                assert_int_equal(pixels[k], lrintf(expected[k]));
        }
    }
    vktl_augmented_free(&augmented);
    assert_int_equal(
        vktl_augment_images(&messages.log, device, dataset, items + 1, 1, &params, &augmented),
        VKTL_INPUT);
    assert_null(augmented.pixels);
    vktl_dataset_destroy(&dataset);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(test_variants_are_kept),
        WITH_FOLDER(test_variants_are_drawn_anew),
        WITH_FOLDER(test_the_cache_limits_the_variants),
        WITH_FOLDER(test_a_resumed_run_gets_the_same_pictures),
        WITH_FOLDER(test_pictures),
    };
    device = harness_open(VKTL_FORM_AUTO);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    harness_close(&device);
    return failed;
}
