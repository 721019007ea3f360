// Responsible for exchanging the channels of weights and reversing their taps.
#include "ops/flip.h"
#include "shaders.h"

enum { RUN = 16, LOCAL = 64 }; // output channels that an invocation moves

const struct kernel flip_kernel = {
    KERNEL(conv2d_flip),
    .push_size = sizeof(struct conv2d_push),
    .access = {[CONV2D_FLIP_W] = ACCESS_READ, [CONV2D_FLIP_WT] = ACCESS_WRITE},
    .local = {LOCAL},
};

void record_flip(struct recorder *recorder, const struct conv2d_push *push, struct slice w,
                 struct slice flipped)
{
    const uint32_t runs = (push->out_c - 1) / RUN + 1;
    record_dispatch(recorder, &flip_kernel,
                    &(struct dispatch){
                        .bind = {[CONV2D_FLIP_W] = w, [CONV2D_FLIP_WT] = flipped},
                        .push = push,
                        .threads = {push->kernel_h * push->kernel_w * push->in_c * runs},
                        .flops = w.size / sizeof(float),
                    });
}
