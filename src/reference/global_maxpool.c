// Reference of global_maxpool: y[n, c] = largest x[n, i, c] of the cells i, NaN where one is. The
// cells that equal y share dy evenly, as in TensorFlow's reduce_max.
#include "reference/reference.h"
#include "abi/global_maxpool.h"

#include <math.h>
#include <stddef.h>

static size_t place(const struct global_maxpool_push *p, uint32_t n, uint32_t i, uint32_t c)
{
    return ((size_t)n * p->cells + i) * p->channels + c;
}

static void forward(const struct reference_call *call)
{
    const struct global_maxpool_push *p = call->push;
    for (uint32_t n = 0; n < p->batch; n++)
        for (uint32_t c = 0; c < p->channels; c++) {
            float best = -INFINITY;
            for (uint32_t i = 0; i < p->cells; i++) {
                const float x = call->in[0][place(p, n, i, c)];
                if (x > best || isnan(x))
                    best = x;
            }
            call->out[n * p->channels + c] = best;
        }
}

static void backward(const struct reference_call *call)
{
    const struct global_maxpool_push *p = call->push;
    const float *x = call->in[0];
    for (uint32_t n = 0; n < p->batch; n++)
        for (uint32_t c = 0; c < p->channels; c++) {
            const float maximum = call->out[n * p->channels + c];
            const double dy = call->dout[n * p->channels + c];
            uint32_t count = 0;
            for (uint32_t i = 0; i < p->cells; i++)
                count += x[place(p, n, i, c)] == maximum;
            for (uint32_t i = 0; i < p->cells; i++)
                call->din[0][place(p, n, i, c)] =
                    x[place(p, n, i, c)] == maximum ? (float)(dy / count) : 0;
        }
}

const struct reference reference_global_maxpool = {"global_maxpool", forward, backward};
