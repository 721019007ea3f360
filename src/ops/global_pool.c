// Responsible for the fields, shapes and splits of pooling over whole images.
#include "ops/global_pool.h"
#include "ops/expect.h"

// Up to 32 x 32 cells are one sum; a GPU is filled by the batch and the channels then.
enum { MIN_PART_LENGTH = 1024 };

const struct field global_pool_fields[] = {
    {"keepdims", offsetof(struct global_pool_params, keepdims), FIELD_BOOL, 0, 0, 1, "",
     "keep height and width as axes of 1"},
    {0},
};

vktl_status global_pool_infer(const struct vktl_log *log, const char *op,
                              const struct global_pool_params *params, struct op_io *io,
                              struct split *split)
{
    const uint32_t *in = io->in[0].dim;
    vktl_status status;
    TRY(expect_image(log, op, io));
    io->out = params->keepdims ? shape_4d(in[0], 1, 1, in[3]) : shape_2d(in[0], in[3]);
    io->flops = shape_count(&io->in[0]);
    *split = split_evenly(in[1] * in[2], MIN_PART_LENGTH);
    return VKTL_OK;
fail:
    return status;
}

uint64_t global_pool_parts_size(const struct op_io *io, struct split split)
{
    return shape_size(&io->out) * split.parts;
}
