// What gradients are multiplied by so that the norm of them all is at most push.clip_norm; 1 where
// that is 0, and nothing is clipped. `squares` holds the sum of the squares of all.
#ifndef LIB_CLIP_GLSL
#define LIB_CLIP_GLSL

// Needs the buffer `squares` and `push`.
#define CLIP_SCALE()                                                                               \
    (push.clip_norm > 0.0 ? push.clip_norm / max(sqrt(LOAD(squares, 0)), push.clip_norm) : 1.0)

#endif
