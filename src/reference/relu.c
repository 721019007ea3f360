// Reference of relu: y = max(x, 0); dx = dy where y > 0, else 0.
#include "reference/reference.h"
#include "abi/relu.h"

static void forward(const struct reference_call *call)
{
    const struct relu_push *push = call->push;
    for (uint32_t i = 0; i < push->count; i++)
        call->out[i] = call->in[0][i] < 0 ? 0 : call->in[0][i];
}

static void backward(const struct reference_call *call)
{
    const struct relu_push *push = call->push;
    for (uint32_t i = 0; i < push->count; i++)
        call->din[0][i] = call->out[i] > 0 ? call->dout[i] : 0;
}

const struct reference reference_relu = {"relu", forward, backward};
