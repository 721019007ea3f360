// Random numbers without hidden state: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random
// numbers: as easy as 1, 2, 3", SC 2011).
//
// A number is a pure function of its key and counter, so a resumed run, another thread or the GPU
// computes the same bits. The convention, shared with the shaders:
//
//     key     = (seed low 32 bits, seed high 32 bits)
//     counter = (purpose, step, element low 32 bits, element high 32 bits)
//
// and the element's number is word 0 of the result. A purpose that draws much may use all four
// words: dropout's third counter word is element / 4, its fourth the layer's stream. All functions
// are pure and safe from any thread.
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdint.h>

// What a number is for. Written into counters, so a row never changes its value.
enum rng_purpose {
    RNG_INIT = 0,    // initial weights: step = index of the tensor, element = index in it
    RNG_SHUFFLE = 1, // order of the images: step = epoch, element = position
    RNG_DROPOUT = 2, // masks: step = training step
    RNG_AUGMENT = 3, // distortions: step = epoch or variant, element = image, then its numbers
    RNG_DATA = 4,    // made-up data: selftest, facegen
    RNG_VARIANT = 5, // which kept variant of an image: step = epoch, element = image
};

// The bijection itself: ten rounds. `out` may be `counter`.
void philox4x32(uint32_t out[4], const uint32_t counter[4], const uint32_t key[2]);

// 32 random bits of (seed, purpose, step, element).
uint32_t rng_bits(uint64_t seed, enum rng_purpose purpose, uint32_t step, uint64_t element);

// In [0, 1): the upper 24 bits / 2^24, exact in float32, hence the same on every device.
float rng_uniform(uint64_t seed, enum rng_purpose purpose, uint32_t step, uint64_t element);

// Permutes `index` in place (Fisher-Yates from the back). Position i takes one draw, scaled to
// [0, i] by a multiplication; the bias is below (i + 1) / 2^32.
void rng_shuffle(uint32_t *index, uint32_t count, uint64_t seed, uint32_t epoch);

#endif
