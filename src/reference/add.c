// Reference of add: y = a + b; da = dy, db = dy.
#include "reference/reference.h"
#include "abi/add.h"

#include <stddef.h>

static void forward(const struct reference_call *call)
{
    const struct add_push *push = call->push;
    for (uint32_t i = 0; i < push->count; i++)
        call->out[i] = call->in[0][i] + call->in[1][i];
}

static void backward(const struct reference_call *call)
{
    const struct add_push *push = call->push;
    for (uint32_t input = 0; input < 2; input++)
        for (uint32_t i = 0; call->din[input] && i < push->count; i++)
            call->din[input][i] = call->dout[i];
}

const struct reference reference_add = {"add", forward, backward};
