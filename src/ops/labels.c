// Responsible for the shapes of operators that compare logits with labels.
#include "ops/labels.h"
#include "ops/expect.h"

vktl_status labels_infer(const struct vktl_log *log, const char *op, struct op_io *io)
{
    char text[SHAPE_TEXT_SIZE];
    vktl_status status;
    TRY(expect_rows(log, op, io));
    if (io->in_count != 2 || io->in[1].rank != 1 || io->in[1].dim[0] != io->in[0].dim[0])
        FAIL(log, VKTL_INPUT, "%s: needs one label a row of the logits %s", op,
             shape_text(&io->in[0], text));
    io->out = io->in[1];
    return VKTL_OK;
fail:
    return status;
}
