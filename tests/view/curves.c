// Curves: the texts of every case stay apart and on the page.
#include "harness/harness.h"
#include "harness/pictures.h"
#include <math.h>
#include <stdio.h>

enum { MAX = 10000 };
static double loss[MAX], accuracy[MAX], val_loss[MAX], val_accuracy[MAX], rate[MAX];

static struct vktl_curves make(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        double t = (double)i / (count < 40 ? 40 : count) * 40;
        double noise = sin(i * 12.9898) * 43758.5453;
        noise -= floor(noise);
        loss[i] = 1.6 * exp(-t / 8) + 0.05 + 0.05 * noise;
        val_loss[i] = 1.6 * exp(-t / 9) + 0.15 + 0.08 * noise + t * 0.002;
        accuracy[i] = 1 - 0.8 * exp(-t / 7) - 0.02 * noise;
        val_accuracy[i] = 0.95 - 0.75 * exp(-t / 8) - 0.04 * noise;
        rate[i] = i < count / 2 ? 0.01 : 0.001 * pow(0.97, i - count / 2.0);
    }
    return (struct vktl_curves){"celeb5, mobilenet",
                                count,
                                accuracy,
                                loss,
                                val_accuracy,
                                val_loss,
                                rate,
                                count * 2 / 3 + 1,
                                count > 1 ? count / 2 + 1 : 0};
}

static void draw(const char *name, const struct vktl_curves *curves)
{
    char file[128];
    const char *const themes[] = {"light", "dark"};
    for (int theme = VKTL_LIGHT; theme <= VKTL_DARK; theme++) {
        struct vktl_picture *picture;
        assert_int_equal(vktl_draw_curves(&harness_log, curves, theme, &picture), VKTL_OK);
        snprintf(file, sizeof file, "curves-%s-%s", name, themes[theme]);
        pictures_check(file, &picture);
    }
}

static void many_and_few_epochs(void **state)
{
    (void)state;
    const uint32_t counts[] = {1, 2, 3, 20, 40, 300, MAX};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        char name[32];
        struct vktl_curves curves = make(counts[i]);
        snprintf(name, sizeof name, "%u", counts[i]);
        draw(name, &curves);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(many_and_few_epochs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
