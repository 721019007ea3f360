#version 460
// w -= w * decay * lr, then w -= lr * dw; one invocation a few elements.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "../abi/sgd.h"
#include "../abi/step.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(step, SGD_STEP, now)
BUFFER_IN(float, SGD_SQUARES, squares)
BUFFER_IN(float, SGD_DW, dw)
BUFFER_INOUT(float, SGD_W, w)
PUSH(sgd_push, SGD_BUFFERS)

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
        float weight = LOAD(w, i);
        weight -= weight * push.weight_decay * rate;
        STORE(w, i, weight - rate * (LOAD(dw, i) * scale));
    }
}
