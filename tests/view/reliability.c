// Reliability diagrams: one series and two, bins that are empty, full or wrong.
#include "harness/pictures.h"

#include <math.h>

enum { MAX = 100 };
static double confidence[2][MAX], accuracy[2][MAX];
static uint32_t counts[2][MAX];
static struct vktl_reliability_series series[2];

static struct vktl_reliability make(uint32_t bins, uint32_t count)
{
    for (int s = 0; s < 2; s++) {
        for (uint32_t i = 0; i < bins; i++) {
            confidence[s][i] = (i + 0.55) / bins;
            accuracy[s][i] = pow(confidence[s][i], s ? 1.05 : 1.6);
            counts[s][i] = i * i * (s ? 3 : 5) / bins;
        }
    }
    series[0] = (struct vktl_reliability_series){"uncalibrated", confidence[0], accuracy[0],
                                                 counts[0], 0.123};
    series[1] = (struct vktl_reliability_series){"temperature 1.43", confidence[1], accuracy[1],
                                                 counts[1], 0.021};
    return (struct vktl_reliability){"Reliability on 250 images", bins, count, series};
}

static void bins_and_series(void **state)
{
    (void)state;
    const uint32_t bins[] = {1, 2, 15, 100};
    for (size_t i = 0; i < sizeof bins / sizeof *bins; i++) {
        for (uint32_t count = 1; count <= 2; count++) {
            char name[64];
            const struct vktl_reliability reliability = make(bins[i], count);
            snprintf(name, sizeof name, "reliability-%u-%u", bins[i], count);
            PICTURES_DRAW(name, vktl_draw_reliability, &reliability);
        }
    }
}

static void odd_values(void **state)
{
    (void)state;
    struct vktl_reliability reliability = make(15, 2);
    accuracy[0][14] = NAN;
    confidence[0][13] = NAN;
    accuracy[0][12] = 7;
    confidence[1][14] = -3;
    counts[1][14] = UINT32_MAX;
    series[0].ece = NAN;
    series[0].name = "a name that is much too long for half of the page and says very little";
    reliability.title = NULL;
    PICTURES_DRAW("reliability-odd", vktl_draw_reliability, &reliability);
    for (int i = 0; i < 15; i++)
        counts[0][i] = 0;
    reliability.series_count = 1;
    PICTURES_DRAW("reliability-empty", vktl_draw_reliability, &reliability);
}

static void refusals(void **state)
{
    (void)state;
    struct vktl_picture *picture;
    struct vktl_reliability reliability = make(15, 2);
    PICTURES_FAIL_ALLOCATIONS(vktl_draw_reliability, &reliability);
    reliability.series_count = 3;
    assert_int_equal(vktl_draw_reliability(&harness_quiet_log, &reliability, VKTL_LIGHT, &picture),
                     VKTL_USAGE);
    reliability = make(0, 1);
    assert_int_equal(vktl_draw_reliability(&harness_quiet_log, &reliability, VKTL_LIGHT, &picture),
                     VKTL_USAGE);
    assert_null(picture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bins_and_series),
        cmocka_unit_test(odd_values),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
