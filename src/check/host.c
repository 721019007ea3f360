// Responsible for running references, and for checking their gradients by finite differences.
#include "check/trial.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"

static struct reference_call call_of(const struct trial *trial, void *const *data)
{
    struct reference_call call = {
        .push = trial->io.push,
        .out = data[TENSOR_OUT],
        .saved = data[TENSOR_SAVED],
        .step = &trial->step,
        .stream = CHECK_STREAM,
        .activation_taken = trial->io.activation_taken,
        .dout = data[TENSOR_DOUT],
    };
    for (int i = 0; i < OP_MAX_INPUTS; i++) {
        call.in[i] = data[TENSOR_IN + i];
        call.din[i] = data[TENSOR_DIN + i];
    }
    for (int i = 0; i < OP_MAX_WEIGHTS; i++) {
        call.weight[i] = data[TENSOR_WEIGHT + i];
        call.dweight[i] = data[TENSOR_DWEIGHT + i];
    }
    return call;
}

void trial_run_reference(struct trial *trial, void *gpu_out)
{
    struct reference_call call = call_of(trial, trial->host);
    trial->check->reference->forward(&call);
    if (!trial->has_backward)
        return;
    call.out = gpu_out;
    trial->check->reference->backward(&call);
}

// ---- Finite differences ------------------------------------------------------------------------
//
// With L = sum of dout * out, and x moved to x + d and x - d, L(x + d) - L(x - d) must be the sum
// of gradient * 2d. d is so small that no value of fill_distinct passes another, and the few
// elements that this allows keep float32's rounding of `out` small beside it. A loss has no kinks
// to pass, and needs larger steps: it is a sum of few numbers.

enum { MAX_ELEMENTS = 20000 };

static const double gradient_step_max = 1e-4, loss_step = 1e-3;

// The gradient's tensor of what may be moved; 0 for others.
static int gradient_of(const struct trial *trial, int tensor)
{
    int gradient = 0;
    if (tensor < TENSOR_OUT)
        gradient = TENSOR_DIN + tensor - TENSOR_IN;
    else if (tensor >= TENSOR_WEIGHT && tensor < TENSOR_SAVED)
        gradient = TENSOR_DWEIGHT + tensor - TENSOR_WEIGHT;
    return gradient && trial->size[gradient] ? gradient : 0;
}

static double direction(int tensor, uint64_t element)
{
    return 2 * rng_uniform(1, RNG_DATA, (uint32_t)tensor, element) - 1;
}

struct sums {
    double expected; // sum of gradient * 2d
    double squares;  // of its terms: how large such a sum is
};

static void move(const struct trial *trial, int tensor, float *plus, float *minus,
                 struct sums *sums)
{
    const uint64_t count = trial_count(trial, tensor);
    const float *from = trial->host[tensor];
    const float *gradient = trial->host[gradient_of(trial, tensor)];
    const bool is_loss = trial->check->op->kind == OP_LOSS;
    const double step = is_loss ? loss_step : fmin(gradient_step_max, 0.2 / (double)count);
    for (uint64_t i = 0; i < count; i++) {
        const double change = step * direction(tensor, i);
        plus[i] = (float)(from[i] + change);
        minus[i] = (float)(from[i] - change);
        const double term = gradient[i] * ((double)plus[i] - minus[i]); // as rounded
        sums->expected += term;
        sums->squares += term * term;
    }
}

static double weighted_output(const struct trial *trial, void *const *data)
{
    const struct reference_call call = call_of(trial, data);
    const float *dout = trial->host[TENSOR_DOUT];
    double sum = 0;
    trial->check->reference->forward(&call);
    for (uint64_t i = 0; i < trial_count(trial, TENSOR_OUT); i++)
        sum += (double)call.out[i] * (dout ? dout[i] : trial->step.rows_inverse);
    return sum;
}

static bool can_differentiate(const struct trial *trial)
{
    uint64_t count = 0;
    for (int i = 0; i < TENSOR_SAVED; i++)
        count += trial_count(trial, i);
    return trial->has_backward && trial->check->test->data == CHECK_UNIFORM &&
           !trial->io.activation_taken && count <= MAX_ELEMENTS;
}

vktl_status trial_gradient_error(struct trial *trial, double *error)
{
    void *plus[TENSOR_COUNT], *minus[TENSOR_COUNT];
    struct sums sums = {0};
    vktl_status status;
    *error = -1;
    if (!can_differentiate(trial))
        return VKTL_OK;
    // Gradients at the reference's own output.
    trial_run_reference(trial, trial->host[TENSOR_OUT]);
    memcpy(plus, trial->host, sizeof plus);
    memcpy(minus, trial->host, sizeof minus);
    void *out = arena_alloc(&trial->arena, trial->size[TENSOR_OUT]);
    TRY_ALLOC(trial->check->log, out);
    plus[TENSOR_OUT] = minus[TENSOR_OUT] = out;
    for (int i = 0; i < TENSOR_SAVED; i++) {
        if (!gradient_of(trial, i))
            continue;
        plus[i] = arena_alloc(&trial->arena, trial->size[i]);
        minus[i] = arena_alloc(&trial->arena, trial->size[i]);
        TRY_ALLOC(trial->check->log, plus[i]);
        TRY_ALLOC(trial->check->log, minus[i]);
        move(trial, i, plus[i], minus[i], &sums);
    }
    const double difference = weighted_output(trial, plus) - weighted_output(trial, minus);
    // Where all gradients are 0 the output must not move either.
    *error = fabs(difference - sums.expected) / (sqrt(sums.squares) + 1e-9);
    return VKTL_OK;
fail:
    return status;
}
