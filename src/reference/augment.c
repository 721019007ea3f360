// Reference of augment: a pixel of the output is looked up in the input, shifted, brightened,
// preprocessed. In float32, rounded once a step, and on coordinates of 64 bits, for here the same
// bits are asked of every device.
#include "reference/reference.h"
#include "abi/augment.h"

#include <math.h>
#include <stddef.h>

static const int64_t one = INT64_C(1) << 32;

// Wraps around, as unsigned numbers do, where a map leads out of all bounds.
static int64_t affine(uint64_t by_row, uint64_t by_col, uint64_t start, uint32_t row, uint32_t col)
{
    return (int64_t)(by_row * row + by_col * col + start);
}

static uint64_t fixed(int32_t whole, uint32_t fraction)
{
    return (uint64_t)(uint32_t)whole << 32 | fraction;
}

static int64_t floor_divide(int64_t a, int64_t b)
{
    const int64_t quotient = a / b;
    return a % b < 0 ? quotient - 1 : quotient;
}

static int64_t floor_remainder(int64_t a, int64_t b)
{
    return a - floor_divide(a, b) * b;
}

// Where along an axis of `count` cells something is read: between two cells.
struct place {
    uint32_t first, second;
    float weight; // of the second
    int is_outside;
};

static struct place between(int64_t at, int64_t count)
{
    const int64_t whole = floor_divide(at, one);
    const int64_t next = whole + 1 < count ? whole + 1 : count - 1; // has no weight at the end
    return (struct place){(uint32_t)whole, (uint32_t)next,
                          (float)((at - whole * one) >> 8) / 16777216, 0};
}

static uint32_t mirrored(int64_t cell, int64_t count)
{
    const int64_t at = floor_remainder(cell, 2 * count);
    return (uint32_t)(at < count ? at : 2 * count - 1 - at);
}

// As NI_GeometricTransform and map_coordinate of SciPy (ndimage/src/ni_interpolation.c).
static struct place find(uint32_t fill, int64_t at, int64_t count)
{
    const int64_t last = (count - 1) * one;
    if (at >= 0 && at <= last)
        return between(at, count);
    if (fill == AUGMENT_CONSTANT)
        return (struct place){.is_outside = 1};
    if (fill == AUGMENT_NEAREST)
        return between(at < 0 ? 0 : last, count);
    if (fill == AUGMENT_WRAP) {
        if (last == 0)
            return between(0, count);
        // The period is a cell shorter than the image. From below the end is met, not the start.
        const int64_t wrapped = floor_remainder(at, last);
        return between(at < 0 && wrapped == 0 ? last : wrapped, count);
    }
    const int64_t whole = floor_divide(at, one);
    struct place place = {mirrored(whole, count), mirrored(whole + 1, count), 0, 0};
    place.weight = (float)((at - whole * one) >> 8) / 16777216;
    return place;
}

static float byte_at(const struct augment_push *p, const float *words, uint32_t row, uint32_t col,
                     uint32_t channel)
{
    const unsigned char *bytes = (const unsigned char *)words;
    return bytes[((size_t)row * p->width + col) * 3 + channel];
}

static float mix(float a, float b, float weight)
{
    const float difference = b - a;
    const float part = difference * weight;
    return a + part;
}

// One value after the map.
static float sample(const struct augment_push *p, const struct augment_image *image,
                    const float *words, uint32_t row, uint32_t col, uint32_t channel)
{
    if (!(image->flags & AUGMENT_RESAMPLE))
        return byte_at(p, words, row, col, channel);
    const struct place r =
        find(p->fill,
             affine(fixed(image->row_by_row, image->row_by_row_fraction),
                    fixed(image->row_by_col, image->row_by_col_fraction),
                    fixed(image->row_start, image->row_start_fraction), row, col),
             p->height);
    const struct place c =
        find(p->fill,
             affine(fixed(image->col_by_row, image->col_by_row_fraction),
                    fixed(image->col_by_col, image->col_by_col_fraction),
                    fixed(image->col_start, image->col_start_fraction), row, col),
             p->width);
    if (r.is_outside || c.is_outside)
        return p->constant;
    const float above = mix(byte_at(p, words, r.first, c.first, channel),
                            byte_at(p, words, r.first, c.second, channel), c.weight);
    const float below = mix(byte_at(p, words, r.second, c.first, channel),
                            byte_at(p, words, r.second, c.second, channel), c.weight);
    return mix(above, below, r.weight);
}

struct limits {
    float low, high;
};

static struct limits limits_of(const struct augment_push *p, const struct augment_image *image,
                               const float *words)
{
    struct limits limits = {255, 0};
    for (uint32_t row = 0; row < p->height; row++)
        for (uint32_t col = 0; col < p->width; col++)
            for (uint32_t channel = 0; channel < 3; channel++) {
                const float value = sample(p, image, words, row, col, channel);
                limits.low = value < limits.low ? value : limits.low;
                limits.high = value > limits.high ? value : limits.high;
            }
    return limits;
}

static float colour(const struct augment_push *p, const struct augment_image *image,
                    struct limits limits, float value)
{
    if (image->flags & AUGMENT_SHIFT && p->parts) {
        value = value + image->shift;
        value = value < limits.low ? limits.low : value;
        value = value > limits.high ? limits.high : value;
    }
    if (image->flags & AUGMENT_BRIGHTNESS) {
        value = image->brightness * floorf(value);
        value = value > 255 ? 255 : floorf(value);
    }
    return value;
}

static void forward_image(const struct augment_push *p, const struct augment_image *image,
                          const float *words, float *y)
{
    const float mean[] = {p->mean_0, p->mean_1, p->mean_2};
    const float factor[] = {p->factor_0, p->factor_1, p->factor_2};
    struct limits limits = {0, 0};
    if (image->flags & AUGMENT_SHIFT && p->parts)
        limits = limits_of(p, image, words);
    for (uint32_t row = 0; row < p->height; row++)
        for (uint32_t col = 0; col < p->width; col++)
            for (uint32_t channel = 0; channel < 3; channel++) {
                const uint32_t from_row =
                    image->flags & AUGMENT_FLIP_ROWS ? p->height - 1 - row : row;
                const uint32_t from_col =
                    image->flags & AUGMENT_FLIP_COLS ? p->width - 1 - col : col;
                const uint32_t from_channel = p->reversed ? 2 - channel : channel;
                const float value =
                    colour(p, image, limits,
                           sample(p, image, words, from_row, from_col, from_channel)) -
                    mean[channel];
                *y++ = value * factor[channel];
            }
}

static void forward(const struct reference_call *call)
{
    const struct augment_push *p = call->push;
    const struct augment_image *images = (const void *)call->in[1];
    const size_t count = (size_t)p->height * p->width * 3;
    for (uint32_t n = 0; n < p->batch; n++)
        forward_image(p, &images[n], call->in[0] + (size_t)n * p->words, call->out + n * count);
}

const struct reference reference_augment = {"augment", forward, NULL};
