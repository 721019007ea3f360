// Responsible for temperature scaling: fitting one temperature to labelled images, and applying it.
// Keeping it with the model is nn's.
//
// In b = 1 / temperature the mean cross-entropy is convex: with p = softmax(b z) its slope is the
// mean of sum_k p_k z_k - z_truth, whose own slope is the mean variance of z under p. The zero of
// the slope is found in log b, where steps are even, by Newton's method within a bracket that only
// shrinks.
#include <vktl/evaluate.h>

#include <math.h>
#include <stdlib.h>

#include "base/log.h"

static const double max_temperature = 20;

// ---- One image, in double, from its logits ---

// The logits' largest, so that no exponential overflows.
static double largest(const float *logits, uint32_t count)
{
    double found = logits[0];
    for (uint32_t i = 1; i < count; i++)
        found = fmax(found, logits[i]);
    return found;
}

// sum_k exp(b (z_k - largest))
static double partition(const float *logits, uint32_t count, double inverse)
{
    const double top = largest(logits, count);
    double sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += exp(inverse * (logits[i] - top));
    return sum;
}

static double cross_entropy(const float *logits, uint32_t count, uint32_t truth, double inverse)
{
    return log(partition(logits, count, inverse)) +
           inverse * (largest(logits, count) - logits[truth]);
}

void vktl_predictions_set_temperature(const struct vktl_dataset *dataset, double temperature,
                                      struct vktl_predictions *predictions)
{
    const uint32_t classes = predictions->class_count;
    const double inverse = 1 / temperature;
    vktl_assert(temperature > 0 && isfinite(temperature));
    predictions->temperature = temperature;
    for (uint32_t i = 0; i < predictions->count; i++) {
        const float *logits = predictions->logits + (size_t)i * classes;
        float *probabilities = predictions->probabilities + (size_t)i * classes;
        if (predictions->statuses[i] != VKTL_OK)
            continue;
        const double top = largest(logits, classes), sum = partition(logits, classes, inverse);
        for (uint32_t k = 0; k < classes; k++)
            probabilities[k] = (float)(exp(inverse * (logits[k] - top)) / sum);
        if (predictions->losses)
            predictions->losses[i] =
                (float)cross_entropy(logits, classes, vktl_dataset_class(dataset, i), inverse);
    }
}

// ---- The mean over images ----------------------------------------------------------------------

struct fit {
    const struct vktl_dataset *dataset;
    const struct vktl_predictions *predictions;
};

// Mean slope of the cross-entropy in b, and the slope's own.
static double slope_at(const struct fit *fit, double inverse, double *curvature)
{
    const struct vktl_predictions *predictions = fit->predictions;
    const uint32_t classes = predictions->class_count;
    double slope = 0;
    uint32_t count = 0;
    *curvature = 0;
    for (uint32_t i = 0; i < predictions->count; i++) {
        const float *logits = predictions->logits + (size_t)i * classes;
        double sum = 0, mean = 0, square = 0;
        if (predictions->statuses[i] != VKTL_OK)
            continue;
        const double top = largest(logits, classes);
        for (uint32_t k = 0; k < classes; k++) {
            const double gap = logits[k] - top, weight = exp(inverse * gap);
            sum += weight;
            mean += weight * gap;
            square += weight * gap * gap;
        }
        mean /= sum;
        slope += mean - (logits[vktl_dataset_class(fit->dataset, i)] - top);
        *curvature += square / sum - mean * mean;
        count++;
    }
    *curvature /= count;
    return slope / count;
}

static double loss_at(const struct fit *fit, double inverse)
{
    const struct vktl_predictions *predictions = fit->predictions;
    double loss = 0;
    uint32_t count = 0;
    for (uint32_t i = 0; i < predictions->count; i++) {
        if (predictions->statuses[i] != VKTL_OK)
            continue;
        loss +=
            cross_entropy(predictions->logits + (size_t)i * predictions->class_count,
                          predictions->class_count, vktl_dataset_class(fit->dataset, i), inverse);
        count++;
    }
    return loss / count;
}

// b where the slope is zero: log b lies between its bounds, where the slope's sign changes.
static double find_zero(const struct fit *fit)
{
    enum { MOST_STEPS = 200 };
    const double close_enough = 1e-13;
    double low = -log(max_temperature), high = -low, place = 0; // temperature 1
    for (int i = 0; i < MOST_STEPS && high - low > close_enough; i++) {
        double curvature;
        const double slope = slope_at(fit, exp(place), &curvature);
        *(slope < 0 ? &low : &high) = place;
        const double step = -slope / (curvature * exp(place));
        if (fabs(step) < close_enough)
            break;
        const bool stays_inside = place + step > low && place + step < high;
        place = stays_inside ? place + step : (low + high) / 2;
    }
    return exp(place);
}

// ---- The cases in which there is no such zero --------------------------------------------------

static vktl_status check(const struct vktl_log *log, const struct fit *fit)
{
    const struct vktl_predictions *predictions = fit->predictions;
    if (!predictions->losses || vktl_dataset_class_count(fit->dataset) != predictions->class_count)
        return log_fail(log, VKTL_USAGE,
                        "calibration needs a folder of images in one subfolder a class");
    if (predictions->unreadable == predictions->count)
        return log_fail(log, VKTL_INPUT, "calibration needs images that can be read");
    for (uint32_t i = 0; i < predictions->count; i++)
        for (uint32_t k = 0; predictions->statuses[i] == VKTL_OK && k < predictions->class_count;
             k++)
            if (!isfinite(predictions->logits[(size_t)i * predictions->class_count + k]))
                return log_fail(
                    log, VKTL_INPUT,
                    "%s: what the model computes is not finite: it cannot be calibrated",
                    vktl_dataset_path(fit->dataset, i));
    return VKTL_OK;
}

// Whether the truth's logit is above all others in every image.
static bool is_separated(const struct fit *fit)
{
    const struct vktl_predictions *predictions = fit->predictions;
    const uint32_t classes = predictions->class_count;
    for (uint32_t i = 0; i < predictions->count; i++) {
        const float *logits = predictions->logits + (size_t)i * classes;
        const uint32_t truth = vktl_dataset_class(fit->dataset, i);
        for (uint32_t k = 0; predictions->statuses[i] == VKTL_OK && k < classes; k++)
            if (k != truth && logits[k] >= logits[truth])
                return false;
    }
    return true;
}

vktl_status vktl_calibrate(const struct vktl_log *log, const struct vktl_dataset *dataset,
                           const struct vktl_predictions *predictions,
                           struct vktl_calibration *calibration)
{
    const struct fit fit = {dataset, predictions};
    double spread, curvature, inverse = 1;
    const vktl_status status = check(log, &fit);
    *calibration = (struct vktl_calibration){.temperature = 1};
    if (status != VKTL_OK)
        return status;
    const double slope_low = slope_at(&fit, 1 / max_temperature, &spread);
    const double slope_high = slope_at(&fit, max_temperature, &curvature);
    if (is_separated(&fit)) {
        calibration->note = "every image is right, so they cannot tell how sure the model may be: "
                            "the temperature stays 1; give it images that it also gets wrong";
    } else if (!(spread > 0)) {
        calibration->note = "the model says the same of all classes: the temperature stays 1";
    } else if (slope_low >= 0) {
        inverse = 1 / max_temperature;
        calibration->note = "the model does no better than chance on these images: the "
                            "temperature is at its upper bound";
    } else if (slope_high <= 0) {
        inverse = max_temperature;
        calibration->note = "hardly an image is wrong, and hardly so: the temperature is at its "
                            "lower bound";
    } else {
        inverse = find_zero(&fit);
    }
    calibration->temperature = 1 / inverse;
    calibration->loss_before = loss_at(&fit, 1);
    calibration->loss_after = loss_at(&fit, inverse);
    return VKTL_OK;
}
