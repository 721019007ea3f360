#version 460
// y = keep ? x * scale : 0, where keep is u >= rate for the element's random number u.
//
// An invocation takes four neighbours, for which one Philox call gives the numbers. The mask is a
// pure function of (seed, step, stream, element), so backward draws it again and nothing is saved.
// Elements are counted over the step's whole batch, of which step.first_row rows came in earlier
// runs: four neighbours by that count may begin in the row before this run's first.
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
    uint rest = LOAD(now, 0).first_row * (push.row_length % DROPOUT_PER_INVOCATION);
    uint before = LOAD(now, 0).first_row * (push.row_length / DROPOUT_PER_INVOCATION) +
                  rest / DROPOUT_PER_INVOCATION;
    uint quad = linear_index();
    uint first = quad * DROPOUT_PER_INVOCATION - rest % DROPOUT_PER_INVOCATION; // may wrap below 0
    if (quad > 0 && first >= push.count)
        return;
    uvec2 key = uvec2(LOAD(now, 0).seed_low, LOAD(now, 0).seed_high);
    uvec4 words =
        philox(uvec4(RANDOM_DROPOUT, LOAD(now, 0).number, before + quad, push.stream), key);
    for (uint k = 0; k < DROPOUT_PER_INVOCATION; k++) {
        uint i = first + k;
        if (i >= push.count)
            continue;
        bool keep = uniform_of(words[k]) >= push.rate;
        STORE(y, i, keep ? LOAD(x, i) * push.scale : 0.0);
    }
}
