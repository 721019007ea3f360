#version 460
// y = exp(x - m) / s with the row's maximum m and sum s, from the parts of softmax_parts.comp.
// One invocation an element: each combines the parts anew, which are few, instead of waiting.
#extension GL_GOOGLE_include_directive : require
#include "../abi/softmax.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, SOFTMAX_FWD_X, x)
BUFFER_IN(float, SOFTMAX_FWD_PARTS, parts)
BUFFER_OUT(float, SOFTMAX_FWD_Y, y)
PUSH(softmax_push, SOFTMAX_FWD_BUFFERS)

#include "../lib/softmax.glsl"

void main()
{
    uint i = linear_index();
    if (i >= push.rows * push.columns)
        return;
    row_sum row;
    ROW_SUM_OF_PARTS(i / push.columns, row)
    STORE(y, i, quotient(exponential(LOAD(x, i) - row.maximum), row.sum));
}
