#version 460
// dx = gamma / sqrt(variance + epsilon) * (dy - (dbeta + xn * dgamma) / rows), xn being x
// normalised and the sums going over the rows that count; 0 for the others. One invocation an
// element.
#extension GL_GOOGLE_include_directive : require
#include "../abi/batchnorm.h"
#include "../abi/step.h"
#include "../lib/batchnorm.glsl"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(step, BATCHNORM_BATCH_BWD_STEP, now)
BUFFER_IN(float, BATCHNORM_BATCH_BWD_X, x)
BUFFER_IN(float, BATCHNORM_BATCH_BWD_DY, dy)
BUFFER_IN(float, BATCHNORM_BATCH_BWD_GAMMA, gamma)
BUFFER_IN(float, BATCHNORM_BATCH_BWD_MEAN, mean)
BUFFER_IN(float, BATCHNORM_BATCH_BWD_VARIANCE, variance)
BUFFER_IN(float, BATCHNORM_BATCH_BWD_SUMS, sums)
BUFFER_OUT(float, BATCHNORM_BATCH_BWD_DX, dx)
PUSH(batchnorm_push, BATCHNORM_BATCH_BWD_BUFFERS)

void main()
{
    uint i = linear_index();
    if (i >= push.rows * push.channels)
        return;
    uint c = i % push.channels, rows = COUNTED_ROWS();
    if (i >= rows * push.channels) {
        STORE(dx, i, 0.0);
        return;
    }
    float scale = quotient(1.0, root(LOAD(variance, c) + push.epsilon));
    float normalised = (LOAD(x, i) - LOAD(mean, c)) * scale;
    float both = LOAD(sums, push.channels + c) + normalised * LOAD(sums, c);
    float mean_part = quotient(both, float(rows));
    if (push.scale != 0)
        scale *= LOAD(gamma, c);
    STORE(dx, i, (LOAD(dy, i) - mean_part) * scale);
}
