#version 460
// loss[n] = log(sum of exp(x[n] - m)) + m - x[n, label], m the row's maximum, so that nothing
// overflows; a share of x[n, label] is replaced by the mean of x[n] where targets are smoothed, and
// all is times the class's weight. 0 for the padding rows of a short batch. One invocation a row.
#extension GL_GOOGLE_include_directive : require
#include "../abi/softmax_cross_entropy.h"
#include "../abi/step.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(step, SOFTMAX_CROSS_ENTROPY_FWD_STEP, now)
BUFFER_IN(float, SOFTMAX_CROSS_ENTROPY_FWD_X, x)
BUFFER_IN(uint, SOFTMAX_CROSS_ENTROPY_FWD_LABELS, labels)
BUFFER_IN(float, SOFTMAX_CROSS_ENTROPY_FWD_WEIGHTS, weights)
BUFFER_IN(float, SOFTMAX_CROSS_ENTROPY_FWD_PARTS, parts)
BUFFER_OUT(float, SOFTMAX_CROSS_ENTROPY_FWD_LOSS, loss)
PUSH(softmax_cross_entropy_push, SOFTMAX_CROSS_ENTROPY_FWD_BUFFERS)

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
    uint label = LOAD(labels, n);
    float wanted = row.maximum - LOAD(x, n * push.columns + label);
    if (push.smoothing > 0.0) { // else not even looked at: an infinity times 0 is no number
        float total = 0.0;
        for (uint part = 0; part < push.parts; part++)
            total += LOAD(parts, (n * push.parts + part) * 3 + 2);
        float mean = quotient(total, float(push.columns));
        wanted += push.smoothing * (row.maximum - mean - wanted);
    }
    // Not every driver's log of a NaN is one: SwiftShader's is 89.
    float value = (isnan(row.sum) ? row.sum : logarithm(row.sum)) + wanted;
    STORE(loss, n, push.weighted != 0 ? value * LOAD(weights, label) : value);
}
