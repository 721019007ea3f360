// Rectified linear unit with a ceiling of 6, over any shape.
//
//   y = min(max(x, 0), 6)        dx = dy where 0 < y < 6, else 0
//
// Keras has no class of its own for it: it is ReLU(max_value=6) there, or the activation "relu6".
#include "ops/op.h"
#include "ops/elementwise.h"
#include "abi/relu6.h"
#include "shaders.h"

static const struct field fields[] = {{0}};

static const struct kernel forward_kernel = {
    KERNEL(relu6_fwd),
    .push_size = sizeof(struct relu6_push),
    .access = {[RELU6_FWD_X] = ACCESS_READ, [RELU6_FWD_Y] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel backward_kernel = {
    KERNEL(relu6_bwd),
    .push_size = sizeof(struct relu6_push),
    .access =
        {[RELU6_BWD_Y] = ACCESS_READ, [RELU6_BWD_DY] = ACCESS_READ, [RELU6_BWD_DX] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel *const kernels[] = {&forward_kernel, &backward_kernel, NULL};

static vktl_status infer(const struct vktl_log *log, const void *params, struct op_io *io)
{
    (void)log, (void)params;
    io->out = io->in[0];
    io->backward_reads_out = true;
    io->flops = 2 * shape_count(&io->out);
    const struct relu6_push push = {.count = (uint32_t)shape_count(&io->out)};
    OP_SET_PUSH(io, push);
    return VKTL_OK;
}

static void forward(struct recorder *recorder, const struct op_call *call)
{
    const struct relu6_push *push = OP_PUSH(relu6_push, call->io);
    record_dispatch(recorder, &forward_kernel,
                    &(struct dispatch){
                        .bind = {[RELU6_FWD_X] = call->in[0], [RELU6_FWD_Y] = call->out},
                        .push = push,
                        .threads = {push->count},
                        .flops = call->io->flops,
                    });
}

static void backward(struct recorder *recorder, const struct op_call *call)
{
    const struct relu6_push *push = OP_PUSH(relu6_push, call->io);
    if (!slice_exists(call->din[0]))
        return;
    record_dispatch(recorder, &backward_kernel,
                    &(struct dispatch){
                        .bind = {[RELU6_BWD_Y] = call->out,
                                 [RELU6_BWD_DY] = call->dout,
                                 [RELU6_BWD_DX] = call->din[0]},
                        .push = push,
                        .threads = {push->count},
                        .flops = call->io->flops,
                    });
}

const struct op op_relu6 = {
    .name = "relu6",
    .fields = fields,
    .may_overwrite_in = true,
    .kernels = kernels,
    .infer = infer,
    .forward = forward,
    .backward = backward,
};
