// Scans that remember: an image is decoded once, until its file changes.
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/files.h"
#include "data/dataset.h"
#include "data/loader.h"
#include "harness/messages.h"
#include "harness/temporary.h"

enum { SIZE = 4, IMAGES = 6 };

static struct temporary folder;
static struct messages messages;
static struct vktl_dataset *dataset;

static void set_age(const char *name)
{
    const struct timespec then = {time(NULL) - 1000, 0}, times[] = {then, then};
    assert_int_equal(utimensat(AT_FDCWD, temporary_path(&folder, name), times, 0), 0);
}

static void write_image(const char *name, int colour)
{
    unsigned char bytes[16 + SIZE * SIZE * 3] = "P6\n4 4\n255\n";
    const size_t header = strlen((char *)bytes);
    memset(bytes + header, colour, SIZE * SIZE * 3);
    temporary_write(&folder, name, bytes, header + SIZE * SIZE * 3);
    set_age(name);
}

static const char *name_of(int i)
{
    static char name[32];
    snprintf(name, sizeof name, "images/%c/%d.ppm", 'a' + i % 2, i / 2);
    return name;
}

static int set_up(void **state)
{
    (void)state;
    temporary_create(&folder);
    messages_init(&messages);
    setenv("XDG_CACHE_HOME", temporary_path(&folder, "cache"), 1);
    for (int i = 0; i < IMAGES; i++)
        write_image(name_of(i), 10 * i);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    vktl_dataset_destroy(&dataset);
    temporary_destroy(&folder);
    return 0;
}

// Scans the folder anew; how many images were decoded, and so kept.
static uint32_t scan(uint32_t image_size, bool remembers, uint32_t *dropped)
{
    const struct vktl_scan params = {.image_size = image_size,
                                     .interpolation = VKTL_BILINEAR,
                                     .thread_count = 2,
                                     .cache_limit = UINT64_MAX,
                                     .remembers = remembers};
    uint32_t decoded = 0;
    vktl_dataset_destroy(&dataset);
    assert_int_equal(vktl_dataset_open(NULL, temporary_path(&folder, "images"), NULL, 0, &dataset),
                     VKTL_OK);
    assert_int_equal(vktl_dataset_scan(&messages.log, dataset, &params, dropped), VKTL_OK);
    for (uint32_t i = 0; i < vktl_dataset_count(dataset); i++)
        decoded += dataset->items[i].cached != NULL;
    return decoded;
}

static void test_decoded_once(void **state)
{
    (void)state;
    struct hash pixels[IMAGES];
    assert_int_equal(scan(SIZE, false, NULL), IMAGES);
    assert_false(file_exists(temporary_path(&folder, "cache/vktl/images.bin")));
    assert_int_equal(scan(SIZE, true, NULL), IMAGES);
    for (int i = 0; i < IMAGES; i++) {
        pixels[i] = dataset->items[i].pixels;
        assert_true(i == 0 || !hash_equal(pixels[i], pixels[i - 1]));
    }
    assert_int_equal(scan(SIZE, true, NULL), 0);
    for (int i = 0; i < IMAGES; i++)
        assert_true(hash_equal(pixels[i], dataset->items[i].pixels));
    assert_int_equal(scan(SIZE + 1, true, NULL), IMAGES); // other pixels
    assert_int_equal(scan(SIZE, true, NULL), 0);
    write_image(name_of(2), 99);
    assert_int_equal(scan(SIZE, true, NULL), 1);
    assert_int_equal(scan(SIZE, true, NULL), 0);
    assert_int_equal(messages.count[VKTL_LOG_WARNING], 0);
}

// What cannot be decoded is not remembered, nor what might still change.
static void test_not_remembered(void **state)
{
    (void)state;
    uint32_t dropped;
    temporary_write(&folder, "images/a/bad.ppm", "P6\n4 4\n255\nshort", 16);
    set_age("images/a/bad.ppm");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(scan(SIZE, true, &dropped), i == 0 ? IMAGES : 0);
        assert_int_equal(dropped, 1);
    }
    assert_int_equal(utimensat(AT_FDCWD, temporary_path(&folder, name_of(3)), NULL, 0), 0);
    assert_int_equal(scan(SIZE, true, NULL), 1);
    assert_int_equal(scan(SIZE, true, NULL), 1);
    // Without a folder for the cache everything is decoded, and nothing complains.
    setenv("XDG_CACHE_HOME", temporary_path(&folder, "images/a/0.ppm"), 1);
    messages_init(&messages);
    assert_int_equal(scan(SIZE, true, NULL), IMAGES);
    assert_int_equal(messages.count[VKTL_LOG_ERROR], 0);
}

// An image that the scan passed over is kept when it is loaded.
static void test_kept_when_loaded(void **state)
{
    (void)state;
    const struct loader_params params = {.image_size = SIZE, .interpolation = VKTL_BILINEAR};
    unsigned char pixels[SIZE * SIZE * 3];
    const uint32_t order[] = {5, 1};
    struct loader *loader = NULL;
    uint32_t item;
    vktl_status read;
    scan(SIZE, true, NULL);
    assert_int_equal(scan(SIZE, true, NULL), 0);
    assert_int_equal(loader_create(&messages.log, dataset, &params, &loader), VKTL_OK);
    loader_begin(loader, order, 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(loader_next(loader, pixels, &item, &read), VKTL_OK);
        assert_int_equal(read, VKTL_OK);
        dataset_keep(dataset, item, pixels);
        assert_memory_equal(dataset->items[order[i]].cached, pixels, sizeof pixels);
    }
    assert_null(dataset->items[0].cached);
    assert_int_equal(unlink(vktl_dataset_path(dataset, 5)), 0);
    assert_int_equal(loader_read(loader, 5, pixels), VKTL_OK); // of memory
    assert_int_equal(unlink(vktl_dataset_path(dataset, 0)), 0);
    assert_int_equal(loader_read(loader, 0, pixels), VKTL_INPUT);
    dataset->cache_left = sizeof pixels - 1;
    dataset_keep(dataset, 2, pixels);
    assert_null(dataset->items[2].cached);
    loader_destroy(&loader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_decoded_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_remembered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_kept_when_loaded, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
