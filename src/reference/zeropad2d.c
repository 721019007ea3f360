// Reference of zeropad2d: x within a border of zeros; dx is what lies within.
#include "reference/reference.h"
#include "abi/zeropad2d.h"

#include <stddef.h>

// Where x[n, h, w, c] lies in y.
static size_t inner(const struct zeropad2d_push *p, uint32_t n, uint32_t h, uint32_t w, uint32_t c)
{
    const size_t row = (size_t)n * p->out_h + h + p->top;
    return (row * p->out_w + w + p->left) * p->channels + c;
}

static void forward(const struct reference_call *call)
{
    const struct zeropad2d_push *p = call->push;
    const float *x = call->in[0];
    for (size_t i = 0; i < (size_t)p->batch * p->out_h * p->out_w * p->channels; i++)
        call->out[i] = 0;
    for (uint32_t n = 0; n < p->batch; n++)
        for (uint32_t h = 0; h < p->in_h; h++)
            for (uint32_t w = 0; w < p->in_w; w++)
                for (uint32_t c = 0; c < p->channels; c++)
                    call->out[inner(p, n, h, w, c)] = *x++;
}

static void backward(const struct reference_call *call)
{
    const struct zeropad2d_push *p = call->push;
    float *dx = call->din[0];
    for (uint32_t n = 0; n < p->batch; n++)
        for (uint32_t h = 0; h < p->in_h; h++)
            for (uint32_t w = 0; w < p->in_w; w++)
                for (uint32_t c = 0; c < p->channels; c++)
                    *dx++ = call->dout[inner(p, n, h, w, c)];
}

const struct reference reference_zeropad2d = {"zeropad2d", forward, backward};
