// Checks every kernel on a device against plain C loops.
#ifndef VKTL_SELFTEST_H
#define VKTL_SELFTEST_H

#include <stdbool.h>
#include <stdint.h>

#include <vktl/device.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vktl_selftest_params {
    const char *op; // the operator to check, "maxpool2d"; NULL: all
    bool quick;     // leave out the few slow cases
};

// One comparison. Everything is valid during the callback only.
struct vktl_selftest_row {
    const char *op;        // "maxpool2d"
    const char *direction; // "forward", "dx", "dw:kernel"; "reference": the C loops' own gradient
                           // against finite differences
    const char *algorithm; // the way in which it was computed, where there are several; else ""
    const char *name;      // of the case
    double worst;     // largest error of an element: |a - b| / (|b| + root mean square of all b);
                      // 1e30 where one of both is not a number
    double tolerance; // worst may be as large
    bool pass;
    const char *detail; // the worst element, or what else is wrong; "" where all is well
};

struct vktl_selftest_counts {
    uint32_t rows, failed;
};

// Checks each operator, forward and backward, on inputs that are the same in every run.
//
// `on_row` may be NULL. `counts` is written in any case. Fails with VKTL_FAILED where a comparison
// failed (after all have run), VKTL_USAGE where there is no operator of that name, and as the
// device does. Uses the device from the calling thread. Opened with `guard`, it is also checked
// that no kernel writes outside of its memory.
VKTL_API vktl_status vktl_selftest(const struct vktl_log *log, struct vktl_device *device,
                                   const struct vktl_selftest_params *params,
                                   void (*on_row)(const struct vktl_selftest_row *row, void *user),
                                   void *user, struct vktl_selftest_counts *counts);

#ifdef __cplusplus
}
#endif
#endif
