// Checks the kernels on a device against plain C loops: all of them, or in two seconds those that
// matter most.
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
    // Either may be NULL. Called on the calling thread before each case, with vktl_selftest's user.
    void (*progress)(void *user, uint32_t done, uint32_t total); // cases
    bool (*should_stop)(void *user);
};

// One comparison. Everything is valid during the callback only.
struct vktl_selftest_row {
    const char *op;        // "maxpool2d"
    const char *direction; // "forward", "dx", "dw:kernel"; "reference": the C loops' own gradient
                           // against finite differences
    const char *algorithm; // the way in which it was computed, where there are several; else ""
    const char *precision; // "fp32", "mixed", or "strict" on devices that are
    const char *form;      // how kernels reach memory: "storage" or "address"
    const char *kernels;   // the variants that were taken: "gpu", or "cpu" for CPU drivers
    const char *name;      // of the case
    double worst;     // largest error of an element: |a - b| / (|b| + root mean square of all b);
                      // 1e30 where one of both is not a number
    double tolerance; // worst may be as large
    double largest;   // |a - b| where that is largest; 1e30 likewise
    double ulp;       // of the same element as worst: |a - b| in units in the last place of a
                      // float as large as b, or as the root mean square where that is larger
    double seconds;   // its share of the case's time on the device, kernels' compilation included
    const char *bits; // a fingerprint of the result, to compare devices by: 32 hexadecimal digits,
                      // all NaNs being alike; "" where there is none
    bool pass;
    const char *detail; // the worst element, or what else is wrong; "" where all is well
};

struct vktl_selftest_counts {
    uint32_t rows, failed;
};

// Checks each operator, forward and backward, on inputs that are the same in every run.
//
// `on_row` may be NULL. `counts` is written in any case. Fails with VKTL_FAILED where a comparison
// failed (after all have run), VKTL_USAGE where there is no operator of that name, VKTL_INTERRUPTED
// by should_stop, and as the device does. Uses the device from the calling thread. Opened with
// `guard`, it is also checked that no kernel writes outside of its memory.
//
// What fails is barred on the device from then on; a whole table of an operator (not `quick`) in
// which all is well lifts the bars on it. Opened with `ignore_verdicts`, the device runs all that
// it could, barred or not.
VKTL_API vktl_status vktl_selftest(const struct vktl_log *log, struct vktl_device *device,
                                   const struct vktl_selftest_params *params,
                                   void (*on_row)(const struct vktl_selftest_row *row, void *user),
                                   void *user, struct vktl_selftest_counts *counts);

// Repeats a small training run that PyTorch made in double precision, in a temporary folder: a row
// each for the predictions before it, the loss of every step, the loss that inference finds where
// training was interrupted, the final weights after going on from there, and whether those are bit
// for bit those of a run that was left alone. Their operator is called "model".
//
// Everything else is as with vktl_selftest, but `params` needs no more than should_stop. VKTL_IO:
// no temporary folder.
VKTL_API vktl_status vktl_selftest_model(const struct vktl_log *log, struct vktl_device *device,
                                         const struct vktl_selftest_params *params,
                                         void (*on_row)(const struct vktl_selftest_row *row,
                                                        void *user),
                                         void *user, struct vktl_selftest_counts *counts);

struct vktl_smoke_params {
    bool training;        // check what training computes as well; else what inference does
    double limit_seconds; // 0 is 2
};

// Checks the kernels that matter most, once on a device, driver and build of vktl: what was found
// is kept beside the pipeline cache. What the time does not allow later calls check; then they do
// nothing. To be called before anything is
// planned on the device, as `vktl train` and its kin do.
//
// A way of computing that is wrong is barred (vktl_device_info.barred): another one takes its
// place, here and wherever the device is opened, and a warning says so. Where there is no other,
// the device goes over to its other form, or from the kernels for CPU drivers to those for GPUs.
// A strict device (vktl_device_params) never takes another algorithm, whose bits would differ.
//
// Fails with VKTL_FAILED where nothing right is left, and as the device does; what made the driver
// lose the device is barred from the next time on.
VKTL_API vktl_status vktl_smoke(const struct vktl_log *log, struct vktl_device *device,
                                const struct vktl_smoke_params *params);

#ifdef __cplusplus
}
#endif
#endif
