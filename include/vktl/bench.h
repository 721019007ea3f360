// Speed: how long each layer of a model takes on a device, and how near that is to what the device
// can do.
#ifndef VKTL_BENCH_H
#define VKTL_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include <vktl/device.h>
#include <vktl/model.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    VKTL_BENCH_INFER, // predictions
    VKTL_BENCH_TRAIN, // steps of training, from images
    VKTL_BENCH_HEAD,  // steps from the kept output of the frozen layers: every epoch but the first
} vktl_bench_pass;

// A zeroed member asks for its default, which stands in brackets.
struct vktl_bench_params {
    struct vktl_device_params device; // `cache_folder` is the bench's own affair
    uint32_t batch;                   // images [1]
    vktl_bench_pass pass;             // what is run [VKTL_BENCH_INFER]
    uint32_t repeats;                 // runs that medians are taken from [5]
    // Either may be NULL. Called on the calling thread: parts of the work that are done.
    void (*progress)(void *user, uint32_t done, uint32_t total);
    bool (*should_stop)(void *user);
    void *user;
};

enum { VKTL_BENCH_NAME_SIZE = 128 };

// One layer in one direction. "input", "loss" and "update" are layers of their own.
struct vktl_bench_layer {
    char name[VKTL_BENCH_NAME_SIZE];   // of the layer, "block1_conv1"
    char op[VKTL_BENCH_NAME_SIZE];     // the operator, "conv2d"; empty where there is none
    char direction[16];                // "forward", "backward"; empty where there is none
    char kernel[VKTL_BENCH_NAME_SIZE]; // the kernel that took the most of it
    double seconds;                    // median over the repeats, from the device's timestamps
    double flops;                      // operations as the direct formula counts them
};

struct vktl_bench {
    struct vktl_device_info device;
    uint32_t batch;
    double seconds_median, seconds_min, seconds_max; // of a run, on the host's clock
    double images_per_second;                        // by the median
    // Of the same runs: while the device was at work by its own timestamps (0 where it has none),
    // and the rest, which is the host's; medians.
    double busy_seconds, host_seconds;
    double peak_flops;   // operations a second of multiply-adds in registers, as measured here
    double peak_bytes_per_second; // that a copy reads and writes, likewise
    uint64_t peak_bytes;          // device memory, and mapped host memory, of the plan
    // From opening the device to the first result: without and with vktl's pipeline cache. Drivers
    // may keep caches of their own (Mesa does), which are left as they are.
    double cold_start_seconds, warm_start_seconds;
    struct vktl_bench_layer *layers; // in the order in which they run
    uint32_t layer_count;
};

// Runs a model with numbers of no meaning: weights that no file gave are initialised. A model that
// does not end in softmax can only be timed forward, and only one that has frozen layers has a head
// (VKTL_USAGE). The caller frees the result.
// VKTL_NO_DEVICE, VKTL_NO_MEMORY, VKTL_INTERRUPTED.
VKTL_API vktl_status vktl_bench_run(const struct vktl_log *log, struct vktl_model *model,
                                    const struct vktl_bench_params *params,
                                    struct vktl_bench *bench);
VKTL_API void vktl_bench_free(struct vktl_bench *bench);

#ifdef __cplusplus
}
#endif
#endif
