// Verdicts on the kernels of a device: which ways of computing were found wrong there, and how far
// the others have been checked. Kept beside the pipeline cache. Who compares and judges is
// src/check; operators, tuning and plans only heed what is barred.
//
// Verdicts are of the kernels of one kind: over storage buffers or over addresses, for GPUs or for
// CPU drivers, strict or not. A device is opened with the kind that it prefers, unless something
// there is wrong that has no alternative: then with the next kind that is not known to have failed.
#ifndef GPU_VERDICTS_H
#define GPU_VERDICTS_H

#include <vktl/device.h>

enum gpu_verdict {
    // In this order: each knows what those before it know.
    VERDICT_NONE,    // never checked on this device and driver
    VERDICT_FORWARD, // what inference needs was checked
    VERDICT_ALL,     // so was what training needs
    VERDICT_FAILED,  // what only one way can compute is computed wrongly
};

// Of the kernels that the device computes with now, and what was said of it when it was set.
enum gpu_verdict gpu_verdict(const struct vktl_device *device);
const char *gpu_verdict_reason(const struct vktl_device *device); // ""; valid until it is set anew
vktl_status gpu_set_verdict(struct vktl_device *device, enum gpu_verdict verdict,
                            const char *reason);

// Once these have failed: computes with the next kind from now on, before anything was recorded.
// False, and no change: there is none that has not failed.
bool gpu_take_other_kernels(struct vktl_device *device);

// "storage, for GPUs", a static string.
const char *gpu_kernels_name(const struct vktl_device_info *info);

// Bars an operator's algorithm ("": the only one) in a direction and forgets where it was tuned to
// be the fastest; lifts every bar of an operator. VKTL_NO_MEMORY, without a message.
vktl_status gpu_bar(struct vktl_device *device, const char *op, const char *direction,
                    const char *algorithm, const char *reason);
void gpu_lift_bars(struct vktl_device *device, const char *op);

// Whether it is, also where the device heeds no verdicts (vktl_device_params.ignore_verdicts).
bool gpu_is_barred(const struct vktl_device *device, const char *op, const char *direction,
                   const char *algorithm);

// Whether it must not be taken; `info` may be NULL. The second asks for a choice of a tuning, whose
// key begins with the operator and the direction.
bool gpu_bars(const struct vktl_device_info *info, const char *op, const char *direction,
              const char *algorithm);
bool gpu_bars_choice(const struct vktl_device_info *info, const char *key, const char *algorithm);

// Replaces the device's file. Best effort: what cannot be written is found again.
void gpu_verdicts_write(struct vktl_device *device);

#endif
