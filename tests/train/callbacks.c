// Decisions after an epoch, and learning rates, against tables worked out by hand from the formulas
// of Keras 3's callbacks, PyTorch's StepLR, SGDR and fastai's one-cycle: series of figures and what
// must be decided for each epoch.
#include "harness/harness.h"

#include <math.h>

#include "harness/messages.h"
#include "train/callbacks.h"
#include "train/schedule.h"

enum { MOST_EPOCHS = 12 };

static struct figures figures_with(enum vktl_monitor monitor, double value)
{
    struct figures figures = {NAN, NAN, NAN, NAN};
    double *const members[] = {NULL, &figures.loss, &figures.accuracy, &figures.val_loss,
                               &figures.val_accuracy};
    *members[monitor] = value;
    return figures;
}

// ---- Early stopping

struct stop_case {
    const char *name;
    struct vktl_callbacks callbacks;
    enum vktl_monitor monitor; // what the series is of
    uint32_t count;
    double series[MOST_EPOCHS];
    uint32_t stops; // after this epoch, from 1; 0: never
};

#define VAL_LOSS VKTL_MONITOR_VAL_LOSS
#define ACCURACY VKTL_MONITOR_ACCURACY

static const struct stop_case stop_cases[] = {
    {"off", {0}, VAL_LOSS, 4, {1, 2, 3, 4}, 0},
    {"falls for ever", {.early_stop = 1}, VAL_LOSS, 4, {4, 3, 2, 1}, 0},
    {"patience 1", {.early_stop = 1}, VAL_LOSS, 4, {4, 3, 3.5, 1}, 3},
    {"equal is no improvement", {.early_stop = 1}, VAL_LOSS, 3, {4, 3, 3}, 3},
    {"patience 2", {.early_stop = 2}, VAL_LOSS, 6, {4, 3, 3.5, 3.2, 2, 1}, 4},
    {"patience 2, renewed", {.early_stop = 2}, VAL_LOSS, 7, {4, 3, 3.5, 2, 2.5, 2.1, 9}, 6},
    {"patience 3", {.early_stop = 3}, VAL_LOSS, 8, {5, 4, 6, 6, 3, 6, 6, 6}, 8},
    {"rises from the start", {.early_stop = 1}, VAL_LOSS, 3, {1, 2, 3}, 2},
    // min_delta: only changes larger than it count; exactly it does not. 0.25 steps are exact.
    {"min_delta 0.5, small steps", {.early_stop = 2, .min_delta = 0.5}, VAL_LOSS, 4,
     {4, 3.75, 3.5, 3.25}, 3},
    {"min_delta 0.5, exactly", {.early_stop = 1, .min_delta = 0.5}, VAL_LOSS, 3, {4, 3.5, 1}, 2},
    {"min_delta 0.5, more", {.early_stop = 1, .min_delta = 0.5}, VAL_LOSS, 3, {4, 3.25, 2.5}, 0},
    {"min_delta 0.5, adding up to more", {.early_stop = 3, .min_delta = 0.5}, VAL_LOSS, 6,
     {4, 3.75, 3.5, 3.25, 3, 3}, 0}, // 3.25 beats 4, 3 does not beat 3.25: wait 2 at the end
    // Accuracies rise.
    {"accuracy, auto", {.early_stop = 2, .monitor = ACCURACY}, ACCURACY, 5,
     {0.5, 0.75, 0.5, 0.75, 1}, 4},
    {"accuracy, max", {.early_stop = 1, .monitor = ACCURACY, .mode = VKTL_MONITOR_MAX}, ACCURACY, 3,
     {0.5, 0.75, 0.5}, 3},
    {"accuracy, min", {.early_stop = 1, .monitor = ACCURACY, .mode = VKTL_MONITOR_MIN}, ACCURACY, 3,
     {0.5, 0.25, 0.5}, 3},
    {"loss, max", {.early_stop = 1, .mode = VKTL_MONITOR_MAX}, VAL_LOSS, 3, {1, 2, 1}, 3},
    {"accuracy, min_delta", {.early_stop = 1, .monitor = ACCURACY, .min_delta = 0.25}, ACCURACY, 3,
     {0.25, 0.5, 1}, 2},
    // Nothing beats NaN and NaN beats nothing.
    {"NaN in the middle", {.early_stop = 2}, VAL_LOSS, 5, {3, NAN, NAN, 1, 1}, 3},
    {"NaN, then better", {.early_stop = 2}, VAL_LOSS, 4, {3, NAN, 2, 1}, 0},
    {"NaN first", {.early_stop = 2}, VAL_LOSS, 4, {NAN, 3, 2, 1}, 0},
    {"NaN first, patience 1", {.early_stop = 1}, VAL_LOSS, 3, {NAN, NAN, 1}, 2},
    {"infinity first", {.early_stop = 1}, VAL_LOSS, 3, {INFINITY, 3, 2}, 0},
    // Keras never stops after the first epoch, and its wait goes on counting from there.
    {"infinity twice", {.early_stop = 1}, VAL_LOSS, 3, {INFINITY, INFINITY, 2}, 2},
    // baseline: an improvement that is not better than it neither renews the patience nor stops.
    {"baseline never reached", {.early_stop = 3, .baseline = 1}, VAL_LOSS, 6, {5, 4, 3, 2, 1.5, 2},
     6},
    {"baseline reached", {.early_stop = 2, .baseline = 3.5}, VAL_LOSS, 5, {5, 4, 3, 4, 2}, 0},
    {"baseline reached, then worse", {.early_stop = 2, .baseline = 3.5}, VAL_LOSS, 5,
     {5, 4, 3, 4, 4}, 5},
    {"baseline and worse at once", {.early_stop = 2, .baseline = 1}, VAL_LOSS, 3, {5, 6, 1}, 2},
};

static void test_early_stop(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof stop_cases / sizeof *stop_cases; i++) {
        const struct stop_case *row = &stop_cases[i];
        struct early_stop stop;
        uint32_t stopped = 0;
        early_stop_reset(&row->callbacks, &stop);
        for (uint32_t epoch = 1; epoch <= row->count && !stopped; epoch++) {
            const struct figures figures = figures_with(row->monitor, row->series[epoch - 1]);
            if (early_stop_judge(&row->callbacks, epoch, &figures, &stop))
                stopped = epoch;
        }
        if (stopped != row->stops)
            fail_msg("%s: stopped after epoch %u, expected %u", row->name, stopped, row->stops);
    }
}

// ---- The learning rate on a plateau

struct reduce_case {
    const char *name;
    struct vktl_callbacks callbacks;
    uint32_t count;
    double series[MOST_EPOCHS]; // of val_loss
    double rates[MOST_EPOCHS];  // after each epoch; the first is 1
};

static const struct reduce_case reduce_cases[] = {
    {"off", {0}, 3, {1, 2, 3}, {1, 1, 1}},
    {"patience 1", {.reduce_lr = 1, .lr_factor = 0.5}, 5, {4, 3, 3, 2, 3}, {1, 1, .5, .5, .25}},
    {"patience 2", {.reduce_lr = 2, .lr_factor = 0.5}, 7, {4, 5, 5, 5, 5, 3, 4},
     {1, 1, .5, .5, .25, .25, .25}},
    {"renewed", {.reduce_lr = 2, .lr_factor = 0.5}, 6, {4, 5, 3, 5, 2, 5}, {1, 1, 1, 1, 1, 1}},
    {"factor 0.25", {.reduce_lr = 1, .lr_factor = 0.25}, 3, {1, 1, 1}, {1, .25, .0625}},
    {"min_lr", {.reduce_lr = 1, .lr_factor = 0.5, .min_lr = 0.375}, 5, {1, 1, 1, 1, 1},
     {1, .5, .375, .375, .375}},
    // Cooldown 2: after a reduction the next epoch leaves 1 of it and is not counted; the one after
    // that leaves 0 and is.
    {"cooldown 2", {.reduce_lr = 1, .lr_factor = 0.5, .lr_cooldown = 2}, 7, {1, 1, 1, 1, 1, 1, 1},
     {1, .5, .5, .25, .25, .125, .125}},
    {"cooldown 1", {.reduce_lr = 2, .lr_factor = 0.5, .lr_cooldown = 1}, 7, {1, 1, 1, 1, 1, 1, 1},
     {1, 1, .5, .5, .25, .25, .125}},
    {"better while cooling", {.reduce_lr = 2, .lr_factor = 0.5, .lr_cooldown = 2}, 7,
     {2, 2, 2, 1, 1, 1, 1}, {1, 1, .5, .5, .5, .25, .25}},
    {"default min_delta: too little", {.reduce_lr = 1, .lr_factor = 0.5}, 3, {1, 0.99995, 0.9999},
     {1, .5, .25}},
    {"no min_delta", {.reduce_lr = 1, .lr_factor = 0.5, .lr_min_delta = -1}, 3,
     {1, 0.99995, 0.9999}, {1, 1, 1}},
    {"min_delta 0.5", {.reduce_lr = 1, .lr_factor = 0.5, .lr_min_delta = 0.5}, 4, {4, 3.5, 3, 2.75},
     {1, .5, .5, .25}},
    {"NaN", {.reduce_lr = 2, .lr_factor = 0.5}, 5, {1, NAN, NAN, NAN, 0.5}, {1, 1, .5, .5, .5}},
    {"max", {.reduce_lr = 1, .lr_factor = 0.5, .mode = VKTL_MONITOR_MAX}, 4, {1, 2, 1, 3},
     {1, 1, .5, .5}},
};

static void test_reduce_lr(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof reduce_cases / sizeof *reduce_cases; i++) {
        const struct reduce_case *row = &reduce_cases[i];
        struct reduce_lr reduce;
        reduce_lr_reset(&row->callbacks, 1, &reduce);
        for (uint32_t epoch = 0; epoch < row->count; epoch++) {
            const struct figures figures = figures_with(VAL_LOSS, row->series[epoch]);
            const double before = reduce.rate;
            const bool reduced = reduce_lr_judge(&row->callbacks, &figures, &reduce);
            if (reduce.rate != row->rates[epoch] || reduced != (reduce.rate != before))
                fail_msg("%s: rate %g after epoch %u, expected %g", row->name, reduce.rate,
                         epoch + 1, row->rates[epoch]);
        }
    }
}

static void test_default_factor(void **state)
{
    (void)state;
    const struct vktl_callbacks callbacks = {.reduce_lr = 1};
    const struct figures figures = figures_with(VAL_LOSS, 1);
    struct reduce_lr reduce;
    reduce_lr_reset(&callbacks, 0.02, &reduce);
    assert_false(reduce_lr_judge(&callbacks, &figures, &reduce));
    assert_true(reduce_lr_judge(&callbacks, &figures, &reduce));
    assert_true(fabs(reduce.rate - 0.002) < 1e-15);
}

// ---- The best epoch

struct best_case {
    const char *name;
    struct vktl_callbacks callbacks;
    bool has_validation;
    uint32_t count;
    struct figures series[MOST_EPOCHS]; // loss, accuracy, val_loss, val_accuracy
    uint32_t best[MOST_EPOCHS];         // the best epoch after each
};

static const struct best_case best_cases[] = {
    {"val_accuracy", {0}, true, 4,
     {{9, 0, 2, .25}, {8, 0, 1, .5}, {7, 1, .5, .25}, {6, 1, 3, .75}}, {1, 2, 2, 4}},
    {"equal val_accuracy, val_loss decides", {0}, true, 4,
     {{9, 0, 2, .5}, {8, 0, 3, .5}, {7, 1, 1, .5}, {6, 1, 1, .5}}, {1, 1, 3, 3}},
    {"accuracy without validation", {0}, false, 3,
     {{1, .5, NAN, NAN}, {2, .75, NAN, NAN}, {1.5, .75, NAN, NAN}}, {1, 2, 3}},
    {"val_loss", {.monitor = VAL_LOSS}, true, 4,
     {{9, 0, 2, .25}, {8, 0, 3, .5}, {7, 1, 1, .25}, {6, 1, 1, .75}}, {1, 1, 3, 3}},
    {"loss", {.monitor = VKTL_MONITOR_LOSS}, true, 3,
     {{3, 0, 1, 1}, {2, 0, 2, .5}, {4, 0, .5, 1}}, {1, 2, 2}},
    {"chosen val_accuracy: the first of equals", {.monitor = VKTL_MONITOR_VAL_ACCURACY}, true, 3,
     {{3, 0, 2, .5}, {2, 0, 1, .5}, {4, 0, 1, .75}}, {1, 1, 3}},
    {"val_loss, max", {.monitor = VAL_LOSS, .mode = VKTL_MONITOR_MAX}, true, 3,
     {{0, 0, 1, 0}, {0, 0, 2, 0}, {0, 0, 1, 0}}, {1, 2, 2}},
    {"NaN first", {.monitor = VAL_LOSS}, true, 3,
     {{1, 0, NAN, 0}, {1, 0, 5, 0}, {1, 0, NAN, 0}}, {0, 2, 2}},
    {"NaN val_loss between equals", {0}, true, 3,
     {{1, 0, NAN, .5}, {1, 0, 1, .5}, {1, 0, 1, .75}}, {1, 1, 3}},
};

static void test_best(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof best_cases / sizeof *best_cases; i++) {
        const struct best_case *row = &best_cases[i];
        struct best best;
        best_reset(&best);
        for (uint32_t epoch = 1; epoch <= row->count; epoch++) {
            const bool is_best = best_judge(&row->callbacks, row->has_validation, epoch,
                                            &row->series[epoch - 1], &best);
            if (best.epoch != row->best[epoch - 1] || is_best != (best.epoch == epoch))
                fail_msg("%s: after epoch %u the best is %u, expected %u", row->name, epoch,
                         best.epoch, row->best[epoch - 1]);
        }
    }
}

// ---- What cannot be watched

static void test_missing_monitors(void **state)
{
    (void)state;
    static const struct {
        struct vktl_callbacks callbacks;
        bool with, without; // validation: whether it is accepted
        const char *says;
    } rows[] = {
        {{0}, true, true, ""},
        {{.save_every = 3}, true, true, ""},
        {{.early_stop = 2}, true, false, "--early-stop watches val_loss"},
        {{.reduce_lr = 2}, true, false, "--reduce-lr watches val_loss"},
        {{.early_stop = 2, .monitor = VKTL_MONITOR_LOSS}, true, true, ""},
        {{.monitor = VKTL_MONITOR_VAL_ACCURACY}, true, false, "--monitor watches val_accuracy"},
        {{.monitor = ACCURACY, .reduce_lr = 1}, true, true, ""},
        {{.lr_factor = 1}, false, false, "--lr-factor"},
        {{.lr_factor = -0.5}, false, false, "--lr-factor"},
        {{.min_delta = -1}, false, false, "--min-delta"},
        {{.min_delta = NAN}, false, false, "--min-delta"},
        {{.min_lr = -1}, false, false, "--min-lr"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int validated = 0; validated < 2; validated++) {
            const bool accepted = validated ? rows[i].with : rows[i].without;
            const vktl_status status =
                callbacks_check(&harness_quiet_log, &rows[i].callbacks, validated);
            assert_int_equal(status, accepted ? VKTL_OK : VKTL_USAGE);
            if (!accepted)
                assert_non_null(strstr(harness_last_error, rows[i].says));
        }
    }
}

// ---- Schedules

struct rate_case {
    const char *name;
    struct vktl_schedule schedule;
    uint32_t epoch_steps, epochs;
    uint64_t step;
    double rate; // of 1
};

static const struct rate_case rate_cases[] = {
    {"constant, first", {0}, 10, 4, 0, 1},
    {"constant, last", {0}, 10, 4, 39, 1},
    {"warm-up, first", {.warmup_epochs = 2}, 10, 4, 0, 0.05},
    {"warm-up, middle", {.warmup_epochs = 2}, 10, 4, 9, 0.5},
    {"warm-up, last", {.warmup_epochs = 2}, 10, 4, 19, 1},
    {"warm-up, after", {.warmup_epochs = 2}, 10, 4, 20, 1},
    {"warm-up longer than the phase", {.warmup_epochs = 9}, 10, 2, 9, 0.5},
    {"step, first", {VKTL_SCHEDULE_STEP, .step_epochs = 2}, 10, 6, 0, 1},
    {"step, before", {VKTL_SCHEDULE_STEP, .step_epochs = 2}, 10, 6, 19, 1},
    {"step, after", {VKTL_SCHEDULE_STEP, .step_epochs = 2}, 10, 6, 20, 0.1},
    {"step, twice", {VKTL_SCHEDULE_STEP, .step_epochs = 2}, 10, 6, 40, 0.01},
    {"step, factor", {VKTL_SCHEDULE_STEP, .step_epochs = 1, .step_factor = 0.5}, 10, 6, 35, 0.125},
    {"step, a third", {VKTL_SCHEDULE_STEP}, 10, 7, 29, 1},
    {"step, a third on", {VKTL_SCHEDULE_STEP}, 10, 7, 30, 0.1},
    // (1 + cos(pi t / T)) / 2 at 0, 1/4, 1/2, 3/4, and one step before the end.
    {"cosine, first", {VKTL_SCHEDULE_COSINE}, 10, 4, 0, 1},
    {"cosine, quarter", {VKTL_SCHEDULE_COSINE}, 10, 4, 10, 0.8535533905932737},
    {"cosine, half", {VKTL_SCHEDULE_COSINE}, 10, 4, 20, 0.5},
    {"cosine, three quarters", {VKTL_SCHEDULE_COSINE}, 10, 4, 30, 0.14644660940672624},
    {"cosine, last", {VKTL_SCHEDULE_COSINE}, 10, 4, 39, 0.0015413331334360181},
    {"cosine, floor", {VKTL_SCHEDULE_COSINE, .final_factor = 0.2}, 10, 4, 20, 0.6},
    {"cosine, warm-up", {VKTL_SCHEDULE_COSINE, .warmup_epochs = 2}, 10, 4, 4, 0.25},
    {"cosine, after warm-up", {VKTL_SCHEDULE_COSINE, .warmup_epochs = 2}, 10, 4, 20, 1},
    {"cosine, half of the rest", {VKTL_SCHEDULE_COSINE, .warmup_epochs = 2}, 10, 4, 30, 0.5},
    // fastai: a quarter up from 1/25, half a cosine; then down to 1/100000.
    {"one-cycle, first", {VKTL_SCHEDULE_ONE_CYCLE}, 10, 4, 0, 0.04},
    {"one-cycle, half up", {VKTL_SCHEDULE_ONE_CYCLE}, 10, 4, 5, 0.52},
    {"one-cycle, peak", {VKTL_SCHEDULE_ONE_CYCLE}, 10, 4, 10, 1},
    {"one-cycle, half down", {VKTL_SCHEDULE_ONE_CYCLE}, 10, 4, 25, 0.500005},
    {"one-cycle, last", {VKTL_SCHEDULE_ONE_CYCLE}, 10, 4, 39, 0.0027490249253401267},
    {"one-cycle, peak at half", {VKTL_SCHEDULE_ONE_CYCLE, .rise = 0.5}, 10, 4, 20, 1},
};

static void test_schedules(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rate_cases / sizeof *rate_cases; i++) {
        const struct rate_case *row = &rate_cases[i];
        assert_int_equal(schedule_check(&harness_log, &row->schedule), VKTL_OK);
        for (int power = 0; power < 2; power++) {
            const double base = power ? 0.003 : 1;
            const double rate =
                schedule_rate(&row->schedule, base, row->step, row->epoch_steps, row->epochs);
            if (!(fabs(rate - row->rate * base) <= 1e-12 * base))
                fail_msg("%s: %.17g, expected %.17g", row->name, rate, row->rate * base);
        }
    }
}

static void test_schedule_check(void **state)
{
    (void)state;
    static const struct vktl_schedule rows[] = {
        {VKTL_SCHEDULE_ONE_CYCLE, .warmup_epochs = 1},
        {VKTL_SCHEDULE_CONSTANT, .step_epochs = 2},
        {VKTL_SCHEDULE_COSINE, .step_factor = 0.5},
        {VKTL_SCHEDULE_STEP, .step_factor = 1},
        {VKTL_SCHEDULE_COSINE, .final_factor = 1.5},
        {VKTL_SCHEDULE_ONE_CYCLE, .rise = 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(schedule_check(&harness_quiet_log, &rows[i]), VKTL_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_early_stop),     cmocka_unit_test(test_reduce_lr),
        cmocka_unit_test(test_default_factor), cmocka_unit_test(test_best),
        cmocka_unit_test(test_missing_monitors), cmocka_unit_test(test_schedules),
        cmocka_unit_test(test_schedule_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
