// What a device can do at best, measured: the ceilings that kernels are compared with.
#ifndef GPU_PEAK_H
#define GPU_PEAK_H

#include "gpu/record.h"

struct peak {
    double flops; // float32 operations a second of independent multiply-adds in registers
    double bytes; // bytes a second that a copy reads and writes, taken together
};

// Takes about half a second. Zeros where the device has no timestamps.
vktl_status peak_measure(struct vktl_device *device, struct peak *peak);

// The kernels behind it, NULL at the end, for the tests that look at every shader.
extern const struct kernel *const peak_kernels[];

#endif
