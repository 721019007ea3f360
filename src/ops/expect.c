// Responsible for checks of shapes that many operators share.
#include "ops/expect.h"

vktl_status expect_image(const struct vktl_log *log, const char *op, const struct op_io *io)
{
    char text[SHAPE_TEXT_SIZE];
    if (io->in[0].rank == 4)
        return VKTL_OK;
    return log_fail(log, VKTL_INPUT,
                    "%s: needs an image (batch, height, width, channels), but its input is %s", op,
                    shape_text(&io->in[0], text));
}

vktl_status expect_rows(const struct vktl_log *log, const char *op, const struct op_io *io)
{
    char text[SHAPE_TEXT_SIZE];
    if (io->in[0].rank == 2)
        return VKTL_OK;
    return log_fail(log, VKTL_INPUT,
                    "%s: needs rows (batch, features), but its input is %s; flatten or pool it "
                    "first",
                    op, shape_text(&io->in[0], text));
}

vktl_status expect_sane(const struct vktl_log *log, const char *op, const struct op_io *io)
{
    char in[SHAPE_TEXT_SIZE], out[SHAPE_TEXT_SIZE];
    if (shape_is_sane(&io->out))
        return VKTL_OK;
    return log_fail(log, VKTL_INPUT, "%s: turns %s into %s, which is too large", op,
                    shape_text(&io->in[0], in), shape_text(&io->out, out));
}
