// The operator that stands before a model's first layer: images from bytes to numbers.
#ifndef NN_START_H
#define NN_START_H

#include <vktl/dataset.h>

#include "ops/op.h"
#include "abi/augment.h"

struct start_params {
    uint32_t batch, height, width;
    vktl_preprocess preprocess;
    uint32_t fill; // of abi/augment.h
    float constant;
    bool has_shifts; // AUGMENT_SHIFT may be set
};

// Infers the operator augment: `io` says what it takes and gives.
vktl_status start_infer(const struct vktl_log *log, const struct start_params *params,
                        struct op_io *io);

#endif
