// Adam (Kingma, Ba 2015), as in Keras: g is the gradient, t the number of this update from 1, and
// epsilon the paper's "epsilon hat".
//
//   w -= w * weight_decay * lr                     decoupled decay, none unless asked for
//   m += (g - m) * (1 - beta_1)
//   v += (g^2 - v) * (1 - beta_2)
//   w -= alpha * m / (sqrt(v) + epsilon),  alpha = lr * sqrt(1 - beta_2^t) / (1 - beta_1^t)
//
// What alpha multiplies lr by depends on t alone: the host computes it, in double, into
// step.bias_correction. lr is the step's learning rate times learning_rate_factor. With clip_norm,
// g is scaled so that the norm of all gradients together is at most that (Keras's global_clipnorm):
// in[1] holds the sum of their squares. `saved` is m, then v; whoever owns it sets it to 0 before
// the first step.
#include "ops/adam.h"
#include "ops/elementwise.h"
#include "abi/adam.h"
#include "shaders.h"

#include <math.h>

static const struct field fields[] = {ADAM_FIELDS(0), {0}};

static const struct kernel kernel = {
    KERNEL(adam),
    .push_size = sizeof(struct adam_push),
    .access = {[ADAM_STEP] = ACCESS_READ,
               [ADAM_SQUARES] = ACCESS_READ,
               [ADAM_DW] = ACCESS_READ,
               [ADAM_W] = ACCESS_READ_WRITE,
               [ADAM_STATE] = ACCESS_READ_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

const struct kernel *const adam_kernels[] = {&kernel, NULL};
const char *const adam_state_names[] = {"momentum", "velocity", NULL};

vktl_status adam_infer(const struct vktl_log *log, const void *params, struct op_io *io)
{
    (void)log;
    const struct adam_params *p = params;
    const uint64_t count = shape_count(&io->in[0]);
    io->weight[0] = (struct op_weight){.name = "weight", .shape = io->in[0], .trainable = true};
    io->weight_count = 1;
    io->saved_size = 2 * count * sizeof(float);
    io->flops = 16 * count;
    const struct adam_push push = {
        .count = (uint32_t)count,
        .one_minus_beta_1 = (float)(1 - (double)p->beta_1),
        .one_minus_beta_2 = (float)(1 - (double)p->beta_2),
        .epsilon = p->epsilon,
        .weight_decay = p->weight_decay,
        .rate_factor = p->learning_rate_factor,
        .clip_norm = p->clip_norm,
        .is_scaled = p->loss_scaled,
    };
    OP_SET_PUSH(io, push);
    return VKTL_OK;
}

void adam_forward(struct recorder *recorder, const struct op_call *call)
{
    const struct adam_push *push = OP_PUSH(adam_push, call->io);
    const bool reads_squares = push->clip_norm > 0 || push->is_scaled;
    record_dispatch(
        recorder, &kernel,
        &(struct dispatch){
            .bind = {[ADAM_STEP] = call->step,
                     [ADAM_SQUARES] = reads_squares ? call->in[1] : call->dweight[0],
                     [ADAM_DW] = call->dweight[0],
                     [ADAM_W] = call->weight[0],
                     [ADAM_STATE] = call->saved},
            .push = push,
            .threads = {elementwise_run_threads(push->count)},
            .flops = call->io->flops,
        });
}

double adam_bias_correction(const void *params, uint64_t t)
{
    const struct adam_params *p = params;
    return sqrt(1 - pow(p->beta_2, (double)t)) / (1 - pow(p->beta_1, (double)t));
}

const struct op op_adam = {
    .name = "adam",
    .kind = OP_OPTIMIZER,
    .fields = fields,
    .params_size = sizeof(struct adam_params),
    .kernels = adam_kernels,
    .infer = adam_infer,
    .forward = adam_forward,
    .state_names = adam_state_names,
    .bias_correction = adam_bias_correction,
};
