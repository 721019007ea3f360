// Reference of softmax_cross_entropy: loss = log(sum of exp(x)) - x[label] of each row; dx =
// (softmax(x) - onehot(label)) * rows_inverse; both 0 from row step->rows on.
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

static void forward(const struct reference_call *call)
{
    const struct softmax_push *p = call->push;
    const uint32_t *labels = (const void *)call->in[1];
    for (uint32_t n = 0; n < p->rows; n++) {
        const float *x = call->in[0] + (size_t)n * p->columns;
        const bool counts = n < call->step->rows;
        call->out[n] = counts ? (float)(log_sum(x, p->columns) - x[labels[n]]) : 0;
    }
}

static void backward(const struct reference_call *call)
{
    const struct softmax_push *p = call->push;
    const uint32_t *labels = (const void *)call->in[1];
    for (uint32_t n = 0; n < p->rows; n++) {
        const float *x = call->in[0] + (size_t)n * p->columns;
        float *dx = call->din[0] + (size_t)n * p->columns;
        const double scale = n < call->step->rows ? call->step->rows_inverse : 0;
        const double total = log_sum(x, p->columns);
        for (uint32_t k = 0; k < p->columns; k++)
            dx[k] = scale > 0 ? (float)((exp(x[k] - total) - (k == labels[n])) * scale) : 0;
    }
}

const struct reference reference_softmax_cross_entropy = {"softmax_cross_entropy", forward,
                                                          backward};
