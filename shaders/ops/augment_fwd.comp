#version 460
// y[n, h, w] = preprocess(brightness(shift(pixel))), the pixel being the one that the image's map
// puts at (h, w) after flips; see src/ops/augment.c for the arithmetic.
//
// One invocation a pixel: its three channels share the map. Lanes go along the columns, so loads of
// an unturned image and all stores are neighbours.
#extension GL_GOOGLE_include_directive : require
#include "../abi/augment.h"
#include "../lib/buffer.glsl"
#include "../lib/image.glsl"
#include "../lib/index.glsl"

BUFFER_IN(uint, AUGMENT_FWD_BYTES, bytes)
BUFFER_IN(augment_image, AUGMENT_FWD_IMAGES, images)
BUFFER_IN(float, AUGMENT_FWD_LIMITS, limits)
BUFFER_OUT(float, AUGMENT_FWD_Y, y)
PUSH(augment_push, AUGMENT_FWD_BUFFERS)

#include "../lib/augment.glsl"

void main()
{
    uint i = linear_index();
    if (i >= push.batch * push.height * push.width)
        return;
    cell at = cell_of(i, push.height, push.width, 1);
    uint flags = LOAD(images, at.n).flags;
    uint row = (flags & AUGMENT_FLIP_ROWS) != 0 ? push.height - 1 - at.h : at.h;
    uint column = (flags & AUGMENT_FLIP_COLS) != 0 ? push.width - 1 - at.w : at.w;
    vec3 value = sampled(at.n, row, column);
    if ((flags & AUGMENT_SHIFT) != 0 && push.parts != 0) {
        precise vec3 shifted = value + LOAD(images, at.n).shift;
        value = clamp(shifted, LOAD(limits, at.n * 2), LOAD(limits, at.n * 2 + 1));
    }
    if ((flags & AUGMENT_BRIGHTNESS) != 0) {
        precise vec3 bright = LOAD(images, at.n).brightness * floor(value);
        value = floor(min(bright, 255.0));
    }
    value = push.reversed != 0 ? value.bgr : value;
    precise vec3 centred = value - vec3(push.mean_0, push.mean_1, push.mean_2);
    precise vec3 scaled = centred * vec3(push.factor_0, push.factor_1, push.factor_2);
    STORE(y, i * 3, scaled.r);
    STORE(y, i * 3 + 1, scaled.g);
    STORE(y, i * 3 + 2, scaled.b);
}
