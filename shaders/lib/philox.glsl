// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC
// 2011): four random words as a pure function of key and counter. src/base/rng.c is the same.
#ifndef LIB_PHILOX_GLSL
#define LIB_PHILOX_GLSL

uvec4 philox(uvec4 counter, uvec2 key)
{
    for (int round = 0; round < 10; round++) {
        uint high0, low0, high1, low1;
        umulExtended(0xD2511F53u, counter.x, high0, low0);
        umulExtended(0xCD9E8D57u, counter.z, high1, low1);
        counter = uvec4(high1 ^ counter.y ^ key.x, low1, high0 ^ counter.w ^ key.y, low0);
        key += uvec2(0x9E3779B9u, 0xBB67AE85u);
    }
    return counter;
}

// In [0, 1): the upper 24 bits, exact in float32, hence the same on every device.
float uniform_of(uint word)
{
    return float(word >> 8) * (1.0 / 16777216.0);
}

#endif
