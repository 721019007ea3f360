// Tuning: which of the ways to compute the same is the fastest on a device.
#ifndef VKTL_TUNE_H
#define VKTL_TUNE_H

#include <stdbool.h>
#include <stdint.h>

#include <vktl/device.h>
#include <vktl/model.h>

#ifdef __cplusplus
extern "C" {
#endif

// What became of a candidate.
enum vktl_tune_outcome {
    VKTL_TUNE_MEASURED,
    VKTL_TUNE_DROPPED,   // measured once: 1.3 times as slow as another, or more
    VKTL_TUNE_TOO_LONG,  // not even a small part of the work is done in a probe's time
    VKTL_TUNE_WRONG,     // does not compute what the reference does: it cannot win
    VKTL_TUNE_UNCHECKED, // not comparable with the reference in a short time: it cannot win
    VKTL_TUNE_NO_MEMORY, // does not fit
};

// One candidate for one direction of one layer. Strings live during the callback.
struct vktl_tune_row {
    const char *layer;     // the first with this shape, "block1_conv2"
    const char *op;        // "conv2d"
    const char *direction; // "forward", "dx", "dw"
    const char *shape;     // what is computed: "4x56x56x64 filters=64 padding=1"
    const char *algorithm; // "winograd4"
    double seconds;        // of the whole shape, for which it may be told from a part; NaN: unknown
    double part;           // of the work, that was timed; 0: nothing was
    enum vktl_tune_outcome outcome;
    bool chosen;    // the fastest that is right, or what stands where nothing could be measured
    bool heuristic; // what would be taken if nothing were measured
};

struct vktl_tune_counts {
    uint32_t uses;       // measured: operators, directions and shapes
    uint32_t candidates; // of them all
    uint32_t wrong;      // candidates that do not compute what the reference does
    uint32_t left;       // uses that were not reached in time: the heuristics' choices stand
};

// A zeroed member asks for its default, which stands in brackets.
struct vktl_tune_params {
    uint32_t batch;       // images [1]
    bool training;        // steps of training, else predictions
    double limit_seconds; // stop then [no limit]
};

// Measures everything in the model that can be computed in several ways, also what was measured
// before, and keeps the choices on disk for every later plan on this device. Weights that no file
// gave are initialised. Rows of a layer and direction come together when all are known.
//
// The device must not have been opened with VKTL_TUNING_OFF, else nothing is kept; its progress and
// should_stop are called. VKTL_USAGE: a model without softmax cannot be trained; VKTL_INTERRUPTED:
// what was measured by then is kept.
VKTL_API vktl_status vktl_tune(const struct vktl_log *log, struct vktl_device *device,
                               struct vktl_model *model, const struct vktl_tune_params *params,
                               void (*on_row)(const struct vktl_tune_row *row, void *user),
                               void *user, struct vktl_tune_counts *counts);

#ifdef __cplusplus
}
#endif
#endif
