#version 460
// y = keep ? x * scale : 0, where keep is u >= rate for the element's random number u.
//
// An invocation takes four neighbours, for which one Philox call gives the numbers. The mask is a
// pure function of (seed, step, stream, element), so backward draws it again and nothing is saved.
#extension GL_GOOGLE_include_directive : require
#include "../abi/dropout.h"
#include "../abi/random.h"
#include "../abi/step.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"
#include "../lib/philox.glsl"

BUFFER_IN(step, DROPOUT_STEP, now)
BUFFER_IN(float, DROPOUT_X, x)
BUFFER_OUT(float, DROPOUT_Y, y)
PUSH(dropout_push, DROPOUT_BUFFERS)

void main()
{
    uint quad = linear_index();
    uint first = quad * DROPOUT_PER_INVOCATION;
    if (first >= push.count)
        return;
    uvec2 key = uvec2(LOAD(now, 0).seed_low, LOAD(now, 0).seed_high);
    uvec4 words = philox(uvec4(RANDOM_DROPOUT, LOAD(now, 0).number, quad, push.stream), key);
    uint count = min(push.count - first, DROPOUT_PER_INVOCATION);
    for (uint k = 0; k < count; k++) {
        bool keep = uniform_of(words[k]) >= push.rate;
        STORE(y, first + k, keep ? LOAD(x, first + k) * push.scale : 0.0);
    }
}
