// Winograd's way of computing 3x3 convolutions of stride 1, for conv2d.
//
// Scratch sizes are those of the call of the same name; weights in the transformed domain ("u") are
// made once for weights that stay, see `prepare` of op.h.
#ifndef OPS_WINOGRAD_H
#define OPS_WINOGRAD_H

#include "ops/op.h"
#include "abi/conv2d.h"

// Whether the kernels take this convolution, and lose little enough by it. Forward and each
// gradient answer for themselves.
bool winograd_suits_forward(const struct op_io *io);
bool winograd_suits_dx(const struct op_io *io);
bool winograd_suits_dw(const struct op_io *io);

// Whether it is expected to be faster than the direct kernels.
bool winograd_pays(const struct op_io *io);

uint64_t winograd_weights_size(const struct conv2d_push *push); // of u
void record_winograd_weights(struct recorder *recorder, const struct conv2d_push *push,
                             struct slice w, struct slice u);

// y from x; `bias` may be a slice that does not exist.
uint64_t winograd_forward_scratch_size(const struct conv2d_push *push,
                                       const struct vktl_device_info *device);
void record_winograd_forward(struct recorder *recorder, const struct conv2d_push *push,
                             struct slice x, struct slice u, struct slice bias, struct slice y,
                             struct slice scratch);

// dx from dy (masked where an activation is fused) and the weights themselves; x is for
// in_activation.
uint64_t winograd_dx_scratch_size(const struct conv2d_push *push,
                                  const struct vktl_device_info *device);
void record_winograd_dx(struct recorder *recorder, const struct conv2d_push *push, struct slice x,
                        struct slice dy, struct slice w, struct slice dx, struct slice scratch);

// dw from x and dy (masked).
uint64_t winograd_dw_scratch_size(const struct conv2d_push *push,
                                  const struct vktl_device_info *device);
void record_winograd_dw(struct recorder *recorder, const struct conv2d_push *push, struct slice x,
                        struct slice dy, struct slice dw, struct slice scratch);

// All kernels, for conv2d's list.
extern const struct kernel winograd_weights_kernel, winograd_in_kernel, winograd_out_kernel,
    winograd_dy_kernel, winograd_dw_kernel, winograd_product_kernels[], winograd_du_kernels[];

#endif
