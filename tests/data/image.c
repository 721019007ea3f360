// Decoding: every kind of file, every kind of damage.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/image.h"
#include "harness/failing_malloc.h"
#include "harness/messages.h"
#include "harness/temporary.h"
#include "samples.h"

struct sample {
    const char *name;
    const unsigned char *bytes;
    size_t size;
    size_t needed; // without the bytes from here on the image is still whole
};

#define SAMPLE(name, unneeded)                                                                     \
    {                                                                                              \
#name, name, sizeof name, sizeof name - (unneeded)                                         \
    }
static const struct sample samples[] = {
    SAMPLE(rgb_png, 0),  SAMPLE(rgba_png, 0),       SAMPLE(palette_png, 0),
    SAMPLE(grey_png, 0), SAMPLE(grey_alpha_png, 0), SAMPLE(grey16_png, 0),
    SAMPLE(rgb_bmp, 0),  SAMPLE(grey_bmp, 0),       SAMPLE(rgb_ppm, 0),
    SAMPLE(grey_pgm, 0), SAMPLE(rgb_jpg, 0),        SAMPLE(progressive_jpg, 0),
    SAMPLE(grey_jpg, 0), SAMPLE(restart_jpg, 0),
};
enum { SAMPLE_COUNT = sizeof samples / sizeof *samples };

// The picture that make_samples.py draws.
static int expected_value(const struct sample *sample, int x, int y, int c)
{
    if (sample->bytes == palette_png)
        return palette_rgb[(y * SAMPLE_WIDTH + x) * 3 + c];
    const int rgb[3] = {x * 12, y * 20, 255 - x * 6 - y * 4};
    return rgb[strncmp(sample->name, "grey", 4) == 0 ? 0 : c];
}

static int tolerance_of(const struct sample *sample)
{
    if (!strstr(sample->name, "jpg"))
        return 0;
    return sample->bytes == restart_jpg ? 40 : 14; // what the compression itself loses
}

static void every_kind_becomes_rgb(void **state)
{
    (void)state;
    for (int i = 0; i < SAMPLE_COUNT; i++) {
        struct messages messages;
        struct image image;
        messages_init(&messages);
        if (image_decode(&messages.log, samples[i].name, samples[i].bytes, samples[i].size,
                         &image) != VKTL_OK)
            fail_msg("%s", messages.text);
        assert_int_equal(image.width, SAMPLE_WIDTH);
        assert_int_equal(image.height, SAMPLE_HEIGHT);
        for (int k = 0; k < SAMPLE_WIDTH * SAMPLE_HEIGHT * 3; k++) {
            int x = k / 3 % SAMPLE_WIDTH, y = k / 3 / SAMPLE_WIDTH;
            int expected = expected_value(&samples[i], x, y, k % 3);
            if (abs(image.pixels[k] - expected) > tolerance_of(&samples[i]))
                fail_msg("%s (%d, %d, %d): %d instead of %d", samples[i].name, x, y, k % 3,
                         image.pixels[k], expected);
        }
        image_deinit(&image);
    }
}

// Cut after every byte: never taken for whole, never a crash.
static void every_truncation_is_noticed(void **state)
{
    (void)state;
    for (int i = 0; i < SAMPLE_COUNT; i++) {
        for (size_t size = 0; size < samples[i].needed; size++) {
            struct messages messages;
            struct image image;
            messages_init(&messages);
            // In memory of exactly this size, so that a sanitizer sees a read beyond it.
            unsigned char *cut = malloc(size ? size : 1);
            memcpy(cut, samples[i].bytes, size);
            vktl_status status = image_decode(&messages.log, samples[i].name, cut, size, &image);
            free(cut);
            if (status != VKTL_INPUT)
                fail_msg("%s cut to %zu of %zu bytes: status %d", samples[i].name, size,
                         samples[i].size, (int)status);
            assert_null(image.pixels);
            assert_true(messages_contain(&messages, samples[i].name));
        }
    }
}

// Whatever a changed byte does, it is a status and not a crash; in a PNG it is always noticed.
static void every_changed_byte_is_survived(void **state)
{
    (void)state;
    for (int i = 0; i < SAMPLE_COUNT; i++) {
        unsigned char *bytes = malloc(samples[i].size);
        for (size_t at = 0; at < samples[i].size; at++) {
            for (int change = 1; change < 256; change = change * 2 + 1) {
                struct image image;
                memcpy(bytes, samples[i].bytes, samples[i].size);
                bytes[at] ^= (unsigned char)change;
                vktl_status status =
                    image_decode(NULL, samples[i].name, bytes, samples[i].size, &image);
                assert_true(status == VKTL_OK || status == VKTL_INPUT);
                if (strstr(samples[i].name, "png"))
                    assert_int_equal(status, VKTL_INPUT);
                image_deinit(&image);
            }
        }
        free(bytes);
    }
}

static void assert_refused(const void *bytes, size_t size, const char *reason)
{
    struct messages messages;
    struct image image;
    messages_init(&messages);
    assert_int_equal(image_decode(&messages.log, "the file", bytes, size, &image), VKTL_INPUT);
    if (!messages_contain(&messages, reason) || !messages_contain(&messages, "the file: "))
        fail_msg("expected '%s', got: %s", reason, messages.text);
    assert_int_equal(messages.count[VKTL_LOG_ERROR], 1);
}

// A PNG of 30000 x 30000 by its header: refused before anything is decoded or allocated.
static void a_huge_image_is_refused_by_its_header(void **state)
{
    (void)state;
    unsigned char png[sizeof rgb_png];
    memcpy(png, rgb_png, sizeof png);
    memcpy(png + 16, (const unsigned char[]){0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30}, 8);
    assert_refused(png, sizeof png, "30000 x 30000 pixels");

    static const char ppm[] = "P6 10001 10000 255\n";
    assert_refused(ppm, sizeof ppm, "10001 x 10000 pixels");
    static const char long_one[] = "P5 65536 1 255\n";
    assert_refused(long_one, sizeof long_one, "65536 x 1 pixels");

    // Larger than stb_image itself would take.
    memcpy(png + 16, (const unsigned char[]){0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff}, 8);
    assert_refused(png, 33, "2147483647 x 2147483647 pixels");

    unsigned char bmp[sizeof rgb_bmp];
    memcpy(bmp, rgb_bmp, sizeof bmp);
    memcpy(bmp + 18, (const unsigned char[]){0x30, 0x75, 0, 0, 0xd0, 0x8a, 0xff, 0xff}, 8);
    assert_refused(bmp, sizeof bmp, "30000 x 30000 pixels"); // height -30000: from the top
}

static void what_is_no_image_is_refused(void **state)
{
    (void)state;
    assert_refused("this is a text file\n", 20, "not a readable JPEG, PNG, BMP, PPM or PGM image");
    assert_refused("", 0, "not a readable JPEG");
    assert_refused("GIF89a", 6, "not a readable JPEG");
    assert_refused("P6 0 4 255\n", 11, "the image is empty");
    assert_refused("P6 4 4 70000\n", 13, "bad PPM or PGM header");
    assert_refused("P6 4 99999999999 255\n", 21, "bad PPM or PGM header");
    assert_refused("P6 # no size", 12, "bad PPM or PGM header");
    assert_refused("P5 2 2 255\nabc", 14, "pixels are missing");
}

static void assert_pgm(const void *bytes, size_t size, unsigned char first, unsigned char second)
{
    struct image image;
    assert_int_equal(image_decode(NULL, "pgm", bytes, size, &image), VKTL_OK);
    assert_int_equal(image.width, 2);
    assert_int_equal(image.height, 1);
    assert_int_equal(image.pixels[0], first);
    assert_int_equal(image.pixels[5], second);
    image_deinit(&image);
}

static void pgm_maxima_are_scaled(void **state)
{
    (void)state;
    assert_pgm("P5\n# comment\n2 1\n255\n\x07\xff", 23, 7, 255);
    assert_pgm("P5 2 1 3 \x01\x03", 11, 85, 255);
    assert_pgm("P5 2 1 65535\n\x80\x00\x12\x34", 17, 128, 18); // the higher byte first
    assert_pgm("P5 2 1 100\n\x32\xff", 13, 128, 255);          // above the maximum: the maximum
}

static void a_file_is_read_by_its_contents(void **state)
{
    (void)state;
    struct temporary folder;
    struct messages messages;
    struct image image;
    temporary_create(&folder);
    messages_init(&messages);
    temporary_write(&folder, "really.png", rgb_jpg, sizeof rgb_jpg);
    const char *path = temporary_path(&folder, "really.png");
    assert_int_equal(image_read(&messages.log, path, &image), VKTL_OK);
    assert_int_equal(image.width, SAMPLE_WIDTH);
    image_deinit(&image);
    assert_int_equal(image_read(&messages.log, folder.path, &image), VKTL_INPUT);
    assert_null(image.pixels);
    temporary_destroy(&folder);
}

static void decoding_survives_failed_allocations(void **state)
{
    (void)state;
    for (int i = 0; i < SAMPLE_COUNT; i++) {
        int64_t live = failing_malloc_live();
        for (uint64_t n = 0;; n++) {
            struct image image;
            failing_malloc_at(n);
            vktl_status status =
                image_decode(NULL, samples[i].name, samples[i].bytes, samples[i].size, &image);
            bool has_failed = failing_malloc_stop();
            if (status != (has_failed ? VKTL_NO_MEMORY : VKTL_OK))
                fail_msg("%s, allocation %d: status %d", samples[i].name, (int)n, (int)status);
            image_deinit(&image);
            assert_int_equal(failing_malloc_live(), live);
            if (!has_failed)
                break;
        }
    }
}

// What fuzzing and thought have found: see tests/fuzz/README.md.
static void found_inputs_are_refused(void **state)
{
    static const char *const names[] = {"huffman_after_fill_bytes", "png_larger_than_its_header",
                                        "thousand_scans"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[512];
        struct image image;
        snprintf(path, sizeof path, "%s/tests/fuzz/regressions/image/%s",
                 getenv("VKTL_TEST_SOURCE"), names[i]);
        assert_int_equal(image_read(NULL, path, &image), VKTL_INPUT);
        assert_null(image.pixels);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_becomes_rgb),
        cmocka_unit_test(every_truncation_is_noticed),
        cmocka_unit_test(every_changed_byte_is_survived),
        cmocka_unit_test(a_huge_image_is_refused_by_its_header),
        cmocka_unit_test(what_is_no_image_is_refused),
        cmocka_unit_test(found_inputs_are_refused),
        cmocka_unit_test(pgm_maxima_are_scaled),
        cmocka_unit_test(a_file_is_read_by_its_contents),
        cmocka_unit_test(decoding_survives_failed_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
