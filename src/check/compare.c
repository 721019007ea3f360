// Responsible for how far results are from what they should be, and for their fingerprints. What is
// close enough is up to the caller.
#include "check/compare.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "ops/op.h"

static const double not_a_number_error = 1e30;

static double difference_of(double a, double b)
{
    if ((isnan(a) && isnan(b)) || a == b)
        return 0;
    const double difference = fabs(a - b);
    return difference < not_a_number_error ? difference : not_a_number_error; // also for a NaN
}

// An error is measured against the element and the typical size of all, so that a small sum of
// large terms is not held to the precision that its terms do not have. Up to `flushed` it is none.
static double element_error(double a, double b, double scale, double flushed)
{
    const double difference = difference_of(a, b);
    if (difference <= flushed)
        return 0;
    return isfinite(b) ? fmin(difference / (fabs(b) + scale), not_a_number_error)
                       : not_a_number_error;
}

static double in_ulp(double difference, double b, double scale)
{
    int exponent; // of a power of 2 that is above the size, and at most twice as large
    frexp(fmax(fmax(fabs(b), scale), FLT_MIN), &exponent);
    return difference < not_a_number_error ? ldexp(difference, FLT_MANT_DIG - exponent)
                                           : not_a_number_error;
}

static double root_mean_square(const float *values, uint64_t count)
{
    double squares = 0;
    uint64_t numbers = 0;
    for (uint64_t i = 0; i < count; i++) {
        if (!isfinite(values[i]))
            continue;
        squares += (double)values[i] * values[i];
        numbers++;
    }
    return numbers ? sqrt(squares / (double)numbers) : 0;
}

struct comparison check_compare(const float *a, const float *b, uint64_t count, double flushed)
{
    const double scale = root_mean_square(b, count);
    struct comparison found = {0};
    for (uint64_t i = 0; i < count; i++) {
        const double error = element_error(a[i], b[i], scale, flushed);
        found.largest = fmax(found.largest, difference_of(a[i], b[i]));
        if (error > found.worst) {
            found.worst = error;
            found.index = i;
        }
    }
    if (found.worst > 0)
        found.ulp = in_ulp(difference_of(a[found.index], b[found.index]), b[found.index], scale);
    return found;
}

void check_fingerprint(const float *values, uint64_t count, char text[CHECK_BITS_SIZE])
{
    static const uint32_t any_nan = 0x7fc00000;
    struct hash hash = {{0}};
    for (uint64_t i = 0; i < count; i++) {
        uint32_t bits = any_nan;
        if (!isnan(values[i]))
            memcpy(&bits, &values[i], sizeof bits);
        hash = hash_bytes(hash, &bits, sizeof bits);
    }
    snprintf(text, CHECK_BITS_SIZE, "%016llx%016llx", (unsigned long long)hash.half[0],
             (unsigned long long)hash.half[1]);
}

void check_describe(const struct vktl_device_info *info, struct vktl_selftest_row *row)
{
    row->form = info->form == VKTL_FORM_ADDRESS ? "address" : "storage";
    row->kernels = op_lanes(info) ? "cpu" : "gpu";
    row->algorithm = row->algorithm ? row->algorithm : "";
    row->bits = row->bits ? row->bits : "";
    row->detail = row->detail ? row->detail : "";
}
