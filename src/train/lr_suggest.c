// Responsible for reading a learning-rate range test: smoothing and suggestions. Smoothing, valley,
// minimum and what is left out at both ends are fastai's (callback/core.py, callback/schedule.py);
// its steepest, a difference of neighbours, follows the noise, and is a line here. The test itself
// is lr_find.c's.
#include "train/lr_suggest.h"

#include <math.h>
#include <stddef.h>

#include "base/log.h"

enum { TAIL = 5 }; // steps at the end, where the loss shoots up

double lr_smooth(struct lr_smoothing *smoothing, double loss)
{
    static const double keep = 0.98;
    smoothing->sum = keep * smoothing->sum + (1 - keep) * loss;
    smoothing->weight = keep * smoothing->weight + (1 - keep);
    return smoothing->sum / smoothing->weight;
}

// Least squares: the slope of a line through the losses over the logarithms of their rates, and the
// rate in the middle of them.
static double slope(const double *rates, const double *losses, uint32_t count, double *middle)
{
    double mean_x = 0, mean_y = 0, xx = 0, xy = 0;
    for (uint32_t i = 0; i < count; i++) {
        mean_x += log(rates[i]) / count;
        mean_y += (losses[i] - losses[0]) / count; // exactly 0 where all are equal
    }
    for (uint32_t i = 0; i < count; i++) {
        const double x = log(rates[i]) - mean_x;
        xx += x * x;
        xy += x * (losses[i] - losses[0] - mean_y);
    }
    *middle = exp(mean_x);
    return xy / xx;
}

double lr_steepest(const double *rates, const double *losses, uint32_t count)
{
    const uint32_t window = count / 5 > 2 ? count / 5 : 2;
    double steepest = 0, rate = NAN;
    for (uint32_t i = 0; i + window <= count; i++) {
        double middle;
        const double here = slope(rates + i, losses + i, window, &middle);
        if (here < steepest) {
            steepest = here;
            rate = middle;
        }
    }
    return rate;
}

// Length of the longest sequence of ever lower losses that ends at the last of `count`, all before
// it having theirs in `lengths`.
static uint32_t longest_fall(const double *losses, const uint32_t *lengths, uint32_t count)
{
    uint32_t longest = 1;
    for (uint32_t i = 0; i + 1 < count; i++)
        if (losses[count - 1] < losses[i] && lengths[i] + 1 > longest)
            longest = lengths[i] + 1;
    return longest;
}

double lr_valley(const double *rates, const double *losses, uint32_t count)
{
    uint32_t lengths[LR_MAX_STEPS];
    uint32_t end = 0;
    vktl_assert(count <= LR_MAX_STEPS);
    for (uint32_t i = 0; i < count; i++) {
        lengths[i] = longest_fall(losses, lengths, i + 1);
        if (lengths[i] > lengths[end])
            end = i;
    }
    if (count == 0 || lengths[end] < 2)
        return NAN;
    // fastai's arithmetic: a third of the length and half of that third, from where the fall would
    // start if it had no gaps, which is one before its first point.
    const uint32_t length = lengths[end], step = length / 3 + length / 6;
    return rates[end + step > length ? end + step - length : 0];
}

double lr_minimum_10(const double *rates, const double *losses, uint32_t count)
{
    uint32_t lowest = 0;
    for (uint32_t i = 1; i < count; i++)
        if (losses[i] < losses[lowest])
            lowest = i;
    return count > 0 && lowest > 0 ? rates[lowest] / 10 : NAN;
}

struct vktl_lr_suggestions lr_suggest(const double *rates, const double *smoothed, uint32_t count,
                                      uint32_t steps)
{
    const uint32_t first = steps / 10;
    const uint32_t used = count > first + TAIL ? count - first - TAIL : 0;
    struct vktl_lr_suggestions suggestions = {
        .steepest = lr_steepest(rates + first, smoothed + first, used),
        .valley = lr_valley(rates + first, smoothed + first, used),
        .minimum_10 = lr_minimum_10(rates + first, smoothed + first, used),
    };
    // fastai's default. A loss that has fallen at all has a valley.
    suggestions.recommended = suggestions.valley;
    suggestions.recommended_name = isnan(suggestions.valley) ? NULL : "valley";
    return suggestions;
}
