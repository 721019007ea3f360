// What makes a kernel give the same bits on every device, where the device was asked for that.
//
// Vulkan wants sums, differences and products of floats rounded correctly, and that is all that
// strict kernels are made of. In strict mode
// - no multiplication and addition are contracted to one operation: src/gpu/strict.c says so of
//   every operation of every shader;
// - sums have one order, whatever the tile, the lanes or the form: see strict in src/ops/README.md;
// - exp, log, roots and quotients are computed here, by what is exact;
// - no number is denormal, which some devices flush to 0 and others keep. What is stored is 0 or
//   at least 2^-50 in size. Products of two such numbers are at least 2^-100 and whole multiples of
//   2^-123, and so is every sum of products: none of them is denormal either.
//
// Elsewhere STRICT is false when the driver compiles the shader, and nothing of this remains.
#ifndef LIB_STRICT_GLSL
#define LIB_STRICT_GLSL

#include "../abi/strict.h"

layout(constant_id = STRICT_CONSTANT) const bool STRICT = false;

const float SETTLED_LEAST = STRICT_LEAST;
const float SQUARE_LEAST = STRICT_LEAST * STRICT_LEAST;

// What a store keeps of a value.
float settled(float value)
{
    return STRICT && abs(value) < SETTLED_LEAST ? 0.0 : value;
}

vec4 settled(vec4 value)
{
    return STRICT ? mix(value, vec4(0.0), lessThan(abs(value), vec4(SETTLED_LEAST))) : value;
}

uint settled(uint value)
{
    return value;
}

// The same of means of squares, which are smaller, and which no product is made of.
float settled_square(float value)
{
    return STRICT && abs(value) < SQUARE_LEAST ? 0.0 : value;
}

// a / b for b from 2^-100 to 2^100, and infinity: Newton's iteration for 1 / b from a guess by the
// exponent, which doubles the right digits each time, and one correction of the quotient.
float strict_quotient(float a, float b)
{
    float inverse = uintBitsToFloat(0x7EF311C3u - floatBitsToUint(b));
    for (int i = 0; i < 4; i++)
        inverse = inverse * (2.0 - b * inverse);
    inverse = isinf(b) ? 0.0 : inverse;
    float quotient = a * inverse;
    return isinf(a) || isinf(b) ? quotient : quotient + (a - quotient * b) * inverse;
}

// Newton's iteration for 1 / sqrt(x), likewise; infinity is its own root.
float strict_root(float x)
{
    float inverse = uintBitsToFloat(0x5F3759DFu - (floatBitsToUint(x) >> 1));
    for (int i = 0; i < 4; i++)
        inverse = inverse * (1.5 - (0.5 * x * inverse) * inverse);
    return isinf(x) ? x : x * inverse;
}

// exp(x) = 2^n exp(r) with r = x - n ln 2, |r| <= ln 2 / 2, and ln 2 in two parts so that r is
// exact; the polynomial is that of Cephes (Moshier, expf).
float strict_exponential(float x)
{
    if (!(x > -40.0))
        return isnan(x) ? x : 0.0; // less than what a store keeps
    if (x > 88.0)
        return uintBitsToFloat(0x7F800000u);
    float n = floor(x * 1.44269504088896341 + 0.5);
    float r = x - n * 0.693359375 + n * 2.12194440e-4;
    float p = 1.9875691500e-4;
    p = p * r + 1.3981999507e-3;
    p = p * r + 8.3334519073e-3;
    p = p * r + 4.1665795894e-2;
    p = p * r + 1.6666665459e-1;
    p = p * r + 5.0000001201e-1;
    float value = p * (r * r) + r + 1.0;
    return value * uintBitsToFloat(uint(int(n) + 127) << 23);
}

// log(x) = e ln 2 + log(m) with x = 2^e m, 1 / sqrt(2) <= m < sqrt(2), for normal x above 0; the
// polynomial is that of Cephes (Moshier, logf).
float strict_logarithm(float x)
{
    uint bits = floatBitsToUint(x) - 0x3F3504F3u; // of sqrt(1/2)
    float e = float(int(bits) >> 23);
    float m = uintBitsToFloat((bits & 0x007FFFFFu) + 0x3F3504F3u) - 1.0;
    float square = m * m;
    float p = 7.0376836292e-2;
    p = p * m - 1.1514610310e-1;
    p = p * m + 1.1676998740e-1;
    p = p * m - 1.2420140846e-1;
    p = p * m + 1.4249322787e-1;
    p = p * m - 1.6668057665e-1;
    p = p * m + 2.0000714765e-1;
    p = p * m - 2.4999993993e-1;
    p = p * m + 3.3333331174e-1;
    float value = p * m * square - e * 2.12194440e-4 - 0.5 * square + m + e * 0.693359375;
    return isnan(x) || isinf(x) ? x : value;
}

// What kernels call.
float quotient(float a, float b)
{
    return STRICT ? strict_quotient(a, b) : a / b;
}

float root(float x)
{
    return STRICT ? strict_root(x) : sqrt(x);
}

float exponential(float x)
{
    return STRICT ? strict_exponential(x) : exp(x);
}

float logarithm(float x)
{
    return STRICT ? strict_logarithm(x) : log(x);
}

#endif
