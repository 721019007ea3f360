// What maxpool2d and avgpool2d have in common: fields, geometry.
#ifndef OPS_POOL2D_H
#define OPS_POOL2D_H

#include "ops/op.h"
#include "abi/pool2d.h"

struct pool2d_params {
    uint32_t pool_size[2], strides[2]; // height, width; strides 0: the pool size
    uint32_t padding;                  // enum window_padding
};

extern const struct field pool2d_fields[];

// Sets io->out, its flops and the push struct. Fails with VKTL_INPUT where no window fits, or
// windows are so large and overlap so much that an invocation of backward would run too long.
vktl_status pool2d_infer(const struct vktl_log *log, const char *op,
                         const struct pool2d_params *params, struct op_io *io);

#endif
