#version 460
// loss[n] = log(sum of exp(x[n] - m)) + m - x[n, label], m the row's maximum, so that nothing
// overflows; 0 for the padding rows of a short batch. One invocation a row.
#extension GL_GOOGLE_include_directive : require
#include "../abi/softmax_cross_entropy.h"
#include "../abi/step.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(step, SOFTMAX_CROSS_ENTROPY_FWD_STEP, now)
BUFFER_IN(float, SOFTMAX_CROSS_ENTROPY_FWD_X, x)
BUFFER_IN(uint, SOFTMAX_CROSS_ENTROPY_FWD_LABELS, labels)
BUFFER_IN(float, SOFTMAX_CROSS_ENTROPY_FWD_PARTS, parts)
BUFFER_OUT(float, SOFTMAX_CROSS_ENTROPY_FWD_LOSS, loss)
PUSH(softmax_push, SOFTMAX_CROSS_ENTROPY_FWD_BUFFERS)

#include "../lib/softmax.glsl"

void main()
{
    uint n = linear_index();
    if (n >= push.rows)
        return;
    if (n >= LOAD(now, 0).rows) {
        STORE(loss, n, 0.0);
        return;
    }
    row_sum row;
    ROW_SUM_OF_PARTS(n, row)
    float wanted = LOAD(x, n * push.columns + LOAD(labels, n));
    STORE(loss, n, log(row.sum) + (row.maximum - wanted));
}
