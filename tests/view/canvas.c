// The canvas and the check of pictures: what is planted wrong must be caught; names of files;
// formats read by independent readers.
#include "harness/pictures.h"

#include <math.h>

#include "harness/temporary.h"
#include "view/bidi.h"
#include "view/canvas.h"
#include "view/label.h"
#include "view/ticks.h"

static struct vktl_picture *new_picture(void)
{
    struct vktl_picture *picture;
    assert_int_equal(canvas_create(&harness_log, 200, VKTL_LIGHT, &picture), VKTL_OK);
    return picture;
}

static struct text_style plain(const struct vktl_picture *picture)
{
    return (struct text_style){picture->theme->text, 12};
}

// ---- Negative controls of the check itself

static void overlapping_texts_are_caught(void **state)
{
    (void)state;
    char complaint[256];
    struct vktl_picture *picture = new_picture();
    const struct text_style style = plain(picture);
    canvas_text(picture, 10, 20, &style, "first");
    canvas_text(picture, 100, 20, &style, "second");
    assert_int_equal(canvas_finish(&harness_log, &picture, 60), VKTL_OK);
    assert_true(pictures_texts_are_apart(picture, complaint));
    vktl_picture_destroy(&picture);

    picture = new_picture();
    canvas_text(picture, 10, 20, &style, "first");
    canvas_text(picture, 30, 24, &style, "second");
    assert_int_equal(canvas_finish(&harness_log, &picture, 60), VKTL_OK);
    assert_false(pictures_texts_are_apart(picture, complaint));
    assert_non_null(strstr(complaint, "\"second\" is over \"first\""));
    vktl_picture_destroy(&picture);
}

static void texts_that_leave_the_page_are_caught(void **state)
{
    (void)state;
    char complaint[256];
    const double places[][2] = {{-3, 20}, {180, 20}, {10, 2}, {10, 58}};
    for (int i = 0; i < 4; i++) {
        struct vktl_picture *picture = new_picture();
        const struct text_style style = plain(picture);
        canvas_text(picture, places[i][0], places[i][1], &style, "somewhere");
        assert_int_equal(canvas_finish(&harness_log, &picture, 60), VKTL_OK);
        assert_false(pictures_texts_are_apart(picture, complaint));
        assert_non_null(strstr(complaint, "leaves the page"));
        vktl_picture_destroy(&picture);
    }
}

// The box that is remembered is where the ink is: no pixel outside differs from the background.
static void boxes_hold_the_ink(void **state)
{
    (void)state;
    struct temporary folder;
    struct vktl_photo seen;
    temporary_create(&folder);
    for (int upward = 0; upward < 2; upward++) {
        struct vktl_picture *picture = new_picture();
        struct text_style style = plain(picture);
        style.is_upward = upward;
        style.align = ALIGN_CENTRE;
        canvas_text(picture, 90, 80, &style, "Größe (100 %)");
        assert_int_equal(canvas_finish(&harness_log, &picture, 160), VKTL_OK);
        const char *path = temporary_path(&folder, "ink.png");
        const struct rect ink = picture->boxes[0].ink;
        assert_int_equal(vktl_picture_save(&harness_log, picture, path), VKTL_OK);
        assert_int_equal(vktl_photo_read(&harness_log, path, 0, &seen), VKTL_OK);
        uint32_t inside = 0;
        for (uint32_t y = 0; y < seen.height; y++) {
            for (uint32_t x = 0; x < seen.width; x++) {
                const bool is_in = x + 1 >= ink.x - 1 && x <= ink.x + ink.width + 1 &&
                                   y + 1 >= ink.y - 1 && y <= ink.y + ink.height + 1;
                const bool is_ink = seen.pixels[((size_t)y * seen.width + x) * 3] < 200;
                assert_true(is_in || !is_ink);
                inside += is_ink;
            }
        }
        assert_true(inside > 100);
        vktl_photo_free(&seen);
        vktl_picture_destroy(&picture);
    }
    temporary_destroy(&folder);
}

// ---- Texts

static void texts_are_shortened_to_their_width(void **state)
{
    (void)state;
    struct vktl_picture *picture = new_picture();
    struct text_style style = plain(picture);
    static const char *const texts[] = {"a name that is rather long", "Чебурашка и его друзья",
                                        "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"};
    for (int i = 0; i < 3; i++) {
        for (style.max_width = 15; style.max_width < 120; style.max_width += 7) {
            style.is_path = !style.is_path;
            assert_true(canvas_text(picture, 0, 10, &style, texts[i]) <= style.max_width);
        }
    }
    style.max_width = 100;
    style.is_path = false;
    canvas_text(picture, 0, 10, &style, texts[0]);
    assert_non_null(strstr(picture->boxes[picture->box_count - 1].text, "a name that"));
    style.is_path = true;
    canvas_text(picture, 0, 10, &style, texts[0]);
    assert_non_null(strstr(picture->boxes[picture->box_count - 1].text, "rather long"));
    vktl_picture_destroy(&picture);
}

static void labels_are_utf8_of_one_line(void **state)
{
    (void)state;
    static const char *const texts[][2] = {
        {"plain", "plain"},
        {NULL, ""},
        {"Jérôme", "Jérôme"},
        {"a\nb\tc\x7f", "a b c "},
        {"\xc3", "\ufffd"},                               // cut
        {"\xc0\xaf", "\ufffd\ufffd"},                     // longer than needed
        {"\xed\xa0\x80", "\ufffd\ufffd\ufffd"},           // half of a surrogate pair
        {"\xf4\x90\x80\x80", "\ufffd\ufffd\ufffd\ufffd"}, // beyond Unicode
        {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},         // four bytes
    };
    struct label label, shortened;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        label_clean(texts[i][0], &label);
        assert_string_equal(label.text, texts[i][1]);
    }
    char long_text[4096];
    for (size_t i = 0; i + 1 < sizeof long_text; i++)
        long_text[i] = "\xc3\xa9"[i % 2];
    long_text[sizeof long_text - 1] = '\0';
    label_clean(long_text, &label);
    assert_true(strlen(label.text) < LABEL_SIZE);
    assert_string_equal(label.text + strlen(label.text) - 5, "\xc3\xa9\u2026");
    for (size_t length = 0; length < strlen(label.text); length++) {
        struct label again;
        label_shorten(&label, length, &shortened);
        label_clean(shortened.text, &again); // what is cut is whole UTF-8 still
        assert_string_equal(again.text, shortened.text);
        label_shorten_start(&label, length, &shortened);
        label_clean(shortened.text, &again);
        assert_string_equal(again.text, shortened.text);
    }
}

// Recorded with GNU FriBidi 1.0.8.
static void right_to_left_text_is_put_in_order(void **state)
{
    (void)state;
    static const char *const texts[][2] = {
        {"a-1 (b) \u2026", "a-1 (b) \u2026"},
        {"\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd",
         "\u05dd\u05dc\u05d5\u05e2 \u05dd\u05d5\u05dc\u05e9"},
        {"\u05e9\u05dc\u05d5\u05dd abc 12", "abc 12 \u05dd\u05d5\u05dc\u05e9"},
        {"abc \u05e9\u05dc\u05d5\u05dd def", "abc \u05dd\u05d5\u05dc\u05e9 def"},
        {"12 \u05e9\u05dc\u05d5\u05dd", "\u05dd\u05d5\u05dc\u05e9 12"},
        {"\u05e7\u05d5\u05d1\u05e5-3.png", "png.3-\u05e5\u05d1\u05d5\u05e7"},
        {"data/\u05e9\u05dc/img 1.jpg", "data/\u05dc\u05e9/img 1.jpg"},
        {"a (\u05e9\u05dc\u05d5\u05dd) b", "a (\u05dd\u05d5\u05dc\u05e9) b"},
        {"\u05e9\u05dc\u05d5\u05dd (2)", "(2) \u05dd\u05d5\u05dc\u05e9"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct label label;
        label_clean(texts[i][0], &label);
        bidi_reorder(&label);
        assert_string_equal(label.text, texts[i][1]);
    }
}

// ---- Ticks

static void ticks_are_round_and_told_apart(void **state)
{
    (void)state;
    static const double ranges[][2] = {{0, 1},       {0, 1e-12},         {-3, 7},      {1e9, 1.1e9},
                                       {0, 1e300},   {-1e300, 1e300},    {0, 40},      {0.95, 1},
                                       {1e-9, 2e-9}, {12345.6, 12345.7}, {0, 65536.0}, {-1e-5, 0}};
    struct ticks ticks;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        for (uint32_t most = 3; most <= TICKS_MAX; most++) {
            ticks_linear(ranges[i][0], ranges[i][1], most, 0, &ticks);
            assert_true(ticks.count >= 1 && ticks.count <= most);
            const double range = ranges[i][1] - ranges[i][0];
            for (uint32_t k = 0; k < ticks.count; k++) {
                assert_true(ticks.at[k] >= ranges[i][0] - range * 1e-5);
                assert_true(ticks.at[k] <= ranges[i][1] + range * 1e-5);
                // The label says where the tick is.
                assert_true(fabs(atof(ticks.labels[k]) - ticks.at[k]) <= range * 1e-4);
                assert_true(k == 0 || strcmp(ticks.labels[k], ticks.labels[k - 1]) != 0);
            }
        }
    }
    ticks_linear(1, 7, 16, 1, &ticks);
    assert_int_equal(ticks.count, 7);
    assert_string_equal(ticks.labels[6], "7");
}

static void logarithmic_ticks(void **state)
{
    (void)state;
    static const double ranges[][2] = {{1e-10, 10}, {1, 2}, {0.3, 30}, {1e-300, 1e300}, {3, 3.1}};
    struct ticks ticks;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        for (uint32_t most = 3; most <= TICKS_MAX; most++) {
            ticks_log(ranges[i][0], ranges[i][1], most, &ticks);
            assert_true(ticks.count >= 1 && ticks.count <= most);
            for (uint32_t k = 0; k < ticks.count; k++) {
                assert_true(ticks.at[k] >= ranges[i][0] * 0.999);
                assert_true(ticks.at[k] <= ranges[i][1] * 1.001);
                assert_true(fabs(atof(ticks.labels[k]) / ticks.at[k] - 1) < 0.01);
                assert_true(k == 0 || ticks.at[k] > ticks.at[k - 1]);
            }
        }
    }
    ticks_log(1e-10, 10, 12, &ticks);
    assert_int_equal(ticks.count, 12);
    assert_string_equal(ticks.labels[0], "1e-10");
    assert_string_equal(ticks.labels[11], "10");
}

// ---- Colours

static void colours_are_told_apart(void **state)
{
    (void)state;
    assert_true(colour_is_dark((struct colour){0, 0, 0}));
    assert_false(colour_is_dark((struct colour){1, 1, 1}));
    assert_true(colour_is_dark((struct colour){0, 0, 1}));
    assert_false(colour_is_dark((struct colour){0, 1, 0}));
    // Brighter all the way, so that the maps can be read without colour.
    for (int map = COLOUR_MAP_VIRIDIS; map <= COLOUR_MAP_GREY; map++) {
        double before = -1;
        for (int i = 0; i <= 100; i++) {
            const struct colour colour = colour_map_at(map, i / 100.0);
            const double luma = 0.2126 * colour.red + 0.7152 * colour.green + 0.0722 * colour.blue;
            assert_true(luma > before);
            before = luma;
        }
    }
    // The ends of matplotlib's viridis.
    assert_true(fabs(colour_map_at(COLOUR_MAP_VIRIDIS, -5).blue - 0.329415) < 0.005);
    assert_true(fabs(colour_map_at(COLOUR_MAP_VIRIDIS, 0.5).green - 0.566949) < 0.01);
    assert_true(fabs(colour_map_at(COLOUR_MAP_VIRIDIS, 9).red - 0.993248) < 0.005);
}

// ---- Files

static void names_say_the_format(void **state)
{
    (void)state;
    static const char *const good[] = {"a.png", "a.PNG", "a@2x.png", "x/y.z/b.Svg", "..png"};
    static const char *const bad[] = {"a.jpg", "png", ".png", "a/.svg", "a.png.txt", "a.svgz", ""};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(vktl_picture_can_save(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(vktl_picture_can_save(bad[i]));
    struct vktl_picture *picture = new_picture();
    assert_int_equal(canvas_finish(&harness_log, &picture, 60), VKTL_OK);
    assert_int_equal(vktl_picture_save(&harness_quiet_log, picture, "a.jpg"), VKTL_USAGE);
    assert_non_null(strstr(harness_last_error, "a.jpg"));
    assert_int_equal(vktl_picture_save(&harness_quiet_log, picture, "/none/such/a.png"), VKTL_IO);
    for (uint64_t n = 0;; n++) {
        unsigned char *bytes;
        size_t size;
        failing_malloc_at(n);
        const vktl_status status = vktl_picture_bytes(NULL, picture, VKTL_PNG, &bytes, &size);
        if (!failing_malloc_stop()) {
            assert_int_equal(status, VKTL_OK);
            assert_true(n > 0);
            free(bytes);
            break;
        }
        assert_int_equal(status, VKTL_NO_MEMORY);
        assert_null(bytes);
    }
    vktl_picture_destroy(&picture);
    vktl_picture_destroy(&picture); // of none
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlapping_texts_are_caught),
        cmocka_unit_test(texts_that_leave_the_page_are_caught),
        cmocka_unit_test(boxes_hold_the_ink),
        cmocka_unit_test(texts_are_shortened_to_their_width),
        cmocka_unit_test(labels_are_utf8_of_one_line),
        cmocka_unit_test(right_to_left_text_is_put_in_order),
        cmocka_unit_test(ticks_are_round_and_told_apart),
        cmocka_unit_test(logarithmic_ticks),
        cmocka_unit_test(colours_are_told_apart),
        cmocka_unit_test(names_say_the_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
