// Feature sheets: tiles of any shape, vectors of any length.
#include "harness/pictures.h"

#include <math.h>

static float values[1 << 20];

static struct vktl_feature_map make(uint32_t rank, uint32_t height, uint32_t width,
                                    uint32_t channels)
{
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            for (uint32_t c = 0; c < channels; c++)
                values[((size_t)y * width + x) * channels + c] =
                    c % 13 == 5 ? 0
                                : (float)(sin(c + 6.0 * x / width * (1 + c % 3)) +
                                          cos(2 * c + 6.0 * y / height) + 0.1 * c);
    struct vktl_feature_map map = {3, "block1_conv2", rank, {1, height, width, channels}, values};
    if (rank == 2)
        map.shape[1] = channels;
    return map;
}

static void draw(const char *name, const struct vktl_feature_sheet *sheet)
{
    PICTURES_DRAW(name, vktl_draw_features, sheet);
}

static void tiles(void **state)
{
    (void)state;
    static const uint32_t shapes[][3] = {{64, 64, 32},  {7, 7, 64},   {112, 112, 3}, {300, 300, 1},
                                         {1, 1, 64},    {1, 200, 16}, {200, 1, 16},  {3, 5, 12},
                                         {20, 2000, 1}, {40, 30, 64}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        char name[64];
        const struct vktl_feature_map map = make(4, shapes[i][0], shapes[i][1], shapes[i][2]);
        snprintf(name, sizeof name, "features-%u-%u-%u", shapes[i][0], shapes[i][1], shapes[i][2]);
        draw(name, &(struct vktl_feature_sheet){&map, .is_grey = i == 4});
    }
}

static void sheets_show_every_channel_once(void **state)
{
    (void)state;
    const uint32_t channels[] = {1, 64, 65, 128, 200}, sheets[] = {1, 1, 2, 2, 4};
    for (int i = 0; i < 5; i++) {
        const struct vktl_feature_map map = make(4, 4, 4, channels[i]);
        assert_int_equal(vktl_feature_sheet_count(&map), sheets[i]);
        char name[64];
        snprintf(name, sizeof name, "features-last-of-%u", channels[i]);
        draw(name, &(struct vktl_feature_sheet){&map, (sheets[i] - 1) * VKTL_FEATURE_TILES});
    }
}

static void vectors(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {1, 5, 40, 41, 256, 1000, 4096, 25088, 1 << 20};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        char name[64];
        const struct vktl_feature_map map = make(2, 1, 1, lengths[i]);
        assert_int_equal(vktl_feature_sheet_count(&map), 1);
        snprintf(name, sizeof name, "features-vector-%u", lengths[i]);
        draw(name, &(struct vktl_feature_sheet){&map, .is_grey = i == 4});
    }
}

static void classes_and_odd_values(void **state)
{
    (void)state;
    const char *const classes[] = {
        "ilva", "a name that is so long that it takes more than its room", "", "Jérôme", "borin",
        "six"};
    struct vktl_feature_map map = make(2, 1, 1, 6);
    map.layer_name = "a layer with a name that is so long that it cannot stand on a page of eight "
                     "hundred units at the size of a title";
    const float odd[] = {-INFINITY, NAN, 1e-38f, 3.4e38f, -3.4e38f, -0.0f};
    map.values = odd;
    draw("features-classes", &(struct vktl_feature_sheet){&map, .classes = classes});
    for (int i = 0; i < 64; i++)
        values[i] = NAN;
    map = (struct vktl_feature_map){0, "nan", 2, {1, 64}, values};
    draw("features-vector-nan", &(struct vktl_feature_sheet){&map});
    map = (struct vktl_feature_map){0, "nan", 4, {1, 4, 4, 4}, values};
    draw("features-nan", &(struct vktl_feature_sheet){&map});
    for (int i = 0; i < 64; i++)
        values[i] = 0;
    map = (struct vktl_feature_map){0, "zero", 2, {1, 64}, values};
    draw("features-vector-zero", &(struct vktl_feature_sheet){&map});
    map.shape[1] = 6;
    draw("features-zero", &(struct vktl_feature_sheet){&map});
}

static void refusals(void **state)
{
    (void)state;
    struct vktl_picture *picture;
    struct vktl_feature_map map = make(4, 4, 4, 4);
    struct vktl_feature_sheet sheet = {&map};
    PICTURES_FAIL_ALLOCATIONS(vktl_draw_features, &sheet);
    sheet.first = 4;
    assert_int_equal(vktl_draw_features(&harness_quiet_log, &sheet, VKTL_LIGHT, &picture),
                     VKTL_USAGE);
    sheet.first = 0;
    map.rank = 3;
    assert_int_equal(vktl_draw_features(&harness_quiet_log, &sheet, VKTL_LIGHT, &picture),
                     VKTL_USAGE);
    map = make(4, 4, 4, 4);
    map.shape[2] = 0;
    assert_int_equal(vktl_draw_features(&harness_quiet_log, &sheet, VKTL_LIGHT, &picture),
                     VKTL_USAGE);
    assert_null(picture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tiles),    cmocka_unit_test(sheets_show_every_channel_once),
        cmocka_unit_test(vectors),  cmocka_unit_test(classes_and_odd_values),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
