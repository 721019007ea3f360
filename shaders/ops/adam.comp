#version 460
// w -= w * decay * lr; m += (g - m) * (1 - beta_1); v += (g^2 - v) * (1 - beta_2);
// w -= lr * correction * m / (sqrt(v) + epsilon). One invocation a few elements.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "../abi/adam.h"
#include "../abi/step.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(step, ADAM_STEP, now)
BUFFER_IN(float, ADAM_SQUARES, squares)
BUFFER_IN(float, ADAM_DW, dw)
BUFFER_INOUT(float, ADAM_W, w)
BUFFER_INOUT(float, ADAM_STATE, state)
PUSH(adam_push, ADAM_BUFFERS)

#include "../lib/clip.glsl"

void main()
{
    if (OVERFLOWS())
        return;
    float rate = LOAD(now, 0).learning_rate * push.rate_factor, scale = GRADIENT_SCALE();
    float step_size = rate * LOAD(now, 0).bias_correction;
    [[unroll]] for (uint k = 0; k < LINEAR_RUN; k++) {
        uint i = linear_run_index(k);
        if (i >= push.count)
            return;
        float gradient = LOAD(dw, i) * scale;
        float m = LOAD(state, i), v = LOAD(state, push.count + i), weight = LOAD(w, i);
        m += (gradient - m) * push.one_minus_beta_1;
        v += (gradient * gradient - v) * push.one_minus_beta_2;
        weight -= weight * push.weight_decay * rate;
        STORE(state, i, m);
        STORE_SQUARE(state, push.count + i, v);
        STORE(w, i, weight - quotient(step_size * m, root(v) + push.epsilon));
    }
}
