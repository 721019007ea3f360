// The tensors of one case, by number, so that host and device go through them alike.
#ifndef CHECK_TRIAL_H
#define CHECK_TRIAL_H

#include "base/arena.h"
#include "check/check.h"
#include "abi/step.h"

enum tensor {
    TENSOR_IN = 0, // and one more
    TENSOR_OUT = TENSOR_IN + OP_MAX_INPUTS,
    TENSOR_WEIGHT,
    TENSOR_SAVED = TENSOR_WEIGHT + OP_MAX_WEIGHTS,
    TENSOR_DOUT,
    TENSOR_DIN,
    TENSOR_DWEIGHT = TENSOR_DIN + OP_MAX_INPUTS,
    TENSOR_COMPARED = TENSOR_DWEIGHT + OP_MAX_WEIGHTS, // those before have a reference
    TENSOR_STEP = TENSOR_COMPARED,
    TENSOR_PREPARED,
    TENSOR_FORWARD_SCRATCH,
    TENSOR_BACKWARD_SCRATCH,
    TENSOR_COUNT,
};

enum { CHECK_STREAM = 3 };

struct trial {
    const struct check *check;
    struct arena arena;
    struct op_io io; // io.wanted: how the GPU shall compute it
    bool has_backward;
    uint64_t size[TENSOR_COUNT];  // bytes; 0: this case has none
    bool is_given[TENSOR_COUNT];  // set before the run
    bool is_result[TENSOR_COUNT]; // compared after it
    void *host[TENSOR_COUNT];     // what is given, and the reference's results
    struct step step;
};

// ---- trial.c

// Params, shapes, what is given and what results; then the inputs. `wanted` names an algorithm, or
// NULL, for each direction.
vktl_status trial_init(const struct check *check, const char *const wanted[OP_DIRECTIONS],
                       struct trial *trial);
void trial_deinit(struct trial *trial);
uint64_t trial_count(const struct trial *trial, int tensor); // elements

// ---- inputs.c: what is given, from the case and nothing else
void trial_fill_inputs(struct trial *trial);

// ---- gpu.c

// Runs the case on the device; `result` has an array for every result. `repeats` says whether all
// runs gave the same bits, `guarded` whether nothing outside the tensors was written.
struct gpu_outcome {
    void *result[TENSOR_COUNT];
    bool repeats, guarded;
};
vktl_status trial_run_gpu(struct trial *trial, struct gpu_outcome *outcome);

// ---- host.c

// The reference's results into trial->host. Backward sees `out` as the GPU computed it, so that an
// activation that is 1e-9 here and 0 there does not count twice.
void trial_run_reference(struct trial *trial, void *gpu_out);

// How far the reference's gradient is from finite differences along a random direction, relative
// to the size that such a sum has; negative where it cannot be told (ties, too many elements).
vktl_status trial_gradient_error(struct trial *trial, double *error);

#endif
