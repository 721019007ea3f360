// Operators that compare logits (N, K) with labels (N).
#ifndef OPS_LABELS_H
#define OPS_LABELS_H

#include "ops/op.h"

// in[0] is (N, K) and in[1] is (N); sets io->out to (N). Else VKTL_INPUT.
vktl_status labels_infer(const struct vktl_log *log, const char *op, struct op_io *io);

#endif
