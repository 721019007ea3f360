// Sum of two tensors of one shape: residual connections, and gradients that meet.
//
//   y = a + b        da = dy, db = dy
#include "ops/op.h"
#include "ops/elementwise.h"
#include "abi/add.h"
#include "shaders.h"

static const struct field fields[] = {{0}};

static const struct kernel forward_kernel = {
    KERNEL(add_fwd),
    .push_size = sizeof(struct add_push),
    .access = {[ADD_FWD_A] = ACCESS_READ, [ADD_FWD_B] = ACCESS_READ, [ADD_FWD_Y] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel *const kernels[] = {&forward_kernel, NULL};

static vktl_status infer(const struct vktl_log *log, const void *params, struct op_io *io)
{
    (void)params;
    char a[SHAPE_TEXT_SIZE], b[SHAPE_TEXT_SIZE];
    if (io->in_count != 2)
        return log_fail(log, VKTL_INPUT, "add: needs two inputs, not %u", io->in_count);
    if (!shape_equal(&io->in[0], &io->in[1]))
        return log_fail(log, VKTL_INPUT, "add: needs two inputs of one shape, not %s and %s",
                        shape_text(&io->in[0], a), shape_text(&io->in[1], b));
    io->out = io->in[0];
    io->flops = shape_count(&io->out);
    const struct add_push push = {.count = (uint32_t)shape_count(&io->out)};
    OP_SET_PUSH(io, push);
    return VKTL_OK;
}

static void forward(struct recorder *recorder, const struct op_call *call)
{
    const struct add_push *push = OP_PUSH(add_push, call->io);
    record_dispatch(
        recorder, &forward_kernel,
        &(struct dispatch){
            .bind = {[ADD_FWD_A] = call->in[0], [ADD_FWD_B] = call->in[1], [ADD_FWD_Y] = call->out},
            .push = push,
            .threads = {push->count},
            .flops = call->io->flops,
        });
}

static bool same_slice(struct slice a, struct slice b)
{
    return a.chunk == b.chunk && a.offset == b.offset;
}

static void backward(struct recorder *recorder, const struct op_call *call)
{
    for (uint32_t i = 0; i < 2; i++)
        if (slice_exists(call->din[i]) && !same_slice(call->din[i], call->dout))
            record_copy(recorder, call->din[i], call->dout);
}

const struct op op_add = {
    .name = "add",
    .keras_class = "Add",
    .fields = fields,
    .may_overwrite_in = true,
    .kernels = kernels,
    .infer = infer,
    .forward = forward,
    .backward = backward,
};
