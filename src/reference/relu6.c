// Reference of relu6: y = min(max(x, 0), 6); dx = dy where 0 < y < 6, else 0.
#include "reference/reference.h"
#include "abi/relu6.h"

static void forward(const struct reference_call *call)
{
    const struct relu6_push *push = call->push;
    for (uint32_t i = 0; i < push->count; i++) {
        const float x = call->in[0][i];
        call->out[i] = x < 0 ? 0 : x > 6 ? 6 : x;
    }
}

static void backward(const struct reference_call *call)
{
    const struct relu6_push *push = call->push;
    for (uint32_t i = 0; i < push->count; i++)
        call->din[0][i] = call->out[i] > 0 && call->out[i] < 6 ? call->dout[i] : 0;
}

const struct reference reference_relu6 = {"relu6", forward, backward};
