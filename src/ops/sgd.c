// Stochastic gradient descent, as in Keras. g is the gradient, lr the step's learning rate:
//
//   w -= w * weight_decay * lr                       decoupled decay (Loshchilov, Hutter 2019)
//   v  = momentum * v - lr * g;  w += v              momentum
//                                w += momentum * v - lr * g      with nesterov
//   w -= lr * g                                      momentum 0
//
// lr is the step's learning rate times learning_rate_factor. With clip_norm, g is scaled so that
// the norm of all gradients together is at most that (Keras's global_clipnorm): in[1] holds the sum
// of their squares. `saved` is v; whoever owns it sets it to 0 before the first step. Without
// momentum there is none. With loss_scaled, g is divided by the loss scale first, and nothing is
// updated where in[1] is not finite.
#include "ops/op.h"
#include "ops/elementwise.h"
#include "abi/sgd.h"
#include "shaders.h"

struct params {
    float momentum, weight_decay, learning_rate_factor, clip_norm;
    uint32_t nesterov, loss_scaled;
};

static const struct field fields[] = {
    {"momentum", offsetof(struct params, momentum), FIELD_F32, 0, 0, 1, "",
     "how much of the last step is kept"},
    {"nesterov", offsetof(struct params, nesterov), FIELD_BOOL, 0, 0, 1, "",
     "look one step of momentum ahead"},
    {"weight_decay", offsetof(struct params, weight_decay), FIELD_F32, 0, 0, 1, "",
     "fraction of each weight lost a step, times the learning rate"},
    {"learning_rate_factor", offsetof(struct params, learning_rate_factor), FIELD_F32, 1, 0, 1e6,
     "", "what the learning rate is multiplied by"},
    {"clip_norm", offsetof(struct params, clip_norm), FIELD_F32, 0, 0, 1e30, "",
     "largest norm of all gradients together; 0 does not clip"},
    {"loss_scaled", offsetof(struct params, loss_scaled), FIELD_BOOL, 0, 0, 1, "",
     "gradients are those of the loss times a scale"},
    {0},
};

static const struct kernel plain_kernel = {
    KERNEL(sgd),
    .push_size = sizeof(struct sgd_push),
    .access = {[SGD_STEP] = ACCESS_READ,
               [SGD_SQUARES] = ACCESS_READ,
               [SGD_DW] = ACCESS_READ,
               [SGD_W] = ACCESS_READ_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel momentum_kernel = {
    KERNEL(sgd_momentum),
    .push_size = sizeof(struct sgd_push),
    .access = {[SGD_MOMENTUM_STEP] = ACCESS_READ,
               [SGD_MOMENTUM_SQUARES] = ACCESS_READ,
               [SGD_MOMENTUM_DW] = ACCESS_READ,
               [SGD_MOMENTUM_W] = ACCESS_READ_WRITE,
               [SGD_MOMENTUM_V] = ACCESS_READ_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const char *const state_names[] = {"velocity", NULL};

static const struct kernel *const kernels[] = {&plain_kernel, &momentum_kernel, NULL};

static vktl_status infer(const struct vktl_log *log, const void *params, struct op_io *io)
{
    (void)log;
    const struct params *p = params;
    const uint64_t count = shape_count(&io->in[0]);
    io->weight[0] = (struct op_weight){.name = "weight", .shape = io->in[0], .trainable = true};
    io->weight_count = 1;
    io->saved_size = p->momentum > 0 ? count * sizeof(float) : 0;
    io->flops = 6 * count;
    const struct sgd_push push = {
        .count = (uint32_t)count,
        .nesterov = p->nesterov,
        .momentum = p->momentum,
        .weight_decay = p->weight_decay,
        .rate_factor = p->learning_rate_factor,
        .clip_norm = p->clip_norm,
        .is_scaled = p->loss_scaled,
    };
    OP_SET_PUSH(io, push);
    return VKTL_OK;
}

static void forward(struct recorder *recorder, const struct op_call *call)
{
    const struct sgd_push *push = OP_PUSH(sgd_push, call->io);
    const bool reads_squares = push->clip_norm > 0 || push->is_scaled;
    struct dispatch dispatch = {
        .bind = {[SGD_MOMENTUM_STEP] = call->step,
                 [SGD_MOMENTUM_SQUARES] = reads_squares ? call->in[1] : call->dweight[0],
                 [SGD_MOMENTUM_DW] = call->dweight[0],
                 [SGD_MOMENTUM_W] = call->weight[0],
                 [SGD_MOMENTUM_V] = call->saved},
        .push = push,
        .threads = {elementwise_run_threads(push->count)},
        .flops = call->io->flops,
    };
    record_dispatch(recorder, push->momentum > 0 ? &momentum_kernel : &plain_kernel, &dispatch);
}

const struct op op_sgd = {
    .name = "sgd",
    .kind = OP_OPTIMIZER,
    .fields = fields,
    .params_size = sizeof(struct params),
    .kernels = kernels,
    .infer = infer,
    .forward = forward,
    .state_names = state_names,
};
