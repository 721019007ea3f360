#version 460
// For each part of an image that has a shift: the smallest and the largest value of its pixels,
// over all channels, as resampled. One invocation a part.
#extension GL_GOOGLE_include_directive : require
#include "../abi/augment.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(uint, AUGMENT_PARTS_BYTES, bytes)
BUFFER_IN(augment_image, AUGMENT_PARTS_IMAGES, images)
BUFFER_OUT(float, AUGMENT_PARTS_PARTS, parts)
PUSH(augment_push, AUGMENT_PARTS_BUFFERS)

#include "../lib/augment.glsl"

void main()
{
    uint i = linear_index();
    if (i >= push.batch * push.parts)
        return;
    uint n = i / push.parts, part = i % push.parts;
    uint first = part * push.part_length;
    uint end = min(first + push.part_length, push.height * push.width);
    vec3 low = vec3(255.0), high = vec3(0.0);
    if ((LOAD(images, n).flags & AUGMENT_SHIFT) == 0)
        end = first;
    for (uint k = first; k < end; k++) {
        vec3 value = sampled(n, k / push.width, k % push.width);
        low = min(low, value);
        high = max(high, value);
    }
    STORE(parts, i * 2, min(low.r, min(low.g, low.b)));
    STORE(parts, i * 2 + 1, max(high.r, max(high.g, high.b)));
}
