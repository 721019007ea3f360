// Reference of dropout: y = keep ? x / (1 - rate) : 0; keep = u >= rate.
//
// Element i's u is word i % 4 of Philox with counter (purpose, step, i / 4, stream), upper 24 bits;
// i counts from the first row of the step, which may have come in an earlier run.
#include "reference/reference.h"
#include "base/rng.h"
#include "abi/dropout.h"
#include "abi/step.h"

static float uniform(const struct reference_call *call, uint64_t i)
{
    const uint32_t key[2] = {call->step->seed_low, call->step->seed_high};
    const uint32_t counter[4] = {RNG_DROPOUT, call->step->number, (uint32_t)(i / 4), call->stream};
    uint32_t words[4];
    philox4x32(words, counter, key);
    return (float)(words[i % 4] >> 8) / 16777216;
}

static void mask(const struct reference_call *call, const float *from, float *to)
{
    const struct dropout_push *push = call->push;
    const uint64_t before = (uint64_t)call->step->first_row * push->row_length;
    for (uint32_t i = 0; i < push->count; i++)
        to[i] = uniform(call, before + i) >= push->rate ? (float)(from[i] / (1.0 - push->rate)) : 0;
}

static void forward(const struct reference_call *call)
{
    mask(call, call->in[0], call->out);
}

static void backward(const struct reference_call *call)
{
    mask(call, call->dout, call->din[0]);
}

const struct reference reference_dropout = {"dropout", forward, backward};
