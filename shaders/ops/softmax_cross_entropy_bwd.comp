#version 460
// dx = (softmax(x) - (1 at the label)) / rows, exactly 0 for the padding rows of a short batch.
// One invocation an element.
#extension GL_GOOGLE_include_directive : require
#include "../abi/softmax_cross_entropy.h"
#include "../abi/step.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(step, SOFTMAX_CROSS_ENTROPY_BWD_STEP, now)
BUFFER_IN(float, SOFTMAX_CROSS_ENTROPY_BWD_X, x)
BUFFER_IN(uint, SOFTMAX_CROSS_ENTROPY_BWD_LABELS, labels)
BUFFER_IN(float, SOFTMAX_CROSS_ENTROPY_BWD_PARTS, parts)
BUFFER_OUT(float, SOFTMAX_CROSS_ENTROPY_BWD_DX, dx)
PUSH(softmax_push, SOFTMAX_CROSS_ENTROPY_BWD_BUFFERS)

#include "../lib/softmax.glsl"

void main()
{
    uint i = linear_index();
    if (i >= push.rows * push.columns)
        return;
    uint n = i / push.columns;
    if (n >= LOAD(now, 0).rows) {
        STORE(dx, i, 0.0);
        return;
    }
    row_sum row;
    ROW_SUM_OF_PARTS(n, row)
    float probability = exp(LOAD(x, i) - row.maximum) / row.sum;
    float wanted = i % push.columns == LOAD(labels, n) ? 1.0 : 0.0;
    STORE(dx, i, (probability - wanted) * LOAD(now, 0).rows_inverse);
}
