// A run's epochs as TensorBoard shows them, under the names and in the folders of Keras's callback:
// FOLDER/train has epoch_loss, epoch_accuracy and epoch_learning_rate, FOLDER/validation the first
// two; a step is an epoch, from 0.
#ifndef TRAIN_BOARD_H
#define TRAIN_BOARD_H

#include <vktl/trainer.h>

#include "formats/tfevents.h"

struct board {
    struct tfevents train, validation; // closed where nothing is wanted
};

// Starts files for `epoch` (from 1) and the ones after it: a resumed run says anew what it redoes.
// Without params->tensorboard_folder there is nothing to do, here and below. `board` is closed by
// the caller, also after a failure.
vktl_status board_open(const struct vktl_log *log, const struct vktl_train_params *params,
                       uint32_t epoch, struct board *board);
void board_close(struct board *board);

vktl_status board_epoch(struct board *board, const struct vktl_train_progress *epoch);

#endif
