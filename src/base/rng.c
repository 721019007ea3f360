// Responsible for random numbers on the host. shaders/lib has the same function for the device.
#include "base/rng.h"

static uint32_t multiply(uint32_t a, uint32_t b, uint32_t *high)
{
    uint64_t product = (uint64_t)a * b;
    *high = (uint32_t)(product >> 32);
    return (uint32_t)product;
}

void philox4x32(uint32_t out[4], const uint32_t counter[4], const uint32_t key[2])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint32_t high0, high1;
        uint32_t low0 = multiply(0xD2511F53u, c0, &high0);
        uint32_t low1 = multiply(0xCD9E8D57u, c2, &high1);
        c0 = high1 ^ c1 ^ k0;
        c1 = low1;
        c2 = high0 ^ c3 ^ k1;
        c3 = low0;
        k0 += 0x9E3779B9u; // the golden ratio
        k1 += 0xBB67AE85u; // sqrt(3) - 1
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

uint32_t rng_bits(uint64_t seed, enum rng_purpose purpose, uint32_t step, uint64_t element)
{
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    const uint32_t counter[4] = {(uint32_t)purpose, step, (uint32_t)element,
                                 (uint32_t)(element >> 32)};
    uint32_t out[4];
    philox4x32(out, counter, key);
    return out[0];
}

float rng_uniform(uint64_t seed, enum rng_purpose purpose, uint32_t step, uint64_t element)
{
    return (float)(rng_bits(seed, purpose, step, element) >> 8) * 0x1p-24f;
}

void rng_shuffle(uint32_t *index, uint32_t count, uint64_t seed, uint32_t epoch)
{
    for (uint32_t i = count; i-- > 1;) {
        uint64_t draw = rng_bits(seed, RNG_SHUFFLE, epoch, i);
        uint32_t j = (uint32_t)(draw * ((uint64_t)i + 1) >> 32);
        uint32_t other = index[j];
        index[j] = index[i];
        index[i] = other;
    }
}
