// Learning-rate charts: suggestions that coincide, losses that leave all bounds.
#include "harness/pictures.h"

#include <math.h>

enum { MAX = 2000 };
static double rates[MAX], losses[MAX], smoothed[MAX];
static struct vktl_lr_mark marks[8];

static struct vktl_lr_chart make(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        double noise = sin(i * 12.9898) * 43758.5453;
        noise -= floor(noise);
        rates[i] = 1e-10 * pow(1e11, (double)i / (count > 1 ? count - 1 : 1));
        const double x = log10(rates[i]);
        smoothed[i] = 1.7 - 1.2 / (1 + exp(-2.5 * (x + 3.2))) + (x > -1 ? pow(x + 1, 2) * 3 : 0);
        losses[i] = smoothed[i] * (0.8 + 0.4 * noise);
    }
    marks[0] = (struct vktl_lr_mark){"steepest", 6.3e-4, false};
    marks[1] = (struct vktl_lr_mark){"valley", 2.1e-3, true};
    marks[2] = (struct vktl_lr_mark){"minimum/10", 8e-3, false};
    return (struct vktl_lr_chart){
        "Learning-rate range test", count, rates, losses, smoothed, 3, marks};
}

static void all_sizes(void **state)
{
    (void)state;
    const uint32_t counts[] = {1, 2, 10, 100, MAX};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        char name[32];
        const struct vktl_lr_chart chart = make(counts[i]);
        snprintf(name, sizeof name, "lr-%u", counts[i]);
        PICTURES_DRAW(name, vktl_draw_lr_find, &chart);
    }
}

static void odd_values(void **state)
{
    (void)state;
    struct vktl_lr_chart chart = make(100);
    for (int i = 0; i < 8; i++)
        marks[i] = (struct vktl_lr_mark){"a suggestion with a name of some length", 1e-3, i == 4};
    marks[5].rate = NAN;
    marks[6].rate = 1e9; // outside
    marks[7].name = NULL;
    chart.mark_count = 8;
    losses[10] = NAN;
    losses[50] = 1e308;
    smoothed[60] = INFINITY;
    PICTURES_DRAW("lr-odd", vktl_draw_lr_find, &chart);
    chart.smoothed = NULL;
    chart.mark_count = 0;
    chart.title = NULL;
    for (int i = 0; i < 100; i++)
        losses[i] = 1.5;
    PICTURES_DRAW("lr-equal", vktl_draw_lr_find, &chart);
    for (int i = 0; i < 100; i++)
        losses[i] = NAN;
    PICTURES_DRAW("lr-nan", vktl_draw_lr_find, &chart);
}

static void refusals(void **state)
{
    (void)state;
    struct vktl_picture *picture;
    struct vktl_lr_chart chart = make(10);
    PICTURES_FAIL_ALLOCATIONS(vktl_draw_lr_find, &chart);
    chart.mark_count = 9;
    assert_int_equal(vktl_draw_lr_find(&harness_quiet_log, &chart, VKTL_LIGHT, &picture),
                     VKTL_USAGE);
    chart.mark_count = chart.count = 0;
    assert_int_equal(vktl_draw_lr_find(&harness_quiet_log, &chart, VKTL_LIGHT, &picture),
                     VKTL_USAGE);
    assert_null(picture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_sizes),
        cmocka_unit_test(odd_values),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
