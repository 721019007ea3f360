// Reference of dense: the definition, loop by loop.
#include "reference/reference.h"
#include "abi/dense.h"

#include <stddef.h>

static void forward(const struct reference_call *call)
{
    const struct dense_push *p = call->push;
    for (size_t n = 0; n < p->batch; n++)
        for (size_t u = 0; u < p->units; u++) {
            double y = p->has_bias ? call->weight[1][u] : 0;
            for (size_t k = 0; k < p->inputs; k++)
                y += (double)call->in[0][n * p->inputs + k] * call->weight[0][k * p->units + u];
            call->out[n * p->units + u] = (float)reference_activate(p->activation, y);
        }
}

// dy behind a fused activation, unless the reader of y has been there already.
static double gradient(const struct reference_call *call, size_t i)
{
    const struct dense_push *p = call->push;
    const bool passes = call->activation_taken || reference_passes(p->activation, call->out[i]);
    return passes ? call->dout[i] : 0;
}

static void sum_dx(const struct reference_call *call)
{
    const struct dense_push *p = call->push;
    for (size_t n = 0; n < p->batch; n++)
        for (size_t k = 0; k < p->inputs; k++) {
            double dx = 0;
            for (size_t u = 0; u < p->units; u++)
                dx += gradient(call, n * p->units + u) * call->weight[0][k * p->units + u];
            call->din[0][n * p->inputs + k] = (float)dx;
        }
}

static void sum_dw(const struct reference_call *call)
{
    const struct dense_push *p = call->push;
    for (size_t k = 0; k < p->inputs; k++)
        for (size_t u = 0; u < p->units; u++) {
            double dw = 0;
            for (size_t n = 0; n < p->batch; n++)
                dw += gradient(call, n * p->units + u) * call->in[0][n * p->inputs + k];
            call->dweight[0][k * p->units + u] = (float)dw;
        }
}

static void sum_db(const struct reference_call *call)
{
    const struct dense_push *p = call->push;
    for (size_t u = 0; u < p->units; u++) {
        double db = 0;
        for (size_t n = 0; n < p->batch; n++)
            db += gradient(call, n * p->units + u);
        call->dweight[1][u] = (float)db;
    }
}

static void backward(const struct reference_call *call)
{
    if (call->din[0])
        sum_dx(call);
    if (call->dweight[0])
        sum_dw(call);
    if (call->dweight[1])
        sum_db(call);
}

const struct reference reference_dense = {"dense", forward, backward};
