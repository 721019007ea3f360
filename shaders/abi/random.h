// Random numbers of the shaders: Philox4x32-10, see shaders/lib/philox.glsl.
//
//   key = (seed low, seed high)    counter = (purpose, step, a number of the draw, stream)
#ifndef ABI_RANDOM_H
#define ABI_RANDOM_H

// Purposes, as in enum rng_purpose of src/base/rng.h (src/ops/dropout.c asserts it).
#define RANDOM_DROPOUT 2u

#endif
