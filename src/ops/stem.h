// Convolutions of 3x3 cells and three channels, the first layer of most networks, for CPU drivers:
// what conv2d asks of stem.c.
#ifndef OPS_STEM_H
#define OPS_STEM_H

#include "ops/op.h"
#include "abi/conv2d.h"

extern const struct kernel stem_forward_kernels[], stem_dw_kernels[]; // by product_variant

// Whether the kernels take this convolution, for y and dw.
bool stem_suits(const struct op_io *io);

// Whether they are expected to make dw faster than the general kernel.
bool stem_dw_pays(const struct op_io *io);

// Pixels in a part of dw: whole lines.
uint32_t stem_dw_length(const struct conv2d_push *push);

// `bias` is any slice where the convolution has none.
void record_stem_forward(struct recorder *recorder, const struct conv2d_push *push, struct slice x,
                         struct slice w, struct slice bias, struct slice y);
// `parts` holds as many tensors of w's size as there are parts.
void record_stem_dw(struct recorder *recorder, const struct conv2d_push *push, struct slice x,
                    struct slice dy, struct slice parts);

#endif
