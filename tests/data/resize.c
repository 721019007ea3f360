// Resizing against golden values, and the names of the choices. With arguments this program resizes
// a file, for resize_oracle.py, which compares with Pillow on many sizes:
//     data_resize FILE SIZE nearest|bilinear OUTPUT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/resize.h"
#include "harness/failing_malloc.h"

static void names_are_found_and_others_refused(void **state)
{
    (void)state;
    vktl_preprocess preprocess = VKTL_PREPROCESS_TF;
    vktl_interpolation interpolation = VKTL_NEAREST;
    assert_false(vktl_preprocess_find("Caffe", &preprocess));
    assert_int_equal(preprocess, VKTL_PREPROCESS_TF);
    for (int i = VKTL_PREPROCESS_NONE; i <= VKTL_PREPROCESS_TORCH; i++) {
        assert_true(vktl_preprocess_find(vktl_preprocess_name((vktl_preprocess)i), &preprocess));
        assert_int_equal(preprocess, i);
    }
    assert_true(vktl_preprocess_find("caffe", &preprocess));
    assert_int_equal(preprocess, VKTL_PREPROCESS_CAFFE);
    assert_true(vktl_interpolation_find("bilinear", &interpolation));
    assert_int_equal(interpolation, VKTL_BILINEAR);
    assert_false(vktl_interpolation_find("bicubic", &interpolation));
    assert_string_equal(vktl_interpolation_name(VKTL_NEAREST), "nearest");
}

// From Pillow 9.4: the red channel of a 5 x 3 image.
static void resizing_gives_pillows_values(void **state)
{
    (void)state;
    unsigned char pixels[5 * 3 * 3], to[4 * 4 * 3];
    for (int i = 0; i < 15; i++) {
        pixels[i * 3] = (unsigned char)(i * i);
        pixels[i * 3 + 1] = pixels[i * 3 + 2] = (unsigned char)(255 - i);
    }
    const struct image image = {5, 3, pixels};
    static const struct {
        vktl_interpolation interpolation;
        uint32_t size;
        unsigned char expected[16];
    } rows[] = {
        {VKTL_NEAREST, 1, {49}},
        {VKTL_NEAREST, 2, {1, 9, 121, 169}},
        {VKTL_NEAREST, 4, {0, 1, 9, 16, 25, 36, 64, 81, 25, 36, 64, 81, 100, 121, 169, 196}},
        {VKTL_BILINEAR, 1, {65}},
        {VKTL_BILINEAR, 2, {15, 31, 90, 131}},
        {VKTL_BILINEAR, 4, {0, 2, 7, 14, 18, 26, 39, 53, 57, 75, 96, 119, 105, 131, 159, 189}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(image_resize(NULL, &image, rows[i].size, rows[i].interpolation, to),
                         VKTL_OK);
        for (uint32_t k = 0; k < rows[i].size * rows[i].size; k++)
            assert_int_equal(to[k * 3], rows[i].expected[k]);
    }
}

static void the_same_size_changes_nothing(void **state)
{
    (void)state;
    unsigned char pixels[7 * 7 * 3], to[7 * 7 * 3];
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (unsigned char)(i * 37);
    const struct image image = {7, 7, pixels};
    for (int i = VKTL_NEAREST; i <= VKTL_BILINEAR; i++) {
        assert_int_equal(image_resize(NULL, &image, 7, (vktl_interpolation)i, to), VKTL_OK);
        assert_memory_equal(to, pixels, sizeof pixels);
    }
}

static void resizing_survives_failed_allocations(void **state)
{
    (void)state;
    unsigned char pixel[3] = {1, 2, 3}, to[12];
    const struct image image = {1, 1, pixel};
    int64_t live = failing_malloc_live();
    for (uint64_t n = 0;; n++) {
        failing_malloc_at(n);
        vktl_status status = image_resize(NULL, &image, 2, VKTL_BILINEAR, to);
        bool has_failed = failing_malloc_stop();
        assert_int_equal(status, has_failed ? VKTL_NO_MEMORY : VKTL_OK);
        assert_int_equal(failing_malloc_live(), live);
        if (!has_failed)
            break;
    }
    assert_memory_equal(to, ((const unsigned char[]){1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3}), 12);
}

static int resize_file(char **arguments)
{
    uint32_t size = (uint32_t)strtoul(arguments[2], NULL, 10);
    vktl_interpolation interpolation;
    unsigned char *to = malloc((size_t)size * size * 3);
    FILE *file = fopen(arguments[4], "wb");
    bool is_done = to && file && vktl_interpolation_find(arguments[3], &interpolation) &&
                   image_read_square(NULL, arguments[1], size, interpolation, to) == VKTL_OK &&
                   fwrite(to, 3, (size_t)size * size, file) == (size_t)size * size;
    if (file && fclose(file) != 0)
        is_done = false;
    free(to);
    return is_done ? 0 : 1;
}

int main(int argument_count, char **arguments)
{
    if (argument_count == 5)
        return resize_file(arguments);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found_and_others_refused),
        cmocka_unit_test(resizing_gives_pillows_values),
        cmocka_unit_test(the_same_size_changes_nothing),
        cmocka_unit_test(resizing_survives_failed_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
