// Maximum of windows over images (N, H, W, C). Padding never counts.
//
//   y[n, oh, ow, c] = max over u, v of x[n, oh * stride - pad + u, ow * stride - pad + v, c]
//   dx[n, h, w, c]  = sum of the dy of the windows whose first maximum, in row-major order, is at
//                     (h, w)
//
// A NaN counts as larger than everything. Where the maxima were is saved, in two bits for windows
// of up to four cells, so that x, four times as large as y, need not live until backward: an
// activation that made x is undone here too, by y.
#include "ops/op.h"
#include "ops/elementwise.h"
#include "ops/pool2d.h"
#include "abi/activation.h"
#include "abi/maxpool2d.h"
#include "shaders.h"

static const struct kernel forward_kernel = {
    KERNEL(maxpool2d_fwd),
    .push_size = sizeof(struct pool2d_push),
    .access = {[MAXPOOL2D_FWD_X] = ACCESS_READ,
               [MAXPOOL2D_FWD_Y] = ACCESS_WRITE,
               [MAXPOOL2D_FWD_CODES] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel backward_kernel = {
    KERNEL(maxpool2d_bwd),
    .push_size = sizeof(struct pool2d_push),
    .access = {[MAXPOOL2D_BWD_CODES] = ACCESS_READ,
               [MAXPOOL2D_BWD_Y] = ACCESS_READ,
               [MAXPOOL2D_BWD_DY] = ACCESS_READ,
               [MAXPOOL2D_BWD_DX] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel *const kernels[] = {&forward_kernel, &backward_kernel, NULL};

static uint32_t code_bits(const struct pool2d_push *push)
{
    const uint32_t places = push->kernel_h * push->kernel_w;
    return places <= 4 ? 2 : places <= 16 ? 4 : places <= 256 ? 8 : 32;
}

static uint32_t words_of(uint32_t extent, uint32_t codes_log)
{
    return ((extent - 1) >> codes_log) + 1;
}

static uint32_t words_of_channels(const struct pool2d_push *push)
{
    return words_of(push->channels, MAXPOOL2D_CHANNELS_LOG(push->code_bits));
}

static uint32_t word_count(const struct pool2d_push *push)
{
    return push->batch * push->out_h *
           words_of(push->out_w, MAXPOOL2D_WINDOWS_LOG(push->code_bits)) * words_of_channels(push);
}

static vktl_status infer(const struct vktl_log *log, const void *params, struct op_io *io)
{
    vktl_status status;
    TRY(pool2d_infer(log, "maxpool2d", params, io));
    struct pool2d_push push = *OP_PUSH(pool2d_push, io);
    push.code_bits = code_bits(&push);
    push.in_activation = io->in_activation;
    OP_SET_PUSH(io, push);
    io->saved_size = (uint64_t)word_count(&push) * sizeof(uint32_t);
    io->backward_reads_out = push.in_activation != ACTIVATION_LINEAR;
fail:
    return status;
}

static void forward(struct recorder *recorder, const struct op_call *call)
{
    record_dispatch(recorder, &forward_kernel,
                    &(struct dispatch){
                        .bind = {[MAXPOOL2D_FWD_X] = call->in[0],
                                 [MAXPOOL2D_FWD_Y] = call->out,
                                 [MAXPOOL2D_FWD_CODES] = call->saved},
                        .push = call->io->push,
                        .threads = {word_count(OP_PUSH(pool2d_push, call->io))},
                        .flops = call->io->flops,
                    });
}

static void backward(struct recorder *recorder, const struct op_call *call)
{
    const struct pool2d_push *push = OP_PUSH(pool2d_push, call->io);
    if (!slice_exists(call->din[0]))
        return;
    record_dispatch(
        recorder, &backward_kernel,
        &(struct dispatch){
            .bind = {[MAXPOOL2D_BWD_CODES] = call->saved,
                     [MAXPOOL2D_BWD_Y] = push->in_activation ? call->out : call->dout,
                     [MAXPOOL2D_BWD_DY] = call->dout,
                     [MAXPOOL2D_BWD_DX] = call->din[0]},
            .push = push,
            .threads = {push->batch * push->in_h * ((push->in_w - 1) / MAXPOOL2D_RUN + 1) *
                        words_of_channels(push)},
            .flops = 2 * call->io->flops,
        });
}

const struct op op_maxpool2d = {
    .name = "maxpool2d",
    .keras_class = "MaxPooling2D",
    .fields = pool2d_fields,
    .params_size = sizeof(struct pool2d_params),
    .takes_in_activation = true,
    .kernels = kernels,
    .infer = infer,
    .forward = forward,
    .backward = backward,
};
