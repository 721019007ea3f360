// The loader: right pixels, right order, bad images, early ends; run under a thread sanitizer too.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "data/dataset.h"
#include "data/loader.h"
#include "data/resize.h"
#include "harness/failing_malloc.h"
#include "harness/messages.h"
#include "harness/temporary.h"

enum { IMAGE_COUNT = 40, SIZE = 9, VALUE_COUNT = SIZE * SIZE * 3, BAD_ITEM = 25 };

static struct temporary folder;
static struct messages messages;
static struct vktl_dataset *dataset;

// PPM files, each of another colour and size; one is truncated.
static int setup(void **state)
{
    (void)state;
    temporary_create(&folder);
    messages_init(&messages);
    for (int i = 0; i < IMAGE_COUNT; i++) {
        static char file[64 + 60 * 11 * 3];
        char name[32];
        int width = 20 + i, start = snprintf(file, 64, "P6 %d 11 255\n", width);
        for (int k = 0; k < width * 11 * 3; k++)
            file[start + k] = (char)(i * 5 + k % 50);
        snprintf(name, sizeof name, "%c/%02d.ppm", i < IMAGE_COUNT / 2 ? 'a' : 'b', i);
        size_t size = (size_t)(start + width * 11 * 3);
        temporary_write(&folder, name, file, i == BAD_ITEM ? size - 1 : size);
    }
    return vktl_dataset_open(NULL, folder.path, NULL, 0, &dataset) == VKTL_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    vktl_dataset_destroy(&dataset);
    temporary_destroy(&folder);
    return 0;
}

static struct loader *create_loader(uint32_t thread_count, uint32_t ahead)
{
    const struct loader_params params = {.image_size = SIZE,
                                         .interpolation = VKTL_BILINEAR,
                                         .thread_count = thread_count,
                                         .ahead = ahead};
    struct loader *loader;
    assert_int_equal(loader_create(&messages.log, dataset, &params, &loader), VKTL_OK);
    return loader;
}

static void assert_pixels_of(uint32_t item, const unsigned char *pixels)
{
    unsigned char expected[VALUE_COUNT];
    assert_int_equal(
        image_read_square(NULL, vktl_dataset_path(dataset, item), SIZE, VKTL_BILINEAR, expected),
        VKTL_OK);
    assert_memory_equal(pixels, expected, sizeof expected);
}

static void make_order(uint32_t order[IMAGE_COUNT], uint32_t count, uint32_t epoch)
{
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    rng_shuffle(order, count, 1, epoch);
}

static void take_and_check(struct loader *loader, const uint32_t *order, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        unsigned char pixels[VALUE_COUNT] = {77};
        uint32_t item;
        vktl_status status;
        assert_int_equal(loader_next(loader, pixels, &item, &status), VKTL_OK);
        assert_int_equal(item, order[i]);
        bool is_bad = strstr(vktl_dataset_path(dataset, item), "/25.ppm") != NULL;
        assert_int_equal(status, is_bad ? VKTL_INPUT : VKTL_OK);
        if (is_bad)
            assert_true(pixels[0] == 77);
        else
            assert_pixels_of(item, pixels);
    }
}

static void images_come_in_the_order_asked(void **state)
{
    (void)state;
    static const uint32_t threads[] = {1, 2, 7}, aheads[] = {1, 3, 100};
    for (int i = 0; i < 9; i++) {
        struct loader *loader = create_loader(threads[i / 3], aheads[i % 3]);
        for (uint32_t epoch = 0; epoch < 3; epoch++) {
            uint32_t order[IMAGE_COUNT];
            make_order(order, IMAGE_COUNT, epoch);
            loader_begin(loader, order, IMAGE_COUNT);
            take_and_check(loader, order, IMAGE_COUNT);
        }
        loader_destroy(&loader);
        assert_null(loader);
    }
}

static void a_bad_image_is_named_each_time(void **state)
{
    (void)state;
    uint32_t order[IMAGE_COUNT];
    struct loader *loader = create_loader(0, 0);
    make_order(order, IMAGE_COUNT, 0);
    loader_begin(loader, order, IMAGE_COUNT);
    take_and_check(loader, order, IMAGE_COUNT);
    assert_int_equal(messages.count[VKTL_LOG_WARNING], 1);
    assert_true(messages_contain(&messages, "b/25.ppm: corrupt or truncated image"));
    loader_destroy(&loader);
}

// Files are deleted after the scan: what is cached still comes, with the same bits.
static void what_a_scan_kept_is_not_read_again(void **state)
{
    (void)state;
    uint32_t order[IMAGE_COUNT];
    unsigned char before[VALUE_COUNT], after[VALUE_COUNT];
    uint32_t item, dropped;
    vktl_status status;
    const struct vktl_scan scan = {
        .image_size = SIZE, .interpolation = VKTL_BILINEAR, .cache_limit = 10 * VALUE_COUNT};
    struct loader *loader = create_loader(2, 4);
    loader_begin(loader, (const uint32_t[]){3}, 1);
    assert_int_equal(loader_next(loader, before, &item, &status), VKTL_OK);
    loader_destroy(&loader);

    assert_int_equal(vktl_dataset_scan(&messages.log, dataset, &scan, &dropped), VKTL_OK);
    assert_int_equal(dropped, 1);
    loader = create_loader(2, 4);
    make_order(order, IMAGE_COUNT - 1, 0);
    loader_begin(loader, order, IMAGE_COUNT - 1);
    take_and_check(loader, order, IMAGE_COUNT - 1);

    temporary_destroy(&folder);
    loader_begin(loader, (const uint32_t[]){3, 30}, 2);
    assert_int_equal(loader_next(loader, after, &item, &status), VKTL_OK);
    assert_int_equal(status, VKTL_OK);
    assert_memory_equal(before, after, sizeof before);
    assert_int_equal(loader_next(loader, after, &item, &status), VKTL_OK);
    assert_int_equal(status, VKTL_INPUT); // beyond the cache's limit
    loader_destroy(&loader);
}

static void an_order_may_be_given_up(void **state)
{
    (void)state;
    uint32_t order[IMAGE_COUNT], other[IMAGE_COUNT];
    make_order(order, IMAGE_COUNT, 0);
    make_order(other, IMAGE_COUNT, 1);
    struct loader *loader = create_loader(3, 5);
    for (uint32_t taken = 0; taken < 12; taken++) {
        loader_begin(loader, order, IMAGE_COUNT);
        take_and_check(loader, order, taken);
        loader_begin(loader, other, IMAGE_COUNT);
        take_and_check(loader, other, taken + 1);
    }
    loader_destroy(&loader); // with images under way
    loader = create_loader(3, 5);
    loader_destroy(&loader); // never begun
    loader_destroy(&loader); // NULL by now
}

static vktl_status use_loader(void)
{
    static const uint32_t order[] = {5, 4, 3, 2, 1, 0};
    const struct loader_params params = {
        .image_size = SIZE, .interpolation = VKTL_BILINEAR, .thread_count = 2};
    struct loader *loader;
    vktl_status status = VKTL_OK, item_status;
    unsigned char pixels[VALUE_COUNT];
    uint32_t item;
    TRY(loader_create(NULL, dataset, &params, &loader));
    loader_begin(loader, order, 6);
    for (int i = 0; i < 6; i++)
        TRY(loader_next(loader, pixels, &item, &item_status));
fail:
    loader_destroy(&loader);
    return status;
}

static void every_failed_allocation_is_a_status(void **state)
{
    (void)state;
    int64_t live = failing_malloc_live();
    uint64_t refusal_count = 0;
    for (uint64_t n = 0;; n++) {
        failing_malloc_at(n);
        vktl_status status = use_loader();
        bool has_failed = failing_malloc_stop();
        assert_true(status == VKTL_OK || (has_failed && status == VKTL_NO_MEMORY));
        assert_int_equal(failing_malloc_live(), live);
        refusal_count += status == VKTL_NO_MEMORY;
        if (!has_failed)
            break;
    }
    assert_true(refusal_count > 30);
}

#define WITH_IMAGES(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_IMAGES(images_come_in_the_order_asked),
        WITH_IMAGES(a_bad_image_is_named_each_time),
        WITH_IMAGES(what_a_scan_kept_is_not_read_again),
        WITH_IMAGES(an_order_may_be_given_up),
        WITH_IMAGES(every_failed_allocation_is_a_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
