// What a range test's losses suggest: curves whose answer is known by how they were made, and
// fastai's valley against an implementation of its own.
#include "train/lr_suggest.h"

#include <math.h>
#include <stdio.h>

#include "harness/harness.h"
#include "harness/temporary.h"

enum { MAX = 512 };

static double rates[MAX], losses[MAX];

// `count` rates from 1e-8 up, ten a decade.
static void fill_rates(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        rates[i] = 1e-8 * pow(10, i / 10.0);
}

// Straight lines over the logarithm, by the changes a step of three stretches.
static void fill_lines(const uint32_t lengths[3], const double changes[3])
{
    uint32_t i = 0;
    double loss = 2;
    for (uint32_t line = 0; line < 3; line++)
        for (uint32_t step = 0; step < lengths[line]; step++, i++, loss += changes[line])
            losses[i] = loss;
    fill_rates(i);
}

static void smoothing_has_no_bias(void **state)
{
    (void)state;
    struct lr_smoothing constant = {0}, impulse = {0};
    for (int i = 0; i < 200; i++) {
        assert_true(fabs(lr_smooth(&constant, 3.5) - 3.5) < 1e-12);
        // One loss of 1 among zeros: (1 - b) b^i / (1 - b^(i + 1)).
        const double wanted = 0.02 * pow(0.98, i) / (1 - pow(0.98, i + 1));
        assert_true(fabs(lr_smooth(&impulse, i == 0) - wanted) < 1e-12);
    }
}

static void steepest_lies_in_the_steepest_stretch(void **state)
{
    (void)state;
    static const struct {
        uint32_t lengths[3];
        double changes[3];
        uint32_t first, last; // steps of the steepest
    } cases[] = {
        {{20, 20, 20}, {-0.001, -0.05, 0.2}, 20, 39},
        {{30, 15, 15}, {0, -0.02, -0.01}, 30, 44},
        {{15, 30, 15}, {-0.02, -0.01, 0.5}, 0, 14},
        {{20, 20, 20}, {0.1, 0.1, -0.001}, 40, 59},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fill_lines(cases[i].lengths, cases[i].changes);
        const double rate = lr_steepest(rates, losses, 60);
        assert_true(rate >= rates[cases[i].first] && rate <= rates[cases[i].last]);
    }
    // One deep notch of a single step, which a difference of neighbours would fall for.
    fill_lines((uint32_t[]){20, 20, 20}, (double[]){0, -0.05, 0.2});
    losses[8] -= 0.06;
    const double rate = lr_steepest(rates, losses, 60);
    assert_true(rate >= rates[20] && rate <= rates[39]);
}

static void minimum_is_a_tenth_of_the_lowest(void **state)
{
    (void)state;
    fill_rates(60);
    for (uint32_t i = 0; i < 60; i++)
        losses[i] = 1 + (i - 42.0) * (i - 42.0);
    assert_true(lr_minimum_10(rates, losses, 60) == rates[42] / 10);
    losses[17] = 0;
    assert_true(lr_minimum_10(rates, losses, 60) == rates[17] / 10);
}

static void a_loss_that_only_rises_suggests_nothing(void **state)
{
    (void)state;
    fill_lines((uint32_t[]){20, 20, 20}, (double[]){0, 0.1, 0.2});
    const struct vktl_lr_suggestions none = lr_suggest(rates, losses, 60, 60);
    assert_true(isnan(none.steepest) && isnan(none.valley) && isnan(none.minimum_10));
    assert_true(isnan(none.recommended));
    assert_null(none.recommended_name);
    // Too few steps to have any left after both ends.
    fill_lines((uint32_t[]){20, 20, 20}, (double[]){-1, -1, -1});
    for (uint32_t count = 0; count <= 11; count++)
        assert_true(isnan(lr_suggest(rates, losses, count, 60).recommended));
    assert_false(isnan(lr_suggest(rates, losses, 13, 60).recommended));
}

// The first tenth of the planned steps and the last five made do not count.
static void both_ends_are_left_out(void **state)
{
    (void)state;
    struct vktl_lr_suggestions found[2];
    fill_lines((uint32_t[]){20, 20, 20}, (double[]){-0.001, -0.05, 0.02});
    for (int i = 0; i < 2; i++) {
        found[i] = lr_suggest(rates, losses, 60, 80);
        for (uint32_t step = 0; step < 8; step++)
            losses[step] = -100 - (double)step;
        for (uint32_t step = 55; step < 60; step++)
            losses[step] = -1000 - (double)step;
    }
    assert_true(found[0].valley == found[1].valley && found[0].steepest == found[1].steepest);
    assert_true(found[0].minimum_10 == found[1].minimum_10 &&
                found[0].minimum_10 == rates[40] / 10);
    assert_true(found[0].recommended == found[0].valley);
    assert_string_equal(found[0].recommended_name, "valley");
    losses[54] = -2000; // the last that counts
    assert_true(lr_suggest(rates, losses, 60, 80).minimum_10 == rates[54] / 10);
    losses[8] = -3000; // the first that counts, and no minimum is at the very start
    assert_true(isnan(lr_suggest(rates, losses, 60, 80).minimum_10));
}

static void read_curve(char *line, int *place, uint32_t *count)
{
    char *end;
    *place = (int)strtol(line, &end, 10);
    for (*count = 0; *end == ' '; ++*count)
        losses[*count] = strtod(end, &end);
    fill_rates(*count);
}

static void valley_is_fastais(void **state)
{
    (void)state;
    static char line[65536];
    char command[2048];
    struct temporary folder;
    int curves = 0, bare = 0;
    temporary_create(&folder);
    snprintf(command, sizeof command, "/usr/bin/python3 '%s' > '%s'",
             harness_source_path("tests/train/lr_suggest_oracle.py"),
             temporary_path(&folder, "curves"));
    if (system(command) != 0)
        exit(77);
    FILE *file = fopen(temporary_path(&folder, "curves"), "r");
    assert_non_null(file);
    for (; fgets(line, sizeof line, file); curves++) {
        int place;
        uint32_t count;
        read_curve(line, &place, &count);
        const double rate = lr_valley(rates, losses, count);
        if (place < 0)
            assert_true(isnan(rate));
        else
            assert_true(rate == rates[place]);
        bare += place < 0;
    }
    fclose(file);
    assert_true(curves > 20 && bare == 3);
    temporary_destroy(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smoothing_has_no_bias),
        cmocka_unit_test(steepest_lies_in_the_steepest_stretch),
        cmocka_unit_test(minimum_is_a_tenth_of_the_lowest),
        cmocka_unit_test(a_loss_that_only_rises_suggests_nothing),
        cmocka_unit_test(both_ends_are_left_out),
        cmocka_unit_test(valley_is_fastais),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
