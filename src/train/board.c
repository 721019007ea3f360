// Responsible for which of a run's figures go to TensorBoard, and where. The files are
// formats/tfevents.c's.
#include "train/board.h"

#include <stdlib.h>

#include "base/files.h"

static vktl_status open_part(const struct vktl_log *log, const char *folder, const char *name,
                             uint32_t epoch, struct tfevents *events)
{
    char *path = path_join(folder, name);
    const vktl_status status = path ? tfevents_open(log, path, (int64_t)epoch - 1, events)
                                    : log_fail(log, VKTL_NO_MEMORY, "out of host memory");
    free(path);
    return status;
}

vktl_status board_open(const struct vktl_log *log, const struct vktl_train_params *params,
                       uint32_t epoch, struct board *board)
{
    vktl_status status = VKTL_OK;
    const char *folder = params->tensorboard_folder;
    *board = (struct board){0};
    if (!folder)
        return VKTL_OK;
    TRY(open_part(log, folder, "train", epoch, &board->train));
    if (params->validation_folder || params->validation_split > 0)
        TRY(open_part(log, folder, "validation", epoch, &board->validation));
fail:
    return status;
}

void board_close(struct board *board)
{
    tfevents_close(&board->train);
    tfevents_close(&board->validation);
}

static vktl_status write_pair(struct tfevents *events, int64_t step, double loss, double accuracy)
{
    vktl_status status;
    TRY(tfevents_scalar(events, "epoch_loss", step, (float)loss));
    TRY(tfevents_scalar(events, "epoch_accuracy", step, (float)accuracy));
fail:
    return status;
}

vktl_status board_epoch(struct board *board, const struct vktl_train_progress *epoch)
{
    vktl_status status = VKTL_OK;
    const int64_t step = (int64_t)epoch->epoch - 1;
    if (board->train.file) {
        TRY(write_pair(&board->train, step, epoch->loss, epoch->accuracy));
        TRY(tfevents_scalar(&board->train, "epoch_learning_rate", step,
                            (float)epoch->learning_rate));
        TRY(tfevents_flush(&board->train));
    }
    if (board->validation.file) {
        TRY(write_pair(&board->validation, step, epoch->val_loss, epoch->val_accuracy));
        TRY(tfevents_flush(&board->validation));
    }
fail:
    return status;
}
