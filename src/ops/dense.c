// Fully connected layer over rows (N, K), with bias and an activation.
//
//   y[n, u]  = act(b[u] + sum over k of x[n, k] * w[k, u])
//
//   dz[n, u] = dy where y > 0 or there is no activation, else 0
//   dx[n, k] = sum over u of dz[n, u] * w[k, u]
//   dw[k, u] = sum over n of x[n, k] * dz[n, u]
//   db[u]    = sum over n of dz
//
// Batches are small and w is large, so there are few tiles of y and dx to share out: their sums are
// split into parts, which a second kernel adds in a fixed order.
#include "ops/elementwise.h"
#include "ops/expect.h"
#include "ops/flip.h"
#include "ops/product.h"
#include "ops/sum_rows.h"
#include "abi/dense.h"
#include "shaders.h"

struct dense_params {
    uint32_t units, use_bias, activation;
};

static const struct field fields[] = {
    {"units", offsetof(struct dense_params, units), FIELD_U32, 1, 1, 1 << 20, "", "outputs"},
    {"use_bias", offsetof(struct dense_params, use_bias), FIELD_BOOL, 1, 0, 1, "",
     "add a number to each output"},
    {"activation", offsetof(struct dense_params, activation), FIELD_CHOICE, ACTIVATION_LINEAR, 0, 0,
     "", "what is applied to the sums", product_activations},
    {0},
};

// ---- Kernels -----------------------------------------------------------------------------------

static const struct kernel forward_kernels[PRODUCT_VARIANTS] =
    PRODUCT_MIXED_KERNELS(dense_fwd, dense_push,
                          {[DENSE_FWD_X] = ACCESS_READ,
                           [DENSE_FWD_W] = ACCESS_READ,
                           [DENSE_FWD_B] = ACCESS_READ,
                           [DENSE_FWD_Y] = ACCESS_WRITE});

// Tiles of 4 rows instead of 16, on CPU drivers.
static const struct kernel few_rows_kernels[PRODUCT_VARIANTS] =
    PRODUCT_LANES_KERNELS(dense_fwd_lanes_few, dense_push,
                          {[DENSE_FWD_X] = ACCESS_READ,
                           [DENSE_FWD_W] = ACCESS_READ,
                           [DENSE_FWD_B] = ACCESS_READ,
                           [DENSE_FWD_Y] = ACCESS_WRITE});

static const struct kernel finish_kernel = {
    KERNEL(dense_finish),
    .push_size = sizeof(struct dense_push),
    .access = {[DENSE_FINISH_SUMS] = ACCESS_READ,
               [DENSE_FINISH_B] = ACCESS_READ,
               [DENSE_FINISH_Y] = ACCESS_WRITE},
    .local = {ELEMENTWISE_LOCAL},
};

static const struct kernel dx_kernels[PRODUCT_VARIANTS] = PRODUCT_MIXED_KERNELS(
    dense_dx, dense_push,
    {[DENSE_DX_DY] = ACCESS_READ, [DENSE_DX_W] = ACCESS_READ, [DENSE_DX_DX] = ACCESS_WRITE});

static const struct kernel dw_kernels[PRODUCT_VARIANTS] = PRODUCT_MIXED_KERNELS(
    dense_dw, dense_push,
    {[DENSE_DW_X] = ACCESS_READ, [DENSE_DW_DY] = ACCESS_READ, [DENSE_DW_DW] = ACCESS_WRITE});

static const struct kernel *const kernels[] = {PRODUCT_LIST(forward_kernels),
                                               &few_rows_kernels[PRODUCT_LANES4],
                                               &few_rows_kernels[PRODUCT_LANES8],
                                               &finish_kernel,
                                               &flip_kernel,
                                               PRODUCT_LIST(dx_kernels),
                                               PRODUCT_LIST(dw_kernels),
                                               &product_mask_kernels[0],
                                               &product_mask_kernels[1],
                                               &sum_rows_kernel,
                                               NULL};

// What a workgroup computes on CPU drivers where it is not the usual tile.
static const struct product_tile dx_lanes_tile = {8, 8};
enum { FEW_ROWS = 4 };

// ---- Algorithms --------------------------------------------------------------------------------

enum { FORWARD_HALVES, FORWARD_FEW, FORWARD_DIRECT };

static bool has_lanes(const struct op_io *io)
{
    return op_lanes(io->device) > 0;
}

// Measured for 8 rows, times as fast as tiles of 16: 1.0 to 1.1 with 8 lanes, 1.3 to 1.6 with 4.
static bool has_few_rows(const struct op_io *io)
{
    return io->in[0].dim[0] <= 2 * FEW_ROWS;
}

static const struct op_algorithm forward_algorithms[] = {
    [FORWARD_HALVES] = PRODUCT_HALVES,
    [FORWARD_FEW] = {"rows4", has_lanes, has_few_rows},
    [FORWARD_DIRECT] = {"direct", NULL, NULL},
    {0},
};

// The direct way of CPU drivers adds the units lane by lane, so that the order of the sum is that
// of a number of lanes; with w turned it is that of forward, and of GPUs.
enum { DX_HALVES, DX_TURNED, DX_DIRECT };
static const struct op_algorithm dx_algorithms[] = {
    [DX_HALVES] = PRODUCT_HALVES,
    [DX_TURNED] = {"turned", has_lanes, op_is_strict},
    [DX_DIRECT] = {"direct", NULL, NULL},
    {0},
};

static const struct op_algorithm dw_algorithms[] = {
    PRODUCT_HALVES,
    {"direct", NULL, NULL},
    {0},
};

// ---- Shapes ------------------------------------------------------------------------------------

// Parts of sums over `length` for a result of rows by columns: enough to keep a large GPU busy,
// each long enough to be worth its memory, and short enough for CPU drivers that stop an invocation
// after 65,535 iterations.
static uint32_t part_length(uint32_t rows, uint32_t columns, uint32_t length)
{
    enum { GROUPS_WANTED = 512, MIN_LENGTH = 256, MAX_LENGTH = 1 << 17 };
    const struct product_tile tile = product_tiles[PRODUCT_TILES - 1];
    const uint64_t tiles =
        ((uint64_t)(rows - 1) / tile.rows + 1) * ((uint64_t)(columns - 1) / tile.columns + 1);
    const uint64_t parts = tiles < GROUPS_WANTED ? GROUPS_WANTED / tiles : 1;
    uint64_t part = ((length - 1) / parts / MIN_LENGTH + 1) * MIN_LENGTH;
    part = part < MAX_LENGTH ? part : MAX_LENGTH;
    return (uint32_t)(part < length ? part : length);
}

static uint64_t parts_size(uint32_t parts, uint32_t rows, uint32_t columns)
{
    return parts == 1 ? 0 : (uint64_t)parts * rows * columns * sizeof(float);
}

static uint64_t turned_size(const struct dense_push *push)
{
    return (uint64_t)push->inputs * push->units * sizeof(float);
}

static uint64_t backward_scratch_size(const struct dense_push *push, const struct op_io *io)
{
    return product_scratch_size(io->backward_reads_out ? shape_size(&io->out) : 0) +
           product_scratch_size(parts_size(push->dx_parts, push->batch, push->inputs)) +
           (io->algorithm[OP_DX] == DX_TURNED ? product_scratch_size(turned_size(push)) : 0) +
           product_scratch_size(sum_rows_scratch_size(push->batch, push->units));
}

static void set_weights(const struct dense_push *push, struct op_io *io)
{
    io->weight[0] = (struct op_weight){
        .name = "kernel",
        .shape = shape_2d(push->inputs, push->units),
        .init = WEIGHT_GLOROT_UNIFORM,
        .fan_in = push->inputs,
        .fan_out = push->units,
        .trainable = true,
    };
    io->weight[1] = (struct op_weight){
        .name = "bias", .shape = shape_1d(push->units), .init = WEIGHT_ZEROS, .trainable = true};
    io->weight_count = push->has_bias ? 2 : 1;
}

static vktl_status check_sizes(const struct vktl_log *log, const struct op_io *io)
{
    enum { MAX_BATCH = 65535 }; // dw's sums are not split
    const struct shape *shape = &io->weight[0].shape;
    if (!shape_is_sane(shape))
        return log_fail(log, VKTL_INPUT,
                        "dense: %u inputs and %u units make a matrix that is too large; pool the "
                        "image first or take fewer units",
                        shape->dim[0], shape->dim[1]);
    if (io->in[0].dim[0] > MAX_BATCH)
        return log_fail(log, VKTL_INPUT, "dense: takes batches of at most %d rows, not %u",
                        MAX_BATCH, io->in[0].dim[0]);
    return VKTL_OK;
}

static vktl_status infer(const struct vktl_log *log, const void *void_params, struct op_io *io)
{
    vktl_status status;
    const struct dense_params *params = void_params;
    TRY(expect_rows(log, "dense", io));
    io->out = shape_2d(io->in[0].dim[0], params->units);
    TRY(expect_sane(log, "dense", io));
    struct dense_push push = {
        .batch = io->in[0].dim[0],
        .inputs = io->in[0].dim[1],
        .units = params->units,
        .has_bias = params->use_bias,
        .activation = params->activation,
    };
    set_weights(&push, io);
    TRY(check_sizes(log, io));
    push.fwd_length = part_length(push.batch, push.units, push.inputs);
    push.fwd_parts = (push.inputs - 1) / push.fwd_length + 1;
    push.dx_length = part_length(push.batch, push.inputs, push.units);
    push.dx_parts = (push.units - 1) / push.dx_length + 1;
    OP_SET_PUSH(io, push);
    op_choose(&op_dense, io);
    io->backward_reads_in = true;
    io->activation = push.activation;
    io->backward_reads_out = io->activation && !io->activation_taken;
    io->forward_scratch_size = parts_size(push.fwd_parts, push.batch, push.units);
    io->backward_scratch_size = backward_scratch_size(&push, io);
    io->flops = 2 * shape_count(&io->out) * push.inputs;
    return VKTL_OK;
fail:
    return status;
}

// ---- Forward -----------------------------------------------------------------------------------

static void forward(struct recorder *recorder, const struct op_call *call)
{
    const struct dense_push *push = OP_PUSH(dense_push, call->io);
    const enum product_variant variant = product_variant_of(recorder, call->io, OP_FORWARD);
    const struct slice bias = push->has_bias ? call->weight[1] : call->weight[0];
    const bool few_rows = call->io->algorithm[OP_FORWARD] == FORWARD_FEW;
    struct product_tile tile = product_tile_of(variant);
    struct slice scratch = call->scratch, sums = call->out;
    if (few_rows)
        tile.rows = FEW_ROWS;
    if (push->fwd_parts > 1)
        sums = product_scratch_take(&scratch, call->io->forward_scratch_size);
    const struct product_size size = {
        push->fwd_parts, push->batch, push->units, {push->inputs, push->units}};
    struct dispatch dispatch = {
        .bind = {[DENSE_FWD_X] = call->in[0],
                 [DENSE_FWD_W] = call->weight[0],
                 [DENSE_FWD_B] = bias,
                 [DENSE_FWD_Y] = sums},
        .push = push,
        .flops = call->io->flops,
    };
    product_dispatch(recorder_info(recorder), variant, tile, &size, &dispatch);
    record_dispatch(recorder, few_rows ? &few_rows_kernels[variant] : &forward_kernels[variant],
                    &dispatch);
    if (push->fwd_parts == 1)
        return;
    record_dispatch(
        recorder, &finish_kernel,
        &(struct dispatch){
            .bind =
                {[DENSE_FINISH_SUMS] = sums, [DENSE_FINISH_B] = bias, [DENSE_FINISH_Y] = call->out},
            .push = push,
            .threads = {push->batch * push->units},
            .flops = (uint64_t)push->fwd_parts * push->batch * push->units,
        });
}

// ---- Backward ----------------------------------------------------------------------------------

// The parts of dx as those of forward, of dy by the turned weights.
static void record_dx_turned(struct recorder *recorder, const struct op_call *call, struct slice dy,
                             struct slice *scratch, struct slice to)
{
    const struct dense_push *push = OP_PUSH(dense_push, call->io);
    const enum product_variant variant = product_variant_of(recorder, call->io, OP_DX);
    const struct slice turned = product_scratch_take(scratch, turned_size(push));
    // The axes of w are exchanged as those of a convolution of one cell.
    const struct conv2d_push one_cell = {.in_c = push->inputs,
                                         .out_c = push->units,
                                         .kernel_h = 1,
                                         .kernel_w = 1,
                                         .stride_h = 1,
                                         .stride_w = 1};
    const struct dense_push as_forward = {.batch = push->batch,
                                          .inputs = push->units,
                                          .units = push->inputs,
                                          .fwd_length = push->dx_length,
                                          .fwd_parts = push->dx_parts};
    const struct product_size size = {
        push->dx_parts, push->batch, push->inputs, {push->inputs, push->units}};
    struct dispatch dispatch = {
        .bind = {[DENSE_FWD_X] = dy,
                 [DENSE_FWD_W] = turned,
                 [DENSE_FWD_B] = turned,
                 [DENSE_FWD_Y] = to},
        .push = &as_forward,
        .flops = call->io->flops,
    };
    record_flip(recorder, &one_cell, call->weight[0], turned);
    product_dispatch(recorder_info(recorder), variant, product_tile_of(variant), &size, &dispatch);
    record_dispatch(recorder, &forward_kernels[variant], &dispatch);
}

static void record_dx_direct(struct recorder *recorder, const struct op_call *call, struct slice dy,
                             struct slice to)
{
    const struct dense_push *push = OP_PUSH(dense_push, call->io);
    const enum product_variant variant = product_variant_of(recorder, call->io, OP_DX);
    const struct product_size size = {
        push->dx_parts, push->batch, push->inputs, {push->inputs, push->units}};
    struct dispatch dispatch = {
        .bind = {[DENSE_DX_DY] = dy, [DENSE_DX_W] = call->weight[0], [DENSE_DX_DX] = to},
        .push = push,
        .flops = call->io->flops,
    };
    product_dispatch(recorder_info(recorder), variant, dx_lanes_tile, &size, &dispatch);
    record_dispatch(recorder, &dx_kernels[variant], &dispatch);
}

static void record_dx(struct recorder *recorder, const struct op_call *call, struct slice dy,
                      struct slice *scratch)
{
    const struct dense_push *push = OP_PUSH(dense_push, call->io);
    struct slice to = call->din[0];
    if (push->dx_parts > 1)
        to = product_scratch_take(scratch, parts_size(push->dx_parts, push->batch, push->inputs));
    if (call->io->algorithm[OP_DX] == DX_TURNED)
        record_dx_turned(recorder, call, dy, scratch, to);
    else
        record_dx_direct(recorder, call, dy, to);
    if (push->dx_parts > 1)
        record_sum_of_parts(recorder, to, call->din[0], push->dx_parts, push->batch * push->inputs);
}

static void record_dw(struct recorder *recorder, const struct op_call *call, struct slice dy)
{
    const struct dense_push *push = OP_PUSH(dense_push, call->io);
    const enum product_variant variant = product_variant_of(recorder, call->io, OP_DW);
    const struct product_size size = {1, push->inputs, push->units, {push->inputs, push->units}};
    struct dispatch dispatch = {
        .bind = {[DENSE_DW_X] = call->in[0], [DENSE_DW_DY] = dy, [DENSE_DW_DW] = call->dweight[0]},
        .push = push,
        .flops = call->io->flops,
    };
    product_dispatch(recorder_info(recorder), variant, product_tile_of(variant), &size, &dispatch);
    record_dispatch(recorder, &dw_kernels[variant], &dispatch);
}

static void backward(struct recorder *recorder, const struct op_call *call)
{
    const struct dense_push *push = OP_PUSH(dense_push, call->io);
    const bool wants_dx = slice_exists(call->din[0]), wants_dw = slice_exists(call->dweight[0]);
    const bool wants_db = push->has_bias && slice_exists(call->dweight[1]);
    struct slice scratch = call->scratch, dy = call->dout;
    if (!wants_dx && !wants_dw && !wants_db)
        return;
    if (call->io->backward_reads_out) {
        dy = product_scratch_take(&scratch, shape_size(&call->io->out));
        record_product_mask(recorder, push->activation, call->out, call->dout, dy,
                            push->batch * push->units);
    }
    if (wants_dx)
        record_dx(recorder, call, dy, &scratch);
    if (wants_dw)
        record_dw(recorder, call, dy);
    if (wants_db)
        record_sum_rows(recorder, dy, call->dweight[1], scratch, push->batch, push->units);
}

const struct op op_dense = {
    .name = "dense",
    .keras_class = "Dense",
    .fields = fields,
    .params_size = sizeof(struct dense_params),
    .multiplies_halves = true,
    .kernels = kernels,
    .algorithms = {forward_algorithms, dx_algorithms, dw_algorithms},
    .infer = infer,
    .forward = forward,
    .backward = backward,
};
