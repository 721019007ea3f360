// What operators ask of their inputs, with messages that name both.
#ifndef OPS_EXPECT_H
#define OPS_EXPECT_H

#include "ops/op.h"

// io->in[0] is an image: (N, H, W, C). Else VKTL_INPUT.
vktl_status expect_image(const struct vktl_log *log, const char *op, const struct op_io *io);

// io->in[0] is rows: (N, K). Else VKTL_INPUT.
vktl_status expect_rows(const struct vktl_log *log, const char *op, const struct op_io *io);

// The output is one that a shader can index. Else VKTL_INPUT.
vktl_status expect_sane(const struct vktl_log *log, const char *op, const struct op_io *io);

#endif
