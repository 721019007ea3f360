// Responsible for the figures of predictions of labelled images. Predicting is predict.c's, showing
// the figures the caller's.
#include <vktl/evaluate.h>

#include <math.h>
#include <stdlib.h>

#include "base/log.h"

enum { DEFAULT_TOP = 5 };

static double ratio(double part, double whole)
{
    return whole > 0 ? part / whole : NAN;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

// ---- One image ---------------------------------------------------------------------------------

// Classes that come before `truth`; what is not a number comes before.
static uint32_t place_of(const float *probabilities, uint32_t count, uint32_t truth)
{
    const float own = probabilities[truth];
    uint32_t place = 0;
    for (uint32_t i = 0; i < count; i++) {
        const bool comes_after = probabilities[i] < own || (probabilities[i] == own && i > truth);
        place += i != truth && !comes_after;
    }
    return place;
}

// Bin i holds (i / 15, (i + 1) / 15]; the bins' sums stand in place of their means for now.
static void add_to_bin(struct vktl_evaluation *evaluation, double confidence, bool is_right)
{
    const double place = ceil(confidence * VKTL_RELIABILITY_BINS) - 1;
    const uint32_t bin = place > 0 ? smaller((uint32_t)place, VKTL_RELIABILITY_BINS - 1) : 0;
    evaluation->bins[bin].images++;
    evaluation->bins[bin].confidence += confidence;
    evaluation->bins[bin].accuracy += is_right;
}

static void add_image(const struct vktl_predictions *predictions, uint32_t image, uint32_t truth,
                      struct vktl_evaluation *evaluation)
{
    const uint32_t classes = evaluation->class_count;
    const float *probabilities = predictions->probabilities + (size_t)image * classes;
    const uint32_t guess = vktl_predictions_class(predictions, image);
    evaluation->confusion[(size_t)truth * classes + guess]++;
    evaluation->correct += truth == guess;
    evaluation->top_correct += place_of(probabilities, classes, truth) < evaluation->top;
    evaluation->worst[evaluation->count++] = image;
    evaluation->loss += predictions->losses[image];
    add_to_bin(evaluation, probabilities[guess], truth == guess);
}

// ---- All of them -------------------------------------------------------------------------------

static void finish_bins(struct vktl_evaluation *evaluation)
{
    double error = 0;
    for (uint32_t i = 0; i < VKTL_RELIABILITY_BINS; i++) {
        struct vktl_reliability_bin *bin = &evaluation->bins[i];
        error += fabs(bin->accuracy - bin->confidence);
        bin->confidence = ratio(bin->confidence, bin->images);
        bin->accuracy = ratio(bin->accuracy, bin->images);
    }
    evaluation->calibration_error = ratio(error, evaluation->count);
}

static void fill_class(struct vktl_evaluation *evaluation, uint32_t index)
{
    const uint32_t count = evaluation->class_count;
    const uint32_t *confusion = evaluation->confusion;
    struct vktl_class_figures *figures = &evaluation->classes[index];
    figures->correct = confusion[(size_t)index * count + index];
    for (uint32_t i = 0; i < count; i++) {
        figures->images += confusion[(size_t)index * count + i];
        figures->predicted += confusion[(size_t)i * count + index];
    }
    figures->precision = ratio(figures->correct, figures->predicted);
    figures->recall = ratio(figures->correct, figures->images);
    figures->f1 = ratio(2.0 * figures->correct, (double)figures->images + figures->predicted);
}

static void add_weighted(struct vktl_class_averages *sum, const struct vktl_class_figures *figures,
                         double weight)
{
    sum->precision += weight * (figures->predicted ? figures->precision : 0);
    sum->recall += weight * figures->recall;
    sum->f1 += weight * figures->f1;
}

static void fill_averages(struct vktl_evaluation *evaluation)
{
    uint32_t present = 0;
    for (uint32_t i = 0; i < evaluation->class_count; i++)
        present += evaluation->classes[i].images > 0;
    if (!present)
        evaluation->macro = evaluation->weighted = (struct vktl_class_averages){NAN, NAN, NAN};
    for (uint32_t i = 0; i < evaluation->class_count; i++) {
        const struct vktl_class_figures *figures = &evaluation->classes[i];
        if (!figures->images)
            continue;
        add_weighted(&evaluation->macro, figures, 1.0 / present);
        add_weighted(&evaluation->weighted, figures, (double)figures->images / evaluation->count);
    }
}

static int compare_pairs(const void *a, const void *b)
{
    const struct vktl_confused_pair *left = a, *right = b;
    if (left->images != right->images)
        return left->images > right->images ? -1 : 1;
    if (left->truth != right->truth)
        return left->truth < right->truth ? -1 : 1;
    return left->predicted < right->predicted ? -1 : 1;
}

static void fill_pairs(struct vktl_evaluation *evaluation)
{
    const uint32_t count = evaluation->class_count;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < count; j++) {
            const uint32_t images = evaluation->confusion[(size_t)i * count + j];
            if (i != j && images)
                evaluation->confused[evaluation->confused_count++] =
                    (struct vktl_confused_pair){i, j, images};
        }
    qsort(evaluation->confused, evaluation->confused_count, sizeof *evaluation->confused,
          compare_pairs);
}

struct ranked {
    float loss;
    uint32_t image;
};

static int compare_losses(const void *a, const void *b)
{
    const struct ranked *left = a, *right = b;
    if (left->loss > right->loss || left->loss < right->loss)
        return left->loss > right->loss ? -1 : 1;
    return left->image < right->image ? -1 : 1;
}

// `worst` holds the counted images in order; a loss that is not a number is the worst there is.
static vktl_status sort_worst(const struct vktl_log *log,
                              const struct vktl_predictions *predictions,
                              struct vktl_evaluation *evaluation)
{
    struct ranked *ranking = calloc((size_t)evaluation->count + 1, sizeof *ranking);
    if (!ranking)
        return log_fail(log, VKTL_NO_MEMORY, "out of host memory");
    for (uint32_t i = 0; i < evaluation->count; i++) {
        const float loss = predictions->losses[evaluation->worst[i]];
        ranking[i] = (struct ranked){isnan(loss) ? INFINITY : loss, evaluation->worst[i]};
    }
    qsort(ranking, evaluation->count, sizeof *ranking, compare_losses);
    for (uint32_t i = 0; i < evaluation->count; i++)
        evaluation->worst[i] = ranking[i].image;
    free(ranking);
    return VKTL_OK;
}

// Two pairs never share an image: there are at most as many pairs as images.
static vktl_status evaluation_init(const struct vktl_log *log, uint32_t images, uint32_t classes,
                                   uint32_t top, struct vktl_evaluation *evaluation)
{
    vktl_status status = VKTL_OK;
    evaluation->class_count = classes;
    evaluation->top = smaller(top ? top : DEFAULT_TOP, classes);
    evaluation->confusion = calloc((size_t)classes * classes, sizeof *evaluation->confusion);
    TRY_ALLOC(log, evaluation->confusion);
    evaluation->classes = calloc(classes, sizeof *evaluation->classes);
    TRY_ALLOC(log, evaluation->classes);
    evaluation->confused = calloc((size_t)images + 1, sizeof *evaluation->confused);
    TRY_ALLOC(log, evaluation->confused);
    evaluation->worst = calloc((size_t)images + 1, sizeof *evaluation->worst);
    TRY_ALLOC(log, evaluation->worst);
fail:
    return status;
}

vktl_status vktl_evaluate(const struct vktl_log *log, const struct vktl_dataset *dataset,
                          const struct vktl_predictions *predictions, uint32_t top,
                          struct vktl_evaluation *evaluation)
{
    vktl_status status;
    *evaluation = (struct vktl_evaluation){0};
    if (!predictions->losses || vktl_dataset_class_count(dataset) != predictions->class_count)
        FAIL(log, VKTL_USAGE, "evaluation needs a folder of images in one subfolder a class");
    TRY(evaluation_init(log, predictions->count, predictions->class_count, top, evaluation));
    for (uint32_t i = 0; i < predictions->count; i++)
        if (predictions->statuses[i] == VKTL_OK)
            add_image(predictions, i, vktl_dataset_class(dataset, i), evaluation);
    evaluation->accuracy = ratio(evaluation->correct, evaluation->count);
    evaluation->top_accuracy = ratio(evaluation->top_correct, evaluation->count);
    evaluation->loss = ratio(evaluation->loss, evaluation->count);
    finish_bins(evaluation);
    for (uint32_t i = 0; i < evaluation->class_count; i++)
        fill_class(evaluation, i);
    fill_averages(evaluation);
    fill_pairs(evaluation);
    TRY(sort_worst(log, predictions, evaluation));
    return VKTL_OK;
fail:
    vktl_evaluation_free(evaluation);
    return status;
}

void vktl_evaluation_free(struct vktl_evaluation *evaluation)
{
    free(evaluation->confusion);
    free(evaluation->classes);
    free(evaluation->confused);
    free(evaluation->worst);
    *evaluation = (struct vktl_evaluation){0};
}
