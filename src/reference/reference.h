// The operators again in plain C loops with double accumulators: what the shaders are checked
// against. Written to be read and believed, not to be fast; no code is shared with src/ops.
//
// A reference takes the geometry that the operator's abi header declares (struct <op>_push), and
// tensors in the shapes that the header states. Pure functions of their arguments; any thread.
#ifndef REFERENCE_REFERENCE_H
#define REFERENCE_REFERENCE_H

#include <stdbool.h>

#include "base/shape.h"
#include "abi/activation.h"

enum { REFERENCE_MAX_INPUTS = 2, REFERENCE_MAX_WEIGHTS = 4 };

struct step;

struct reference_call {
    const void *push;
    const float *in[REFERENCE_MAX_INPUTS]; // labels are uint32_t
    float *out;
    float *weight[REFERENCE_MAX_WEIGHTS]; // written by optimizers alone
    void *saved;                          // as the operator's `saved`; optimizer state
    const struct step *step;
    uint32_t stream; // random stream of the node
    bool activation_taken; // dout is the gradient before the activation already
    // backward; NULL where not wanted
    const float *dout;
    float *din[REFERENCE_MAX_INPUTS];
    float *dweight[REFERENCE_MAX_WEIGHTS];
};

// What conv2d, depthwise_conv2d and dense do with their sums (abi/activation.h), and whether a
// gradient passes where the result was `y`. A NaN stays one and lets nothing pass.
static inline double reference_activate(uint32_t activation, double y)
{
    if (activation != ACTIVATION_LINEAR && y < 0)
        return 0;
    return activation == ACTIVATION_RELU6 && y > 6 ? 6 : y;
}

static inline bool reference_passes(uint32_t activation, float y)
{
    return activation == ACTIVATION_LINEAR || (y > 0 && (activation == ACTIVATION_RELU || y < 6));
}

struct reference {
    const char *name; // the operator's
    void (*forward)(const struct reference_call *call);
    void (*backward)(const struct reference_call *call); // NULL: none
};

#define VKTL_OP(name) extern const struct reference reference_##name;
#include "ops/ops.def"
#undef VKTL_OP

const struct reference *reference_find(const char *name); // or NULL

#endif
