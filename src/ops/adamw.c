// AdamW (Loshchilov, Hutter 2019), as in Keras: adam.c's Adam with decoupled weight decay by
// default.
#include "ops/adam.h"

static const struct field fields[] = {ADAM_FIELDS(0.004), {0}};

const struct op op_adamw = {
    .name = "adamw",
    .kind = OP_OPTIMIZER,
    .fields = fields,
    .params_size = sizeof(struct adam_params),
    .kernels = adam_kernels,
    .infer = adam_infer,
    .forward = adam_forward,
    .state_names = adam_state_names,
    .bias_correction = adam_bias_correction,
};
