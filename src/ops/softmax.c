// Softmax over the last axis of any shape.
//
//   y = exp(x - m) / sum of exp(x - m), m the row's maximum
//   dx = y * (dy - sum of y * dy)
//
// Two passes each way: sums of parts of rows, then an invocation an element that adds them up.
#include "ops/op.h"
#include "ops/elementwise.h"
#include "ops/softmax_parts.h"
#include "abi/softmax.h"
#include "shaders.h"

static const struct field fields[] = {{0}};

static const struct kernel forward_kernel = {
    KERNEL(softmax_fwd),
    .push_size = sizeof(struct softmax_push),
    .access = {[SOFTMAX_FWD_X] = ACCESS_READ,
               [SOFTMAX_FWD_PARTS] = ACCESS_READ,
               [SOFTMAX_FWD_Y] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel dots_kernel = {
    KERNEL(softmax_dots),
    .push_size = sizeof(struct softmax_push),
    .access = {[SOFTMAX_DOTS_Y] = ACCESS_READ,
               [SOFTMAX_DOTS_DY] = ACCESS_READ,
               [SOFTMAX_DOTS_DOTS] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel backward_kernel = {
    KERNEL(softmax_bwd),
    .push_size = sizeof(struct softmax_push),
    .access = {[SOFTMAX_BWD_Y] = ACCESS_READ,
               [SOFTMAX_BWD_DY] = ACCESS_READ,
               [SOFTMAX_BWD_DOTS] = ACCESS_READ,
               [SOFTMAX_BWD_DX] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel *const kernels[] = {&softmax_parts_kernel, &forward_kernel, &dots_kernel,
                                               &backward_kernel, NULL};

static vktl_status infer(const struct vktl_log *log, const void *params, struct op_io *io)
{
    (void)log, (void)params;
    const uint64_t count = shape_count(&io->in[0]);
    const uint32_t columns = io->in[0].dim[io->in[0].rank - 1];
    const struct softmax_push push = softmax_push_of((uint32_t)(count / columns), columns);
    OP_SET_PUSH(io, push);
    io->out = io->in[0];
    io->forward_scratch_size = softmax_parts_size(&push);
    io->backward_scratch_size = (uint64_t)push.rows * push.parts * sizeof(float);
    io->backward_reads_out = true;
    io->flops = 32 * count;
    return VKTL_OK;
}

static void forward(struct recorder *recorder, const struct op_call *call)
{
    const struct softmax_push *push = OP_PUSH(softmax_push, call->io);
    record_softmax_parts(recorder, push, call->in[0], call->scratch);
    record_dispatch(recorder, &forward_kernel,
                    &(struct dispatch){
                        .bind = {[SOFTMAX_FWD_X] = call->in[0],
                                 [SOFTMAX_FWD_PARTS] = call->scratch,
                                 [SOFTMAX_FWD_Y] = call->out},
                        .push = push,
                        .threads = {push->rows * push->columns},
                        .flops = call->io->flops / 2,
                    });
}

static void backward(struct recorder *recorder, const struct op_call *call)
{
    const struct softmax_push *push = OP_PUSH(softmax_push, call->io);
    if (!slice_exists(call->din[0]))
        return;
    record_dispatch(recorder, &dots_kernel,
                    &(struct dispatch){
                        .bind = {[SOFTMAX_DOTS_Y] = call->out,
                                 [SOFTMAX_DOTS_DY] = call->dout,
                                 [SOFTMAX_DOTS_DOTS] = call->scratch},
                        .push = push,
                        .threads = {push->rows * push->parts},
                        .flops = call->io->flops / 16,
                    });
    record_dispatch(recorder, &backward_kernel,
                    &(struct dispatch){
                        .bind = {[SOFTMAX_BWD_Y] = call->out,
                                 [SOFTMAX_BWD_DY] = call->dout,
                                 [SOFTMAX_BWD_DOTS] = call->scratch,
                                 [SOFTMAX_BWD_DX] = call->din[0]},
                        .push = push,
                        .threads = {push->rows * push->columns},
                        .flops = call->io->flops / 16,
                    });
}

const struct op op_softmax = {
    .name = "softmax",
    .keras_class = "Softmax",
    .fields = fields,
    .may_overwrite_in = true,
    .kernels = kernels,
    .infer = infer,
    .forward = forward,
    .backward = backward,
};
