// What all that looks at single images shares.
#ifndef TRAIN_PREDICT_H
#define TRAIN_PREDICT_H

#include "nn/plan.h"

// VKTL_USAGE, with a message that says what to name: the model has no weights.
vktl_status predict_check_weights(const struct vktl_log *log, const struct vktl_model *model);

// Reads an image into a plan whose passes take images, for a batch of 1, and sets the
// step's rows. VKTL_INPUT: it cannot be read; VKTL_USAGE: a folder.
vktl_status predict_load_image(const struct vktl_log *log, const struct vktl_model *model,
                               const char *image_path, struct plan *plan);

#endif
