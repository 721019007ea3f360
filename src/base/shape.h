// Shapes of tensors: float32, NHWC, at most four axes, the batch first.
#ifndef BASE_SHAPE_H
#define BASE_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

enum { SHAPE_MAX_RANK = 4 };

struct shape {
    uint32_t rank;
    uint32_t dim[SHAPE_MAX_RANK]; // [N, H, W, C] or [N, C]; unused axes are 0
};

static inline struct shape shape_1d(uint32_t n)
{
    return (struct shape){1, {n}};
}

static inline struct shape shape_2d(uint32_t n, uint32_t c)
{
    return (struct shape){2, {n, c}};
}

static inline struct shape shape_4d(uint32_t n, uint32_t h, uint32_t w, uint32_t c)
{
    return (struct shape){4, {n, h, w, c}};
}

// Elements in the whole tensor. Never wraps for shapes that passed shape_is_sane.
static inline uint64_t shape_count(const struct shape *shape)
{
    uint64_t count = 1;
    for (uint32_t i = 0; i < shape->rank; i++)
        count *= shape->dim[i];
    return count;
}

// Bytes of the whole tensor in float32.
static inline uint64_t shape_size(const struct shape *shape)
{
    return shape_count(shape) * sizeof(float);
}

static inline bool shape_equal(const struct shape *a, const struct shape *b)
{
    if (a->rank != b->rank)
        return false;
    for (uint32_t i = 0; i < a->rank; i++)
        if (a->dim[i] != b->dim[i])
            return false;
    return true;
}

// Every axis at least 1 and fewer than 2^31 elements, so that a shader may index with 32 bits.
static inline bool shape_is_sane(const struct shape *shape)
{
    uint64_t count = 1;
    for (uint32_t i = 0; i < shape->rank; i++) {
        if (shape->dim[i] == 0 || shape->dim[i] > INT32_MAX)
            return false;
        count *= shape->dim[i];
        if (count > INT32_MAX)
            return false;
    }
    return shape->rank > 0 && shape->rank <= SHAPE_MAX_RANK;
}

// Writes "(16, 224, 224, 3)" into `text`, for messages and tables.
enum { SHAPE_TEXT_SIZE = 64 };
const char *shape_text(const struct shape *shape, char text[SHAPE_TEXT_SIZE]);

#endif
