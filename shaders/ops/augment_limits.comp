#version 460
// The smallest minimum and the largest maximum of an image's parts. One invocation an image.
#extension GL_GOOGLE_include_directive : require
#include "../abi/augment.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, AUGMENT_LIMITS_PARTS, parts)
BUFFER_OUT(float, AUGMENT_LIMITS_LIMITS, limits)
PUSH(augment_push, AUGMENT_LIMITS_BUFFERS)

void main()
{
    uint n = linear_index();
    if (n >= push.batch)
        return;
    float low = LOAD(parts, n * push.parts * 2), high = LOAD(parts, n * push.parts * 2 + 1);
    for (uint k = n * push.parts + 1; k < (n + 1) * push.parts; k++) {
        low = min(low, LOAD(parts, k * 2));
        high = max(high, LOAD(parts, k * 2 + 1));
    }
    STORE(limits, n * 2, low);
    STORE(limits, n * 2 + 1, high);
}
