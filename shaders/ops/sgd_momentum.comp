#version 460
// w -= w * decay * lr; v = momentum * v - lr * dw; w += v, or with Nesterov's look ahead
// w += momentum * v - lr * dw. One invocation a few elements.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "../abi/sgd.h"
#include "../abi/step.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(step, SGD_MOMENTUM_STEP, now)
BUFFER_IN(float, SGD_MOMENTUM_SQUARES, squares)
BUFFER_IN(float, SGD_MOMENTUM_DW, dw)
BUFFER_INOUT(float, SGD_MOMENTUM_W, w)
BUFFER_INOUT(float, SGD_MOMENTUM_V, v)
PUSH(sgd_push, SGD_MOMENTUM_BUFFERS)

#include "../lib/clip.glsl"

void main()
{
    if (OVERFLOWS())
        return;
    float rate = LOAD(now, 0).learning_rate * push.rate_factor, scale = GRADIENT_SCALE();
    [[unroll]] for (uint k = 0; k < LINEAR_RUN; k++) {
        uint i = linear_run_index(k);
        if (i >= push.count)
            return;
        float descent = rate * (LOAD(dw, i) * scale);
        float velocity = push.momentum * LOAD(v, i) - descent;
        STORE(v, i, velocity);
        float weight = LOAD(w, i);
        weight -= weight * push.weight_decay * rate;
        weight += push.nesterov != 0 ? push.momentum * velocity - descent : velocity;
        STORE(w, i, weight);
    }
}
