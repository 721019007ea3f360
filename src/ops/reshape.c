// Reshape: the same bytes under another shape, the batch kept. Nothing runs.
#include "ops/op.h"

struct params {
    int32_t target_shape[4]; // how many axes, then they; without the batch; -1: what remains
};

static const struct field fields[] = {
    {"target_shape", offsetof(struct params, target_shape), FIELD_DIMS, 0, -1, INT32_MAX, "",
     "the new axes, without the batch; one may be -1"},
    {0},
};

// The axis that is -1 gets what the others leave of `features`; 0 where they do not divide it.
static void fill_axes(const int32_t *axes, uint32_t count, uint64_t features, struct shape *out)
{
    uint64_t known = 1;
    uint32_t unknown = 0; // its axis in `out`, 0: none
    for (uint32_t i = 0; i < count; i++) {
        out->dim[1 + i] = axes[i] < 0 ? 1 : (uint32_t)axes[i];
        known *= out->dim[1 + i];
        if (axes[i] < 0)
            unknown = 1 + i;
        if (known > features)
            known = 0; // never fits; and never wraps
    }
    if (unknown && known)
        out->dim[unknown] = features % known ? 0 : (uint32_t)(features / known);
}

static vktl_status infer(const struct vktl_log *log, const void *params, struct op_io *io)
{
    const struct params *p = params;
    const uint32_t count = (uint32_t)p->target_shape[0];
    const int32_t *axes = p->target_shape + 1;
    const uint64_t features = shape_count(&io->in[0]) / io->in[0].dim[0];
    uint32_t unknowns = 0;
    char in[SHAPE_TEXT_SIZE];

    for (uint32_t i = 0; i < count; i++)
        unknowns += axes[i] < 0;
    if (count == 0 || unknowns > 1)
        return log_fail(log, VKTL_INPUT,
                        "reshape: target_shape needs 1 to 3 axes, at most one of them -1");
    io->out = (struct shape){.rank = 1 + count, .dim = {io->in[0].dim[0]}};
    fill_axes(axes, count, features, &io->out);
    if (shape_count(&io->out) != shape_count(&io->in[0]))
        return log_fail(log, VKTL_INPUT,
                        "reshape: the input %s has %llu elements a sample, which do not fit into "
                        "target_shape",
                        shape_text(&io->in[0], in), (unsigned long long)features);
    return VKTL_OK;
}

const struct op op_reshape = {
    .name = "reshape",
    .keras_class = "Reshape",
    .kind = OP_VIEW,
    .fields = fields,
    .params_size = sizeof(struct params),
    .infer = infer,
};
