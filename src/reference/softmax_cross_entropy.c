// Reference of softmax_cross_entropy: loss = log(sum of exp(x)) - sum of target * x of each row,
// the target being 1 - s at the label, and s / K more at each of the K columns; dx = (softmax(x) -
// target) * rows_inverse; both times the weight of the label's class, and 0 from row step->rows on.
#include "reference/reference.h"
#include "abi/softmax_cross_entropy.h"
#include "abi/step.h"

#include <math.h>
#include <stddef.h>

// log(sum of exp(x)), by way of the maximum.
static double log_sum(const float *x, uint32_t count)
{
    double maximum = -INFINITY, sum = 0;
    for (uint32_t k = 0; k < count; k++)
        maximum = fmax(maximum, x[k]);
    for (uint32_t k = 0; k < count; k++)
        sum += exp(x[k] - maximum);
    return log(sum) + maximum;
}

static double target_of(const struct softmax_cross_entropy_push *p, uint32_t label, uint32_t k)
{
    const double spread = (double)p->smoothing / p->columns;
    return k == label ? 1 - (double)p->smoothing + spread : spread;
}

// What the row of a label counts.
static double weight_of(const struct reference_call *call, uint32_t label)
{
    const struct softmax_cross_entropy_push *p = call->push;
    return p->weighted ? call->weight[0][label] : 1;
}

static void forward(const struct reference_call *call)
{
    const struct softmax_cross_entropy_push *p = call->push;
    const uint32_t *labels = (const void *)call->in[1];
    for (uint32_t n = 0; n < p->rows; n++) {
        const float *x = call->in[0] + (size_t)n * p->columns;
        double loss = log_sum(x, p->columns);
        for (uint32_t k = 0; k < p->columns; k++)
            loss -= target_of(p, labels[n], k) * x[k];
        call->out[n] = n < call->step->rows ? (float)(loss * weight_of(call, labels[n])) : 0;
    }
}

static void backward(const struct reference_call *call)
{
    const struct softmax_cross_entropy_push *p = call->push;
    const uint32_t *labels = (const void *)call->in[1];
    for (uint32_t n = 0; n < p->rows; n++) {
        const float *x = call->in[0] + (size_t)n * p->columns;
        float *dx = call->din[0] + (size_t)n * p->columns;
        const bool counts = n < call->step->rows;
        const double scale = call->step->rows_inverse * weight_of(call, labels[n]);
        const double total = log_sum(x, p->columns);
        for (uint32_t k = 0; k < p->columns; k++)
            dx[k] = counts ? (float)((exp(x[k] - total) - target_of(p, labels[n], k)) * scale) : 0;
    }
}

const struct reference reference_softmax_cross_entropy = {"softmax_cross_entropy", forward,
                                                          backward};
