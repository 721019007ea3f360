// Reference of softmax over the last axis: y = exp(x - m) / sum; dx = y * (dy - sum of y * dy).
#include "reference/reference.h"
#include "abi/softmax.h"

#include <math.h>
#include <stddef.h>

static void forward(const struct reference_call *call)
{
    const struct softmax_push *p = call->push;
    for (uint32_t n = 0; n < p->rows; n++) {
        const float *x = call->in[0] + (size_t)n * p->columns;
        float *y = call->out + (size_t)n * p->columns;
        double maximum = -INFINITY, sum = 0;
        for (uint32_t k = 0; k < p->columns; k++)
            maximum = fmax(maximum, x[k]);
        for (uint32_t k = 0; k < p->columns; k++)
            sum += exp(x[k] - maximum);
        for (uint32_t k = 0; k < p->columns; k++)
            y[k] = (float)(exp(x[k] - maximum) / sum);
    }
}

static void backward(const struct reference_call *call)
{
    const struct softmax_push *p = call->push;
    for (uint32_t n = 0; n < p->rows; n++) {
        const float *y = call->out + (size_t)n * p->columns;
        const float *dy = call->dout + (size_t)n * p->columns;
        double dot = 0;
        for (uint32_t k = 0; k < p->columns; k++)
            dot += (double)y[k] * dy[k];
        for (uint32_t k = 0; k < p->columns; k++)
            call->din[0][(size_t)n * p->columns + k] = (float)(y[k] * (dy[k] - dot));
    }
}

const struct reference reference_softmax = {"softmax", forward, backward};
