// Flatten: (N, H, W, C) as (N, H * W * C). The same bytes: nothing runs.
#include "ops/op.h"

static const struct field fields[] = {{0}};

static vktl_status infer(const struct vktl_log *log, const void *params, struct op_io *io)
{
    (void)log, (void)params;
    const uint32_t batch = io->in[0].dim[0];
    io->out = shape_2d(batch, (uint32_t)(shape_count(&io->in[0]) / batch));
    return VKTL_OK;
}

const struct op op_flatten = {
    .name = "flatten",
    .keras_class = "Flatten",
    .kind = OP_VIEW,
    .fields = fields,
    .infer = infer,
};
