// Reference of global_avgpool: y[n, c] = mean of x[n, i, c] over the cells i; dx = dy / cells.
#include "reference/reference.h"
#include "abi/global_avgpool.h"

#include <stddef.h>

static void forward(const struct reference_call *call)
{
    const struct global_avgpool_push *p = call->push;
    for (uint32_t n = 0; n < p->batch; n++)
        for (uint32_t c = 0; c < p->channels; c++) {
            double sum = 0;
            for (uint32_t i = 0; i < p->cells; i++)
                sum += call->in[0][((size_t)n * p->cells + i) * p->channels + c];
            call->out[n * p->channels + c] = (float)(sum / p->cells);
        }
}

static void backward(const struct reference_call *call)
{
    const struct global_avgpool_push *p = call->push;
    float *dx = call->din[0];
    for (uint32_t n = 0; n < p->batch; n++)
        for (uint32_t i = 0; i < p->cells; i++)
            for (uint32_t c = 0; c < p->channels; c++)
                *dx++ = (float)((double)call->dout[n * p->channels + c] / p->cells);
}

const struct reference reference_global_avgpool = {"global_avgpool", forward, backward};
