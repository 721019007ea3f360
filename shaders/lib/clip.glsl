// What an optimizer does to gradients beforehand. `squares` holds the sum of the squares of all.
#ifndef LIB_CLIP_GLSL
#define LIB_CLIP_GLSL

// Both need the buffers `squares` and `now`, and `push`.

// Whether a scaled gradient somewhere is not finite, or as good as that: nothing is updated then.
// By its bits, since compilers may take for granted that a float is a number.
#define OVERFLOWS()                                                                                \
    (push.is_scaled != 0 && (floatBitsToUint(LOAD(squares, 0)) & 0x7f800000u) == 0x7f800000u)

// What a gradient is multiplied by: so that the norm of all is at most push.clip_norm, unless that
// is 0, and so that the loss scale is out of it.
float gradient_scale(float inverse, float squares)
{
    if (!(push.clip_norm > 0.0))
        return inverse;
    float norm = root(squares) * inverse;
    return quotient(push.clip_norm, max(norm, push.clip_norm)) * inverse;
}

#define GRADIENT_SCALE()                                                                           \
    gradient_scale(push.is_scaled != 0 ? LOAD(now, 0).loss_scale_inverse : 1.0, LOAD(squares, 0))

#endif
