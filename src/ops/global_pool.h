// What global_avgpool and global_maxpool have in common.
#ifndef OPS_GLOBAL_POOL_H
#define OPS_GLOBAL_POOL_H

#include "ops/op.h"
#include "ops/split.h"

struct global_pool_params {
    uint32_t keepdims;
};

extern const struct field global_pool_fields[];

// Sets io->out and flops, and tells how the cells of an image are split into parts. With more than
// one part, scratch of `global_pool_parts_size` bytes holds a number a part and channel.
vktl_status global_pool_infer(const struct vktl_log *log, const char *op,
                              const struct global_pool_params *params, struct op_io *io,
                              struct split *split);
uint64_t global_pool_parts_size(const struct op_io *io, struct split split);

#endif
