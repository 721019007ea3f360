// Confusion matrices from one class to hundreds.
#include "harness/pictures.h"

#include <string.h>

enum { MAX = 200 };
static uint32_t counts[MAX * MAX];
static char texts[MAX][64];
static const char *names[MAX];

static struct vktl_confusion make(uint32_t classes, uint32_t images)
{
    for (uint32_t i = 0; i < classes; i++) {
        snprintf(texts[i], sizeof texts[i], "class %u", i + 1);
        names[i] = texts[i];
        for (uint32_t k = 0; k < classes; k++)
            counts[i * classes + k] = i == k                      ? images
                                      : (i * 7 + k * 3) % 11 == 0 ? 1 + images / 9
                                                                  : 0;
    }
    return (struct vktl_confusion){"Validation images", classes, names, counts};
}

static void all_sizes(void **state)
{
    (void)state;
    const uint32_t sizes[] = {1, 2, 5, 10, 20, 43, 100, MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char name[32];
        const struct vktl_confusion confusion = make(sizes[i], 40);
        snprintf(name, sizeof name, "confusion-%u", sizes[i]);
        PICTURES_DRAW(name, vktl_draw_confusion, &confusion);
    }
}

static void names_of_all_kinds(void **state)
{
    (void)state;
    struct vktl_confusion confusion = make(8, 4000000000u);
    names[0] = "a class whose name is far longer than any matrix has room for, in one word_or_more";
    names[1] = "";
    names[2] = "\xff\xfe not UTF-8 \xc3";
    names[3] = "Großmütter & Söhne";
    names[4] = "Чебурашка";
    names[5] = "שלום עולם";
    names[6] = "two\nlines\tand a tab";
    names[7] = "<b>&amp;\"</b>";
    PICTURES_DRAW("confusion-names", vktl_draw_confusion, &confusion);
}

static void rows_without_images(void **state)
{
    (void)state;
    struct vktl_confusion confusion = make(5, 5);
    memset(counts + 5, 0, 5 * sizeof *counts);
    PICTURES_DRAW("confusion-empty-row", vktl_draw_confusion, &confusion);
    memset(counts, 0, sizeof counts);
    confusion.title = NULL;
    PICTURES_DRAW("confusion-empty", vktl_draw_confusion, &confusion);
}

static void refusals(void **state)
{
    (void)state;
    struct vktl_picture *picture;
    struct vktl_confusion confusion = make(3, 3);
    PICTURES_FAIL_ALLOCATIONS(vktl_draw_confusion, &confusion);
    confusion.class_count = 0;
    assert_int_equal(vktl_draw_confusion(&harness_quiet_log, &confusion, VKTL_LIGHT, &picture),
                     VKTL_USAGE);
    confusion.class_count = 1001;
    assert_int_equal(vktl_draw_confusion(&harness_quiet_log, &confusion, VKTL_LIGHT, &picture),
                     VKTL_USAGE);
    assert_null(picture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_sizes),
        cmocka_unit_test(names_of_all_kinds),
        cmocka_unit_test(rows_without_images),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
