// Figures of made-up predictions, with ties, unreadable images, a class without images and one that
// is never predicted, against numpy and scipy; and what temperature scaling does at its limits.
#include "harness/harness.h"
#include "harness/temporary.h"

#include <math.h>
#include <stdio.h>

#include <vktl/evaluate.h>

#include "base/rng.h"
#include "formats/oracle.h"

enum { CLASSES = 6, IMAGES = 70, ABSENT = 4, UNLIKELY = 5 };

static struct temporary folder;
static struct vktl_dataset *dataset;

static int set_up(void **state)
{
    (void)state;
    static const char *const names[CLASSES] = {"a", "b", "c", "d", "absent", "unlikely"};
    temporary_create(&folder);
    for (int i = 0; i < IMAGES; i++) {
        char path[64];
        const int c = (int)(rng_bits(1, RNG_DATA, 0, (uint64_t)i) % CLASSES);
        snprintf(path, sizeof path, "set/%s/%d.png", names[c == ABSENT ? 0 : c], i);
        temporary_write(&folder, path, "", 0);
    }
    assert_int_equal(vktl_dataset_open(&harness_quiet_log, temporary_path(&folder, "set"), names,
                                       CLASSES, &dataset),
                     VKTL_OK);
    assert_int_equal(vktl_dataset_count(dataset), IMAGES);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    vktl_dataset_destroy(&dataset);
    temporary_destroy(&folder);
    return 0;
}

// ---- Predictions

static struct vktl_predictions make_predictions(void)
{
    struct vktl_predictions predictions = {
        .count = IMAGES,
        .class_count = CLASSES,
        .probabilities = calloc(IMAGES * CLASSES, sizeof(float)),
        .logits = calloc(IMAGES * CLASSES, sizeof(float)),
        .losses = calloc(IMAGES, sizeof(float)),
        .statuses = calloc(IMAGES, sizeof(vktl_status)),
    };
    assert_non_null(predictions.probabilities);
    assert_non_null(predictions.logits);
    assert_non_null(predictions.losses);
    assert_non_null(predictions.statuses);
    return predictions;
}

// Logits in steps of 1/4, so that many are equal, `gain` higher for the true class.
static struct vktl_predictions make_random(uint32_t stream, float gain, float scale)
{
    struct vktl_predictions predictions = make_predictions();
    for (uint32_t i = 0; i < IMAGES; i++)
        for (uint32_t k = 0; k < CLASSES; k++) {
            const float uniform = rng_uniform(2, RNG_DATA, stream, (uint64_t)i * CLASSES + k);
            const float noise = floorf(uniform * 16) / 4;
            const bool is_true = k == vktl_dataset_class(dataset, i);
            predictions.logits[i * CLASSES + k] =
                scale * (noise + (is_true ? gain : 0) - (k == UNLIKELY ? 6.0f : 0.0f));
        }
    return predictions;
}

static void drop(struct vktl_predictions *predictions, uint32_t image)
{
    predictions->statuses[image] = VKTL_INPUT;
    predictions->losses[image] = NAN;
    for (uint32_t k = 0; k < CLASSES; k++)
        predictions->logits[image * CLASSES + k] = predictions->probabilities[image * CLASSES + k] =
            NAN;
    predictions->unreadable++;
}

// ---- The file for the oracle

static void write_images(FILE *file, const struct vktl_predictions *predictions, uint32_t top)
{
    fprintf(file, "%d %u %.17g", CLASSES, top, predictions->temperature);
    for (uint32_t i = 0; i < IMAGES; i++) {
        fprintf(file, "\n%u %d", vktl_dataset_class(dataset, i),
                predictions->statuses[i] == VKTL_OK);
        for (uint32_t k = 0; k < CLASSES; k++)
            fprintf(file, " %.9g", (double)predictions->logits[i * CLASSES + k]);
        for (uint32_t k = 0; k < CLASSES; k++)
            fprintf(file, " %.9g", (double)predictions->probabilities[i * CLASSES + k]);
        fprintf(file, " %.9g", (double)predictions->losses[i]);
    }
    fprintf(file, "\n");
}

static void write_averages(FILE *file, const char *name, const struct vktl_class_averages *averages)
{
    fprintf(file, "\n%s %.17g %.17g %.17g", name, averages->precision, averages->recall,
            averages->f1);
}

static void write_classes(FILE *file, const struct vktl_evaluation *evaluation)
{
    fprintf(file, "\nconfusion");
    for (uint32_t i = 0; i < CLASSES * CLASSES; i++)
        fprintf(file, " %u", evaluation->confusion[i]);
    fprintf(file, "\nprecision");
    for (uint32_t i = 0; i < CLASSES; i++)
        fprintf(file, " %.17g", evaluation->classes[i].precision);
    fprintf(file, "\nrecall");
    for (uint32_t i = 0; i < CLASSES; i++)
        fprintf(file, " %.17g", evaluation->classes[i].recall);
    fprintf(file, "\nf1");
    for (uint32_t i = 0; i < CLASSES; i++)
        fprintf(file, " %.17g", evaluation->classes[i].f1);
    write_averages(file, "macro", &evaluation->macro);
    write_averages(file, "weighted", &evaluation->weighted);
}

static void write_figures(FILE *file, const struct vktl_evaluation *evaluation)
{
    fprintf(file, "\ncount %u\ncorrect %u\naccuracy %.17g\ntop_correct %u\ntop_accuracy %.17g",
            evaluation->count, evaluation->correct, evaluation->accuracy, evaluation->top_correct,
            evaluation->top_accuracy);
    fprintf(file, "\nloss %.17g\ncalibration_error %.17g", evaluation->loss,
            evaluation->calibration_error);
    write_classes(file, evaluation);
    fprintf(file, "\nconfused");
    for (uint32_t i = 0; i < evaluation->confused_count; i++)
        fprintf(file, " %u %u %u", evaluation->confused[i].truth, evaluation->confused[i].predicted,
                evaluation->confused[i].images);
    fprintf(file, "\nworst");
    for (uint32_t i = 0; i < evaluation->count; i++)
        fprintf(file, " %u", evaluation->worst[i]);
    fprintf(file, "\nbins");
    for (uint32_t i = 0; i < VKTL_RELIABILITY_BINS; i++)
        fprintf(file, " %u %.17g %.17g", evaluation->bins[i].images, evaluation->bins[i].confidence,
                evaluation->bins[i].accuracy);
}

// Writes the file at `temperature`, one figure multiplied by `spoil`, and returns the path.
static const char *write_case(struct vktl_predictions *predictions, double temperature,
                              uint32_t top, double spoil)
{
    struct vktl_evaluation evaluation;
    struct vktl_calibration calibration;
    const char *path = temporary_path(&folder, "case.txt");
    vktl_predictions_set_temperature(dataset, temperature, predictions);
    assert_int_equal(vktl_evaluate(&harness_log, dataset, predictions, top, &evaluation), VKTL_OK);
    assert_int_equal(vktl_calibrate(&harness_log, dataset, predictions, &calibration), VKTL_OK);
    evaluation.weighted.f1 *= spoil;
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    write_images(file, predictions, evaluation.top);
    write_figures(file, &evaluation);
    fprintf(file, "\nfitted %.17g\nfitted_loss %.17g %.17g\n", calibration.temperature,
            calibration.loss_before, calibration.loss_after);
    assert_int_equal(fclose(file), 0);
    vktl_evaluation_free(&evaluation);
    return path;
}

static void check_case(struct vktl_predictions *predictions, double temperature, uint32_t top)
{
    oracle_script("tests/train/evaluate_oracle.py", "'%s'",
                  write_case(predictions, temperature, top, 1));
}

// ---- Tests

static void test_figures(void **state)
{
    (void)state;
    struct vktl_predictions predictions = make_random(0, 1.5f, 1);
    check_case(&predictions, 1, 2);
    drop(&predictions, 0);
    drop(&predictions, 33);
    drop(&predictions, IMAGES - 1);
    check_case(&predictions, 1, 3);
    check_case(&predictions, 0.37, 1);
    check_case(&predictions, 2.5, 0);
    vktl_predictions_free(&predictions);
}

// Sure of itself, unsure, worse than chance, equal, and always right.
static void test_temperatures(void **state)
{
    (void)state;
    static const struct {
        float gain, scale;
        double least, most; // temperature expected
        bool has_note;
    } rows[] = {{2, 5, 3, 20, false}, {2, 0.2f, 0.05, 0.5, false}, {-40, 1, 20, 20, true},
                {2, 0, 1, 1, true},   {100, 1, 1, 1, true},        {3.9f, 0.001f, 0.05, 0.05, true},
                {2, 40, 20, 20, true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vktl_calibration calibration;
        struct vktl_predictions predictions =
            make_random((uint32_t)i + 1, rows[i].gain, rows[i].scale);
        check_case(&predictions, 1, 0);
        assert_int_equal(vktl_calibrate(&harness_log, dataset, &predictions, &calibration),
                         VKTL_OK);
        assert_in_range((uint64_t)(1e6 * calibration.temperature),
                        (uint64_t)(1e6 * rows[i].least) - 1, (uint64_t)(1e6 * rows[i].most));
        assert_int_equal(calibration.note != NULL, rows[i].has_note);
        assert_true(calibration.loss_after <= calibration.loss_before);
        vktl_predictions_free(&predictions);
    }
}

// A temperature changes no class.
static void test_classes_stay(void **state)
{
    (void)state;
    struct vktl_predictions predictions = make_random(9, 0.5f, 1);
    uint32_t before[IMAGES];
    vktl_predictions_set_temperature(dataset, 1, &predictions);
    for (uint32_t i = 0; i < IMAGES; i++)
        before[i] = vktl_predictions_class(&predictions, i);
    vktl_predictions_set_temperature(dataset, 3.7, &predictions);
    for (uint32_t i = 0; i < IMAGES; i++)
        assert_int_equal(vktl_predictions_class(&predictions, i), before[i]);
    vktl_predictions_free(&predictions);
}

static void test_refusals(void **state)
{
    (void)state;
    struct vktl_evaluation evaluation;
    struct vktl_calibration calibration;
    struct vktl_predictions predictions = make_random(3, 1, 1);
    predictions.logits[7] = INFINITY;
    assert_int_equal(vktl_calibrate(&harness_quiet_log, dataset, &predictions, &calibration),
                     VKTL_INPUT);
    assert_non_null(strstr(harness_last_error, "not finite"));
    for (uint32_t i = 0; i < IMAGES; i++)
        drop(&predictions, i);
    assert_int_equal(vktl_calibrate(&harness_quiet_log, dataset, &predictions, &calibration),
                     VKTL_INPUT);
    assert_int_equal(vktl_evaluate(&harness_log, dataset, &predictions, 0, &evaluation), VKTL_OK);
    assert_int_equal(evaluation.count, 0);
    assert_true(isnan(evaluation.accuracy) && isnan(evaluation.macro.f1) &&
                isnan(evaluation.calibration_error) && isnan(evaluation.loss));
    vktl_evaluation_free(&evaluation);
    predictions.class_count = CLASSES - 1;
    assert_int_equal(vktl_evaluate(&harness_quiet_log, dataset, &predictions, 0, &evaluation),
                     VKTL_USAGE);
    assert_int_equal(vktl_calibrate(&harness_quiet_log, dataset, &predictions, &calibration),
                     VKTL_USAGE);
    vktl_predictions_free(&predictions);
}

// The oracle finds a figure that is wrong in its seventh digit.
static void test_oracle_objects(void **state)
{
    (void)state;
    char command[4096];
    struct vktl_predictions predictions = make_random(4, 1, 1);
    const char *path = write_case(&predictions, 1, 2, 1 + 1e-7);
    const char *script = harness_source_path("tests/train/evaluate_oracle.py");
    snprintf(command, sizeof command,
             "/usr/bin/python3 '%s' '%s' > '%s.out'; test $? = 1 && grep -q '^weighted' '%s.out' "
             "&& test $(wc -l < '%s.out') = 1",
             script, path, path, path, path);
    assert_int_equal(system(command), 0);
    vktl_predictions_free(&predictions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figures),        cmocka_unit_test(test_temperatures),
        cmocka_unit_test(test_classes_stay),   cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_oracle_objects),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
