// Augmentation: the device against the reference bit for bit, whatever the batch; what is drawn;
// preprocessing against golden values. With arguments this program distorts images for
// augment_oracle.py, which compares with SciPy:
//     test_train_augment CASES OUTPUT
#include "harness/harness.h"

#include <math.h>
#include <stdio.h>

#include "base/rng.h"
#include "data/augment.h"
#include "reference/reference.h"
#include "train/augmenter.h"

static struct vktl_device *device;

static struct augmenter *make_augmenter(const struct start_params *params)
{
    struct augmenter *augmenter = NULL;
    assert_int_equal(augmenter_create(&harness_log, device, params, &augmenter), VKTL_OK);
    return augmenter;
}

// The reference's output for one image.
static void refer(const struct start_params *params, const unsigned char *pixels,
                  const struct augment_image *image, float *out)
{
    struct start_params single = *params;
    struct op_io io;
    single.batch = 1;
    assert_int_equal(start_infer(&harness_log, &single, &io), VKTL_OK);
    const struct reference_call call = {
        .push = io.push, .in = {(const void *)pixels, (const void *)image}, .out = out};
    reference_find("augment")->forward(&call);
}

// ---- Properties --------------------------------------------------------------------------------

enum { SIZE = 21, ITEMS = 23, VALUES = SIZE * SIZE * 3 };

static const struct vktl_augment everything = {
    .rotation_range = 20,
    .width_shift_range = 0.1,
    .height_shift_range = 3,
    .shear_range = 10,
    .zoom_low = 0.8,
    .zoom_high = 1.2,
    .channel_shift_range = 40,
    .brightness_low = 0.5,
    .brightness_high = 1.5,
    .horizontal_flip = true,
    .vertical_flip = true,
    .fill = VKTL_FILL_REFLECT,
};

static struct start_params start_of(const struct vktl_augment *augment, uint32_t batch)
{
    return (struct start_params){
        .batch = batch,
        .height = SIZE,
        .width = SIZE,
        .preprocess = VKTL_PREPROCESS_CAFFE,
        .fill = augment->fill,
        .constant = (float)augment->constant,
        .has_shifts = augment->channel_shift_range != 0,
    };
}

static void make_pixels(uint32_t item, unsigned char *pixels)
{
    for (uint32_t i = 0; i < VALUES; i++)
        pixels[i] = (unsigned char)rng_bits(3, RNG_DATA, item, i);
}

static void draw(const struct vktl_augment *augment, uint32_t item, struct augment_image *image)
{
    struct vktl_augment_draw drawn;
    vktl_augment_draw(augment, 5, 2, item, SIZE, SIZE, &drawn);
    augment_encode(&drawn, augment->keras_quirks, SIZE, SIZE, image);
}

// All items, `batch` at a time, from the last to the first.
static void run_all(const struct vktl_augment *augment, uint32_t batch, float *out)
{
    const struct start_params params = start_of(augment, batch);
    struct augmenter *augmenter = make_augmenter(&params);
    for (uint32_t done = 0; done < ITEMS; done += batch) {
        for (uint32_t row = 0; row < batch && done + row < ITEMS; row++) {
            const uint32_t item = ITEMS - 1 - done - row;
            make_pixels(item, augmenter_pixels(augmenter, row));
            draw(augment, item, augmenter_image(augmenter, row));
        }
        assert_int_equal(augmenter_run(augmenter), VKTL_OK);
        for (uint32_t row = 0; row < batch && done + row < ITEMS; row++)
            memcpy(out + (ITEMS - 1 - done - row) * VALUES, augmenter_output(augmenter, row),
                   VALUES * sizeof *out);
    }
    augmenter_destroy(&augmenter);
}

// The reference does not depend on the driver, so neither does the picture.
static void test_same_picture_whatever_the_batch(void **state)
{
    (void)state;
    static float out[ITEMS * VALUES], expected[ITEMS * VALUES];
    const struct start_params params = start_of(&everything, 1);
    for (uint32_t item = 0; item < ITEMS; item++) {
        _Alignas(4) unsigned char pixels[VALUES];
        struct augment_image image;
        make_pixels(item, pixels);
        draw(&everything, item, &image);
        refer(&params, pixels, &image, expected + item * VALUES);
    }
    static const uint32_t batches[] = {1, 7, 16};
    for (int i = 0; i < 3; i++) {
        run_all(&everything, batches[i], out);
        assert_memory_equal(out, expected, sizeof out);
    }
}

// RGB (255, 128, 0) by the formulas of keras.applications.imagenet_utils.
static void test_preprocessing_gives_the_golden_values(void **state)
{
    (void)state;
    static const struct {
        vktl_preprocess preprocess;
        float expected[3];
    } rows[] = {
        {VKTL_PREPROCESS_NONE, {255, 128, 0}},
        {VKTL_PREPROCESS_CAFFE, {-103.939f, 11.221f, 131.32f}},
        {VKTL_PREPROCESS_TF, {1, 0.00392157f, -1}},
        {VKTL_PREPROCESS_TORCH, {2.2489083f, 0.20518207f, -1.8044444f}},
    };
    static const unsigned char rgb[] = {1, 2, 3, 255, 128, 0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct start_params params = {
            .batch = 1, .height = 1, .width = 2, .preprocess = rows[i].preprocess};
        struct augmenter *augmenter = make_augmenter(&params);
        memcpy(augmenter_pixels(augmenter, 0), rgb, sizeof rgb);
        assert_int_equal(augmenter_run(augmenter), VKTL_OK);
        for (int c = 0; c < 3; c++)
            assert_float_equal(augmenter_output(augmenter, 0)[3 + c], rows[i].expected[c],
                               2e-6f * 128);
        augmenter_destroy(&augmenter);
    }
}

// In float64, for every byte: two roundings at most.
static void test_preprocessing_is_precise(void **state)
{
    (void)state;
    static const double divisor[] = {1, 1, 127.5, 255};
    static const double mean[][3] = {
        {0, 0, 0}, {103.939, 116.779, 123.68}, {1, 1, 1}, {0.485, 0.456, 0.406}};
    static const double deviation[][3] = {{1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {0.229, 0.224, 0.225}};
    for (int i = VKTL_PREPROCESS_NONE; i <= VKTL_PREPROCESS_TORCH; i++) {
        const struct start_params params = {
            .batch = 1, .height = 16, .width = 16, .preprocess = (vktl_preprocess)i};
        struct augmenter *augmenter = make_augmenter(&params);
        for (int v = 0; v < 256; v++)
            memset(augmenter_pixels(augmenter, 0) + v * 3, v, 3);
        assert_int_equal(augmenter_run(augmenter), VKTL_OK);
        for (int v = 0; v < 256 * 3; v++) {
            const double expected = (v / 3 / divisor[i] - mean[i][v % 3]) / deviation[i][v % 3];
            assert_true(fabs(augmenter_output(augmenter, 0)[v] - expected) <=
                        (i == VKTL_PREPROCESS_CAFFE ? 2e-5 : 4e-7));
        }
        augmenter_destroy(&augmenter);
    }
}

static void test_nothing_asked_is_nothing_done(void **state)
{
    (void)state;
    const struct vktl_augment nothing = {0};
    const struct augment_image identity = {0};
    assert_false(vktl_augment_is_on(&nothing));
    for (uint32_t item = 0; item < 50; item++) {
        struct augment_image image;
        draw(&nothing, item, &image);
        assert_int_equal(image.flags, identity.flags);
    }
}

// Limits are kept and reached, no two images are treated alike, and flips come half the time.
static void test_draws_keep_to_their_limits(void **state)
{
    (void)state;
    enum { COUNT = 4000 };
    struct vktl_augment_draw drawn, before = {0};
    double low = 99, high = -99;
    int flips = 0, both = 0;
    for (uint32_t item = 0; item < COUNT; item++) {
        vktl_augment_draw(&everything, 1, 9, item, 100, 200, &drawn);
        assert_true(fabs(drawn.theta) <= 20 && fabs(drawn.shear) <= 10);
        assert_true(fabs(drawn.tx) <= 3 && fabs(drawn.ty) <= 20); // pixels; a part of the width
        assert_true(drawn.zx >= 0.8 && drawn.zx <= 1.2 && drawn.zy >= 0.8 && drawn.zy <= 1.2);
        assert_true(drawn.zx != drawn.zy && drawn.theta != before.theta);
        assert_true(drawn.has_brightness && drawn.brightness >= 0.5 && drawn.brightness <= 1.5);
        assert_true(drawn.has_channel_shift && fabs(drawn.channel_shift) <= 40);
        low = fmin(low, drawn.theta);
        high = fmax(high, drawn.theta);
        flips += drawn.flip_horizontal;
        both += drawn.flip_horizontal && drawn.flip_vertical;
        before = drawn;
    }
    assert_true(low < -19.9 && high > 19.9);
    assert_true(flips > COUNT * 0.47 && flips < COUNT * 0.53);
    assert_true(both > COUNT * 0.22 && both < COUNT * 0.28);
}

static void test_bad_limits_are_refused(void **state)
{
    (void)state;
    static const struct {
        struct vktl_augment augment;
        const char *said;
    } rows[] = {
        {{.rotation_range = -1}, "--rotation-range"},
        {{.width_shift_range = NAN}, "--width-shift-range"},
        {{.zoom_low = 1.2, .zoom_high = 0.8}, "--zoom-range"},
        {{.zoom_low = 0, .zoom_high = 1}, "--zoom-range"},
        {{.brightness_low = -1, .brightness_high = 1}, "--brightness-range"},
        {{.constant = 256}, "--cval"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(vktl_augment_check(&harness_quiet_log, &rows[i].augment), VKTL_USAGE);
        assert_non_null(strstr(harness_last_error, rows[i].said));
    }
    assert_int_equal(vktl_augment_check(&harness_log, &everything), VKTL_OK);
}

// ---- For augment_oracle.py ---------------------------------------------------------------------

// One case of the file; (height, width, 3) bytes follow it. Little-endian, as the script writes it.
struct oracle_case {
    uint32_t height, width, fill, quirks;
    uint32_t flip_horizontal, flip_vertical, has_channel_shift, has_brightness;
    double constant, theta, tx, ty, shear, zx, zy, channel_shift, brightness;
};

static void answer(FILE *cases, const struct oracle_case *asked, FILE *output)
{
    const struct vktl_augment_draw drawn = {asked->theta,
                                            asked->tx,
                                            asked->ty,
                                            asked->shear,
                                            asked->zx,
                                            asked->zy,
                                            asked->flip_horizontal != 0,
                                            asked->flip_vertical != 0,
                                            asked->has_channel_shift != 0,
                                            asked->has_brightness != 0,
                                            asked->channel_shift,
                                            asked->brightness};
    const struct start_params params = {.batch = 1,
                                        .height = asked->height,
                                        .width = asked->width,
                                        .fill = asked->fill,
                                        .constant = (float)asked->constant,
                                        .has_shifts = true};
    const size_t count = (size_t)asked->height * asked->width * 3;
    struct augmenter *augmenter = make_augmenter(&params);
    float *expected = malloc(count * sizeof *expected);
    assert_non_null(expected);
    assert_int_equal(fread(augmenter_pixels(augmenter, 0), 1, count, cases), count);
    augment_encode(&drawn, asked->quirks != 0, asked->height, asked->width,
                   augmenter_image(augmenter, 0));
    assert_int_equal(augmenter_run(augmenter), VKTL_OK);
    refer(&params, augmenter_pixels(augmenter, 0), augmenter_image(augmenter, 0), expected);
    assert_int_equal(fwrite(augmenter_output(augmenter, 0), sizeof(float), count, output), count);
    assert_int_equal(fwrite(expected, sizeof(float), count, output), count);
    free(expected);
    augmenter_destroy(&augmenter);
}

static const char *const *oracle_files; // NULL, or the cases and the output

static void test_oracle(void **state)
{
    (void)state;
    struct oracle_case asked;
    if (!oracle_files)
        skip();
    FILE *cases = fopen(oracle_files[0], "rb"), *output = fopen(oracle_files[1], "wb");
    assert_true(cases && output);
    while (fread(&asked, sizeof asked, 1, cases) == 1)
        answer(cases, &asked, output);
    fclose(cases);
    assert_int_equal(fclose(output), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_picture_whatever_the_batch),
        cmocka_unit_test(test_preprocessing_gives_the_golden_values),
        cmocka_unit_test(test_preprocessing_is_precise),
        cmocka_unit_test(test_nothing_asked_is_nothing_done),
        cmocka_unit_test(test_draws_keep_to_their_limits),
        cmocka_unit_test(test_bad_limits_are_refused),
        cmocka_unit_test(test_oracle),
    };
    if (argc == 3)
        oracle_files = (const char *const *)argv + 1;
    device = harness_open(VKTL_FORM_AUTO);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    harness_close(&device);
    return failed;
}
