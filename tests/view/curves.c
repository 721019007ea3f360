// Curves: every number of epochs, and figures that are missing or out of all proportion.
#include "harness/pictures.h"

#include <math.h>

enum { MAX = 10000 };
static double loss[MAX], accuracy[MAX], val_loss[MAX], val_accuracy[MAX], rate[MAX];

static struct vktl_curves make(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const double t = (double)i / (count < 40 ? 40 : count) * 40;
        double noise = sin(i * 12.9898) * 43758.5453;
        noise -= floor(noise);
        loss[i] = 1.6 * exp(-t / 8) + 0.05 + 0.05 * noise;
        val_loss[i] = 1.6 * exp(-t / 9) + 0.15 + 0.08 * noise + t * 0.002;
        accuracy[i] = 1 - 0.8 * exp(-t / 7) - 0.02 * noise;
        val_accuracy[i] = 0.95 - 0.75 * exp(-t / 8) - 0.04 * noise;
        rate[i] = i < count / 2 ? 0.01 : 0.001 * pow(0.97, t - 20);
    }
    return (struct vktl_curves){"mobilenet on celeb5",
                                count,
                                accuracy,
                                loss,
                                val_accuracy,
                                val_loss,
                                rate,
                                count * 2 / 3 + 1,
                                count > 1 ? count / 2 + 1 : 0};
}

static void many_and_few_epochs(void **state)
{
    (void)state;
    const uint32_t counts[] = {1, 2, 3, 20, 40, 300, MAX};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        char name[32];
        const struct vktl_curves curves = make(counts[i]);
        snprintf(name, sizeof name, "curves-%u", counts[i]);
        PICTURES_DRAW(name, vktl_draw_curves, &curves);
    }
}

static void gaps_and_missing_parts(void **state)
{
    (void)state;
    struct vktl_curves curves = make(20);
    accuracy[3] = val_accuracy[4] = val_accuracy[6] = loss[19] = NAN;
    val_loss[0] = INFINITY;
    PICTURES_DRAW("curves-gaps", vktl_draw_curves, &curves);
    curves.val_accuracy = curves.val_loss = curves.learning_rate = NULL;
    curves.title = NULL;
    curves.best_epoch = 4; // whose accuracy is unknown
    PICTURES_DRAW("curves-no-validation", vktl_draw_curves, &curves);
    for (int i = 0; i < 20; i++)
        loss[i] = accuracy[i] = NAN;
    PICTURES_DRAW("curves-all-nan", vktl_draw_curves, &curves);
}

static void extreme_values(void **state)
{
    (void)state;
    struct vktl_curves curves = make(20);
    for (int i = 0; i < 20; i++) {
        loss[i] = pow(10, 300 - 30 * i);
        val_loss[i] = i % 3 ? pow(10, -i) : 0;
        accuracy[i] = val_accuracy[i] = 1;
        rate[i] = pow(10, -15 * i);
    }
    PICTURES_DRAW("curves-extreme", vktl_draw_curves, &curves);
    for (int i = 0; i < 20; i++) {
        loss[i] = 0.123456789 + i * 1e-9;
        val_loss[i] = -1e300;
        accuracy[i] = val_accuracy[i] = 0;
    }
    PICTURES_DRAW("curves-equal", vktl_draw_curves, &curves);
    for (int i = 0; i < 20; i++)
        loss[i] = val_loss[i] = (i % 2 ? 1 : -1) * 1.7e308;
    PICTURES_DRAW("curves-huge", vktl_draw_curves, &curves);
}

static void refusals(void **state)
{
    (void)state;
    struct vktl_picture *picture;
    struct vktl_curves curves = make(3);
    curves.count = 0;
    assert_int_equal(vktl_draw_curves(&harness_quiet_log, &curves, VKTL_LIGHT, &picture),
                     VKTL_USAGE);
    assert_null(picture);
    curves = make(3);
    PICTURES_FAIL_ALLOCATIONS(vktl_draw_curves, &curves);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_and_few_epochs),
        cmocka_unit_test(gaps_and_missing_parts),
        cmocka_unit_test(extreme_values),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
