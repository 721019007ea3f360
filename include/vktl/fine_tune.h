// Two-phase fine-tuning: after the new head was trained on a frozen base, the upper part of the
// base is trained too, at a low learning rate.
#ifndef VKTL_FINE_TUNE_H
#define VKTL_FINE_TUNE_H

#include <stdint.h>

// The second phase starts from the best weights of the first, with a fresh optimizer, as compiling
// a Keras model again does; callbacks and schedule start anew, epochs count on. Batch normalisation
// of the base keeps its statistics, as Keras advises, unless model.train_batchnorm. Zeroed: no
// second phase.
struct vktl_fine_tune {
    const char *unfreeze_from; // this layer and all after it are trained
    uint32_t epochs;           // of the second phase
    double learning_rate;      // [a tenth of the first phase's]
};

#endif
