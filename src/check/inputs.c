// Responsible for the numbers that a case is run on: the same in every run, on every machine.
#include "check/trial.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"

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

static void fill_input(float *values, uint32_t count, int tensor, enum check_data data)
{
    fill_distinct(values, count, tensor);
    for (uint32_t i = 0; i < count; i++) {
        if (data == CHECK_TIES)
            values[i] = floorf(uniform(tensor, i) * 11) - 2;
        else if (data == CHECK_LARGE)
            values[i] *= 100;
        else if (data == CHECK_NANS && i % 7 == 3)
            values[i] = NAN;
    }
}

static void fill_labels(const struct trial *trial, uint32_t *labels)
{
    const uint32_t classes = trial->io.in[0].dim[1];
    for (uint32_t i = 0; i < trial->io.in[1].dim[0]; i++)
        labels[i] = rng_bits(SEED, RNG_DATA, TENSOR_COUNT, i) % classes;
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
    };
    memcpy(trial->host[TENSOR_STEP], &trial->step, sizeof trial->step);
}

void trial_fill_inputs(struct trial *trial)
{
    const enum op_kind kind = trial->check->op->kind;
    const bool has_labels = kind == OP_LOSS || kind == OP_METRIC;
    for (int i = 0; i < TENSOR_COMPARED; i++) {
        const bool is_input = i < TENSOR_OUT;
        const uint32_t count = (uint32_t)trial_count(trial, i);
        if (trial->is_given[i])
            fill_input(trial->host[i], count, i,
                       is_input ? trial->check->test->data : CHECK_UNIFORM);
    }
    if (has_labels)
        fill_labels(trial, trial->host[TENSOR_IN + 1]);
    for (uint32_t i = 0; i < trial->io.weight_count; i++) {
        float *values = trial->host[TENSOR_WEIGHT + i];
        if (strcmp(trial->io.weight[i].name, "moving_variance") == 0)
            for (uint64_t k = 0; k < trial_count(trial, TENSOR_WEIGHT + (int)i); k++)
                values[k] = 1 + 0.5f * values[k];
    }
    fill_step(trial);
}
