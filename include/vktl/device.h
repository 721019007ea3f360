// A Vulkan device opened for computing, and what can be known of it.
#ifndef VKTL_DEVICE_H
#define VKTL_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include <vktl/log.h>
#include <vktl/status.h>

#ifdef __cplusplus
extern "C" {
#endif

enum vktl_device_type {
    VKTL_DEVICE_DISCRETE,
    VKTL_DEVICE_INTEGRATED,
    VKTL_DEVICE_VIRTUAL,
    VKTL_DEVICE_CPU,
    VKTL_DEVICE_OTHER,
};

// The two forms that every kernel is built in; see vktl_device_params.
enum vktl_form { VKTL_FORM_AUTO, VKTL_FORM_STORAGE, VKTL_FORM_ADDRESS };

// A way of computing that was found wrong on a device and that is taken no more, until a later
// vktl_selftest finds it right; see there, and vktl_smoke.
struct vktl_barred {
    char op[32], direction[8]; // "conv2d", "dx"
    char algorithm[16];        // "winograd4"
};
enum { VKTL_MAX_BARRED = 32 };

// What vktl knows of a device. Plain data; sizes in bytes.
struct vktl_device_info {
    uint32_t index;   // position in the list, what --device N names
    char name[256];   // as the driver says it
    char driver[512]; // driver's name and version, "llvmpipe Mesa 25.0.7 (LLVM 15.0.6)"
    char vendor[32];  // "AMD", "Intel", "NVIDIA", "Mesa", "Google", or a hex id
    uint32_t vendor_id, device_id;        // as Vulkan encodes them
    uint32_t driver_version, api_version; // likewise
    uint32_t driver_release; // for comparing drivers: Mesa's version where `driver` tells it (its
                             // CPU driver says nothing else), else driver_version
    uint8_t pipeline_cache_uuid[16];
    enum vktl_device_type type;
    bool usable;                // meets the baseline
    char unusable_because[128]; // empty when usable
    uint32_t subgroup_size;     // invocations
    uint32_t max_invocations;   // in one workgroup
    uint32_t max_shared_size;
    uint64_t max_storage_range; // of one storage buffer binding
    uint64_t max_allocation_size;
    uint64_t max_buffer_size;
    uint64_t memory_size;       // largest device-local heap, or vktl_device_params.memory_limit
    uint64_t memory_available;  // what other programs leave of it now; where the driver does not
                                // say: memory_size
    double timestamp_period_ns; // 0 when the queue has no timestamps
    bool has_addresses;         // buffer device addresses: the address form can run
    bool has_subgroup_shuffle;
    bool has_matrices; // VK_KHR_cooperative_matrix
    // Of the cooperative matrices that vktl's kernels are made of: rows and columns of a sum of
    // floats, halves along the way. 0: none, and no mixed precision: the device has none that fit,
    // or vktl was built with a shader compiler that does not know them.
    uint32_t matrix_rows, matrix_columns, matrix_depth;
    bool matrices_emulated; // as asked for in vktl_device_params
    enum vktl_form form; // the form that vktl prefers here, or what takes its place
    bool gpu_kernels;    // as asked for in vktl_device_params, or since CPU drivers' failed
    bool strict;         // as asked for there, or by a training that is
    struct vktl_barred barred[VKTL_MAX_BARRED];
    uint32_t barred_count;
};

// Lists every Vulkan device of this machine, usable or not, best first as `auto` prefers: usable
// ones, discrete, integrated, virtual, CPU (the newer driver first).
//
// `*infos` is allocated and must be freed with vktl_device_list_free. Fails with VKTL_NO_DEVICE
// when there is no Vulkan loader or no device at all.
VKTL_API vktl_status vktl_device_list(const struct vktl_log *log, struct vktl_device_info **infos,
                                      uint32_t *count);
VKTL_API void vktl_device_list_free(struct vktl_device_info **infos);

// Several ways of computing the same are measured on a device, and the fastest is kept on disk
// beside the pipeline cache: by vktl_tune, or when a model is planned.
struct vktl_tuning_params {
    enum vktl_tuning_mode {
        VKTL_TUNING_OFF,  // heuristics alone
        VKTL_TUNING_AUTO, // as kept; what is not is measured, but for CPU drivers, whose heuristics
                          // were made by measuring
        VKTL_TUNING_ON,   // on CPU drivers as well
    } mode;
    double limit_seconds; // that a plan may spend on it; 0 is 10
    // Either may be NULL. Called on the calling thread.
    void (*progress)(void *user, uint32_t done, uint32_t total);
    bool (*should_stop)(void *user);
    void *user;
};

struct vktl_device_params {
    const char *which; // "auto", a number, a part of the name, or discrete|integrated|virtual|cpu;
                       // NULL is "auto"
    bool validate;     // run under the validation layer; its messages arrive as errors
    bool guard;        // surround every slice of device memory with guard words (tests)
    enum vktl_form form;   // VKTL_FORM_AUTO unless a test asks for one
    bool gpu_kernels;      // use the GPUs' kernel variants even on a CPU driver (tests)
    // The same bits as on any other device that is opened so: sums have one order, nothing is fused
    // or flushed differently, and exp, log, roots and quotients are computed by additions and
    // multiplications. Numbers below 2^-50 in size count as 0. Without mixed precision.
    bool strict;
    bool emulate_matrices; // cooperative matrices in plain code, slowly, on any device (tests)
    uint64_t memory_limit; // use no more memory than this, in bytes; 0: all that there is
    bool ignore_verdicts;  // what was found wrong here may be taken again: for who finds out
    uint32_t fail_run;     // this run of recorded commands, from 1, finds no memory (tests)
    struct vktl_tuning_params tuning;
    const char *cache_folder; // for the pipeline cache and what was tuned; NULL is the user's cache
                              // folder, "" none
};

// An open device. Used from one thread at a time.
struct vktl_device;

// Opens a device. `log` must outlive it. Fails with VKTL_NO_DEVICE when no device fits `which`
// (the message lists those there are), VKTL_FAILED when the driver refuses.
VKTL_API vktl_status vktl_device_open(const struct vktl_log *log,
                                      const struct vktl_device_params *params,
                                      struct vktl_device **device);

// Waits for the device, writes its pipeline cache and closes it. Accepts a pointer to NULL.
VKTL_API void vktl_device_close(struct vktl_device **device);

// Valid as long as the device is open.
VKTL_API const struct vktl_device_info *vktl_device_info(const struct vktl_device *device);

// Messages of the validation layer since the device was opened (0 unless asked to validate).
VKTL_API uint32_t vktl_device_validation_messages(const struct vktl_device *device);

#ifdef __cplusplus
}
#endif
#endif
