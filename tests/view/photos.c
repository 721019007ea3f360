// Pictures with photos in them: bars, contact sheets, heat maps, a photo alone, and reading one.
#include "harness/pictures.h"

#include <math.h>

#include "harness/temporary.h"

enum { PHOTOS = 4 };
static struct vktl_photo photos[PHOTOS];

static int setup(void **state)
{
    (void)state;
    const char *face = harness_source_path("assets/faces/val/ilva/100.png");
    assert_int_equal(vktl_photo_read(&harness_log, face, 0, &photos[0]), VKTL_OK);
    photos[1] = pictures_photo(640, 200, 1);
    photos[2] = pictures_photo(90, 400, 3);
    photos[3] = pictures_photo(1, 1, 5);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (int i = 0; i < PHOTOS; i++)
        vktl_photo_free(&photos[i]);
    return 0;
}

// ---- Bars

static const char *const names[] = {"ilva", "a class with a very long name, longer than its column",
                                    "Jérôme", "שלום", "borin"};
static const float probabilities[] = {0.913f, 0.05f, 0.0301f, 0.0069f, 0};

static void bars(void **state)
{
    (void)state;
    struct vktl_bars_row rows[6] = {
        {&photos[0], "faces/val/ilva/100.png", "ilva", 5, names, probabilities},
        {&photos[1], "a/very/long/path/that/goes/on/and/on/until/it/meets/the/true/class/1.jpg",
         "somebody whose name does not end before the page does, whatever its width", 5, names,
         probabilities},
        {&photos[2], NULL, NULL, 1, names, probabilities},
        {&photos[3], "one pixel", NULL, 5, names, probabilities},
        {NULL, "no photo", "borin", 5, names, probabilities},
        {&photos[0], NULL, NULL, 0, NULL, NULL},
    };
    struct vktl_bars chart = {NULL, 1, rows};
    PICTURES_DRAW("bars-1", vktl_draw_bars, &chart);
    chart = (struct vktl_bars){"mobilenet", 6, rows};
    PICTURES_DRAW("bars-6", vktl_draw_bars, &chart);
    chart = (struct vktl_bars){"without photos", 1, rows + 4};
    PICTURES_DRAW("bars-no-photo", vktl_draw_bars, &chart);
    const float odd[] = {NAN, INFINITY, -1, 1e30f, 1};
    rows[0].probabilities = odd;
    chart = (struct vktl_bars){"odd numbers", 1, rows};
    PICTURES_DRAW("bars-odd", vktl_draw_bars, &chart);
    PICTURES_FAIL_ALLOCATIONS(vktl_draw_bars, &chart);

    struct vktl_picture *picture;
    const struct vktl_photo none = {0};
    rows[0].photo = &none;
    assert_int_equal(vktl_draw_bars(&harness_quiet_log, &chart, VKTL_LIGHT, &picture), VKTL_USAGE);
    chart.row_count = 0;
    assert_int_equal(vktl_draw_bars(&harness_quiet_log, &chart, VKTL_LIGHT, &picture), VKTL_USAGE);
    assert_null(picture);
}

// A page has an end, which is said rather than a broken file written.
static void too_many_images(void **state)
{
    (void)state;
    enum { ROWS = 200 };
    static struct vktl_bars_row rows[ROWS];
    for (int i = 0; i < ROWS; i++)
        rows[i] = (struct vktl_bars_row){&photos[3], NULL, NULL, 1, names, probabilities};
    const struct vktl_bars chart = {NULL, ROWS, rows};
    struct vktl_picture *picture;
    assert_int_equal(vktl_draw_bars(&harness_quiet_log, &chart, VKTL_LIGHT, &picture), VKTL_USAGE);
    assert_null(picture);
    assert_non_null(strstr(harness_last_error, "too large"));
}

// ---- Contact sheets

static void contact_sheets(void **state)
{
    (void)state;
    enum { TILES = 14 };
    struct vktl_contact_tile tiles[TILES];
    const char *const headings[] = {"original", "1", "2", "3", "a heading that is far too long"};
    for (int i = 0; i < TILES; i++)
        tiles[i] = (struct vktl_contact_tile){
            &photos[i % 3], i % 5 ? "rotated 12.3°, zoom 1.05\nflipped, shifted 3, -4" : "100.png"};
    tiles[3] = (struct vktl_contact_tile){NULL, NULL};
    struct vktl_contact_sheet sheet = {"Augmentation, seed 0", 5, TILES, tiles, 0, true, headings};
    PICTURES_DRAW("contact-5", vktl_draw_contact_sheet, &sheet);
    sheet = (struct vktl_contact_sheet){NULL, 1, 2, tiles, 96, true, NULL};
    PICTURES_DRAW("contact-1", vktl_draw_contact_sheet, &sheet);
    sheet = (struct vktl_contact_sheet){"thirty-two", 32, TILES, tiles, 0, false, NULL};
    PICTURES_DRAW("contact-32", vktl_draw_contact_sheet, &sheet);
    sheet = (struct vktl_contact_sheet){"large tiles", 9, TILES, tiles, 160, false, NULL};
    PICTURES_DRAW("contact-9", vktl_draw_contact_sheet, &sheet);
    PICTURES_FAIL_ALLOCATIONS(vktl_draw_contact_sheet, &sheet);

    struct vktl_picture *picture;
    sheet.columns = 33;
    assert_int_equal(vktl_draw_contact_sheet(&harness_quiet_log, &sheet, VKTL_LIGHT, &picture),
                     VKTL_USAGE);
    sheet.columns = 0;
    assert_int_equal(vktl_draw_contact_sheet(&harness_quiet_log, &sheet, VKTL_LIGHT, &picture),
                     VKTL_USAGE);
    assert_null(picture);
}

// ---- Heat maps

static void heat_maps(void **state)
{
    (void)state;
    enum { SIDE = 7 };
    float map[SIDE * SIDE];
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            map[y * SIDE + x] = (float)exp(-0.4 * ((x - 4) * (x - 4) + (y - 2) * (y - 2)));
    struct vktl_cam_overlay overlay = {&photos[0], SIDE,  SIDE,           map,
                                       "ilva",     0.913, "block5_conv3", "faces/val/ilva/100.png"};
    PICTURES_DRAW("cam", vktl_draw_cam, &overlay);
    overlay.photo = &photos[1];
    overlay.class_name = "a class name that takes more room than the page has, so that it must end "
                         "before the percentage begins";
    PICTURES_DRAW("cam-wide", vktl_draw_cam, &overlay);
    overlay = (struct vktl_cam_overlay){&photos[2], SIDE, SIDE, map, "x", NAN, NULL, NULL};
    map[0] = NAN;
    map[1] = 30;
    PICTURES_DRAW("cam-high", vktl_draw_cam, &overlay);
    overlay.photo = &photos[3];
    overlay.map_width = overlay.map_height = 1;
    PICTURES_DRAW("cam-pixel", vktl_draw_cam, &overlay);
    PICTURES_FAIL_ALLOCATIONS(vktl_draw_cam, &overlay);

    struct vktl_picture *picture;
    overlay.map_width = 0;
    assert_int_equal(vktl_draw_cam(&harness_quiet_log, &overlay, VKTL_LIGHT, &picture), VKTL_USAGE);
    assert_null(picture);
}

// ---- Photos

// The file that comes out holds the very pixels that went in.
static void photo_there_and_back(void **state)
{
    (void)state;
    struct temporary folder;
    struct vktl_picture *picture;
    struct vktl_photo again;
    temporary_create(&folder);
    for (int i = 0; i < PHOTOS; i++) {
        const char *path = temporary_path(&folder, "photo.png");
        assert_int_equal(vktl_draw_photo(&harness_log, &photos[i], &picture), VKTL_OK);
        assert_int_equal(vktl_picture_width(picture), photos[i].width);
        assert_int_equal(vktl_picture_height(picture), photos[i].height);
        assert_int_equal(vktl_picture_save(&harness_log, picture, path), VKTL_OK);
        assert_int_equal(vktl_photo_read(&harness_log, path, 0, &again), VKTL_OK);
        assert_int_equal(again.width, photos[i].width);
        assert_memory_equal(again.pixels, photos[i].pixels,
                            (size_t)photos[i].width * photos[i].height * 3);
        vktl_photo_free(&again);
        vktl_picture_destroy(&picture);
    }
    temporary_destroy(&folder);
}

static void photos_are_fitted(void **state)
{
    (void)state;
    struct temporary folder;
    struct vktl_picture *picture;
    struct vktl_photo small;
    temporary_create(&folder);
    const char *path = temporary_path(&folder, "wide.png");
    assert_int_equal(vktl_draw_photo(&harness_log, &photos[1], &picture), VKTL_OK);
    assert_int_equal(vktl_picture_save(&harness_log, picture, path), VKTL_OK);
    vktl_picture_destroy(&picture);
    const uint32_t expected[][3] = {{320, 320, 100}, {640, 640, 200}, {9, 9, 3}, {1, 1, 1}};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(vktl_photo_read(&harness_log, path, expected[i][0], &small), VKTL_OK);
        assert_int_equal(small.width, expected[i][1]);
        assert_int_equal(small.height, expected[i][2]);
        vktl_photo_free(&small);
    }
    // Half the size: each pixel near the mean of the four it stands for.
    assert_int_equal(vktl_photo_read(&harness_log, path, 320, &small), VKTL_OK);
    for (uint32_t y = 1; y < 99; y++) {
        for (uint32_t x = 1; x < 319; x++) {
            const unsigned char *from = photos[1].pixels + (2 * (size_t)y * 640 + 2 * x) * 3;
            const int mean = (from[0] + from[3] + from[640 * 3] + from[641 * 3]) / 4;
            assert_true(abs(mean - small.pixels[((size_t)y * 320 + x) * 3]) <= 4);
        }
    }
    vktl_photo_free(&small);
    assert_int_equal(
        vktl_photo_read(&harness_quiet_log, temporary_path(&folder, "none.png"), 9, &small),
        VKTL_INPUT);
    assert_null(small.pixels);
    temporary_destroy(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bars),
        cmocka_unit_test(too_many_images),
        cmocka_unit_test(contact_sheets),
        cmocka_unit_test(heat_maps),
        cmocka_unit_test(photo_there_and_back),
        cmocka_unit_test(photos_are_fitted),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
