// Responsible for the numbers that a case is run on: the same in every run, on every machine.
#include "check/trial.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "abi/augment.h"

enum { SEED = 20240229 };

static float uniform(int tensor, uint64_t element)
{
    return rng_uniform(SEED, RNG_DATA, (uint32_t)tensor, element);
}

// Evenly spaced values in [-1, 1), shuffled: none is near another or near 0, so that a small step
// to either side crosses no kink of max or relu.
static void fill_distinct(float *values, uint32_t count, int tensor)
{
    for (uint32_t i = 0; i < count; i++)
        values[i] = (float)((i + 0.25) * 2 / count - 1);
    for (uint32_t i = count; i-- > 1;) {
        const uint32_t j = (uint32_t)(rng_bits(SEED, RNG_DATA, (uint32_t)tensor, i) % (i + 1));
        const float other = values[i];
        values[i] = values[j];
        values[j] = other;
    }
}

static float special(float value, uint32_t i, int tensor, enum check_data data)
{
    switch (data) {
    case CHECK_UNIFORM:
        return value;
    case CHECK_TIES:
        return floorf(uniform(tensor, i) * 11) - 2;
    case CHECK_LARGE:
        return value * 100;
    case CHECK_NANS:
        return i % 7 == 3 ? NAN : value;
    case CHECK_ZEROS:
        return i % 2 ? -0.0f : 0.0f;
    case CHECK_DENORMALS:
        return value * FLT_MIN;
    case CHECK_SATURATED:
        return value * 10000;
    case CHECK_HUGE:
        return value * FLT_MAX;
    case CHECK_INFINITIES:
        return i % 7 != 3 ? value : i % 2 ? INFINITY : -INFINITY;
    }
    vktl_assert(false);
    return value;
}

static void fill_input(float *values, uint32_t count, int tensor, enum check_data data)
{
    fill_distinct(values, count, tensor);
    for (uint32_t i = 0; i < count; i++)
        values[i] = special(values[i], i, tensor, data);
}

// Whether the case's kind of data is this tensor's: the others are uniform.
static bool is_subject(const struct trial *trial, int tensor)
{
    if (trial->check->op->kind == OP_OPTIMIZER)
        return tensor == TENSOR_DWEIGHT;
    return tensor < TENSOR_OUT;
}

static void fill_labels(const struct trial *trial, uint32_t *labels)
{
    const uint32_t classes = trial->io.in[0].dim[1];
    for (uint32_t i = 0; i < trial->io.in[1].dim[0]; i++)
        labels[i] = rng_bits(SEED, RNG_DATA, TENSOR_COUNT, i) % classes;
}

// To the nearest half, or the even one of two; see IEEE 754.
static float round_to_half(float value)
{
    const float least_normal = 0x1p-14f, step = 0x1p-24f; // below it, halves lie a step apart
    uint32_t bits;
    if (fabsf(value) < least_normal)
        return nearbyintf(value / step) * step;
    memcpy(&bits, &value, sizeof bits);
    bits = (bits + 0xfff + (bits >> 13 & 1)) & ~0x1fffu;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void round_tensors(struct trial *trial)
{
    for (int i = 0; i < TENSOR_COMPARED; i++) {
        float *values = trial->host[i];
        for (uint64_t j = 0; trial->is_given[i] && j < trial_count(trial, i); j++)
            values[j] = isnan(values[j]) ? values[j] : round_to_half(values[j]);
    }
}

// ---- Images and what is done to them

// A number of fixed-point between -limit and limit, in some images a whole one.
static void fill_fixed(int32_t *whole, uint32_t *fraction, uint32_t limit, bool is_whole,
                       uint64_t element)
{
    const uint32_t bits = rng_bits(SEED, RNG_DATA, TENSOR_IN + 1, element * 2);
    *whole = (int32_t)(bits % (2 * limit + 1)) - (int32_t)limit;
    *fraction = is_whole ? 0 : rng_bits(SEED, RNG_DATA, TENSOR_IN + 1, element * 2 + 1);
}

// The first image is left alone, of the others every third is moved by whole pixels: there it
// shows whether the ends of the image are met.
static void fill_images(const struct trial *trial, struct augment_image *images)
{
    const uint32_t side = trial->io.out.dim[1] + trial->io.out.dim[2];
    for (uint32_t n = 0; n < trial->io.out.dim[0]; n++) {
        struct augment_image *image = &images[n];
        const bool is_whole = n % 3 == 1;
        const uint64_t at = 100 * (uint64_t)n;
        *image = (struct augment_image){0};
        if (n == 0)
            continue;
        image->flags = (rng_bits(SEED, RNG_DATA, TENSOR_IN + 1, at + 99) & 31) | AUGMENT_RESAMPLE;
        fill_fixed(&image->row_by_row, &image->row_by_row_fraction, 1, is_whole, at);
        fill_fixed(&image->row_by_col, &image->row_by_col_fraction, 1, is_whole, at + 1);
        fill_fixed(&image->row_start, &image->row_start_fraction, side, is_whole, at + 2);
        fill_fixed(&image->col_by_row, &image->col_by_row_fraction, 1, is_whole, at + 3);
        fill_fixed(&image->col_by_col, &image->col_by_col_fraction, 1, is_whole, at + 4);
        fill_fixed(&image->col_start, &image->col_start_fraction, side, is_whole, at + 5);
        image->shift = 200 * uniform(TENSOR_IN + 1, at + 6) - 100;
        image->brightness = 2 * uniform(TENSOR_IN + 1, at + 7);
    }
}

static void fill_bytes(const struct trial *trial, uint32_t *words)
{
    for (uint32_t i = 0; i < trial_count(trial, TENSOR_IN); i++)
        words[i] = rng_bits(SEED, RNG_DATA, TENSOR_IN, i);
}

// What must not be negative: variances, means of squares, weights of classes.
static void make_positive(const struct trial *trial, int tensor, uint64_t first)
{
    float *values = trial->host[tensor];
    for (uint64_t i = first; i < trial_count(trial, tensor); i++)
        values[i] = 1 + 0.5f * values[i];
}

// The last row of a batch is padding, so that it is seen to be left out.
static void fill_step(struct trial *trial)
{
    const uint32_t batch = trial->io.in[0].dim[0];
    const uint32_t rows = batch > 1 ? batch - 1 : 1;
    trial->step = (struct step){
        .number = 7,
        .seed_low = 0x12345678,
        .seed_high = 0x9abcdef0,
        .rows = rows,
        .rows_inverse = 1.0f / (float)rows,
        .learning_rate = 0.05f,
        .bias_correction = 0.3f,
        .first_row = 3,
        .loss_scale_inverse = 0.25f,
    };
    memcpy(trial->host[TENSOR_STEP], &trial->step, sizeof trial->step);
}

void trial_fill_inputs(struct trial *trial)
{
    const enum op_kind kind = trial->check->op->kind;
    const bool has_labels = kind == OP_LOSS || kind == OP_METRIC;
    for (int i = 0; i < TENSOR_COMPARED; i++) {
        const uint32_t count = (uint32_t)trial_count(trial, i);
        if (trial->is_given[i])
            fill_input(trial->host[i], count, i,
                       is_subject(trial, i) ? trial->check->test->data : CHECK_UNIFORM);
    }
    if (has_labels)
        fill_labels(trial, trial->host[TENSOR_IN + 1]);
    if (kind == OP_INPUT) {
        fill_bytes(trial, trial->host[TENSOR_IN]);
        fill_images(trial, trial->host[TENSOR_IN + 1]);
    }
    for (uint32_t i = 0; i < trial->io.weight_count; i++) {
        const char *name = trial->io.weight[i].name;
        if (strcmp(name, "moving_variance") == 0 || strcmp(name, "class_weight") == 0)
            make_positive(trial, TENSOR_WEIGHT + (int)i, 0);
    }
    if (kind == OP_OPTIMIZER) {
        make_positive(trial, TENSOR_SAVED, trial_count(trial, TENSOR_WEIGHT)); // Adam's second
        make_positive(trial, TENSOR_IN + 1, 0);
    }
    if (trial->check->mixed)
        round_tensors(trial);
    fill_step(trial);
}
