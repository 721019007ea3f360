// Dropout, inverted as in Keras: what is kept is scaled up, so that inference is the identity.
//
//   y = keep ? x / (1 - rate) : 0        dx = keep ? dy / (1 - rate) : 0
//   keep = u >= rate, u uniform in [0, 1)
//
// u is Philox4x32-10 of key = seed and counter = (purpose, step, element / 4, stream), word
// element % 4, upper 24 bits: backward and a resumed run draw the same mask, and none is saved.
// Elements are counted from the first row of the step, so that a batch in several runs is masked as
// it would be in one.
#include "ops/op.h"
#include "base/rng.h"
#include "ops/elementwise.h"
#include "abi/dropout.h"
#include "abi/random.h"
#include "shaders.h"

_Static_assert(RANDOM_DROPOUT == RNG_DROPOUT, "shaders and host count purposes alike");

struct params {
    float rate;
};

static const struct field fields[] = {
    {"rate", offsetof(struct params, rate), FIELD_F32, 0.5, 0, 0.9999, "",
     "fraction of the input that is dropped"},
    {0},
};

static const struct kernel mask_kernel = {
    KERNEL(dropout),
    .push_size = sizeof(struct dropout_push),
    .access = {[DROPOUT_STEP] = ACCESS_READ, [DROPOUT_X] = ACCESS_READ, [DROPOUT_Y] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel *const kernels[] = {&mask_kernel, NULL};

static vktl_status infer(const struct vktl_log *log, const void *params, struct op_io *io)
{
    (void)log;
    const struct params *p = params;
    io->out = io->in[0];
    io->flops = 20 * shape_count(&io->out); // mostly integer work
    const struct dropout_push push = {
        .count = (uint32_t)shape_count(&io->out),
        .row_length = (uint32_t)(shape_count(&io->out) / io->out.dim[0]),
        .rate = p->rate,
        .scale = 1 / (1 - p->rate),
    };
    OP_SET_PUSH(io, push);
    return VKTL_OK;
}

static void mask(struct recorder *recorder, const struct op_call *call, struct slice from,
                 struct slice to)
{
    struct dropout_push push = *OP_PUSH(dropout_push, call->io);
    push.stream = call->stream;
    record_dispatch(
        recorder, &mask_kernel,
        &(struct dispatch){
            .bind = {[DROPOUT_STEP] = call->step, [DROPOUT_X] = from, [DROPOUT_Y] = to},
            .push = &push,
            .threads = {(push.count - 1 + DROPOUT_PER_INVOCATION - 1) / DROPOUT_PER_INVOCATION +
                        1}, // the first may have one element alone
            .flops = call->io->flops,
        });
}

static void forward(struct recorder *recorder, const struct op_call *call)
{
    mask(recorder, call, call->in[0], call->out);
}

static void backward(struct recorder *recorder, const struct op_call *call)
{
    if (slice_exists(call->din[0]))
        mask(recorder, call, call->dout, call->din[0]);
}

const struct op op_dropout = {
    .name = "dropout",
    .keras_class = "Dropout",
    .kind = OP_TRAINING_ONLY,
    .fields = fields,
    .params_size = sizeof(struct params),
    .may_overwrite_in = true,
    .kernels = kernels,
    .infer = infer,
    .forward = forward,
    .backward = backward,
};
