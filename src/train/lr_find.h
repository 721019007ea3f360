// The range test on a session that is open, planned and has its features kept.
#ifndef TRAIN_LR_FIND_H
#define TRAIN_LR_FIND_H

#include <vktl/lr_find.h>

#include "train/session.h"

// Afterwards weights, optimizer state, counters and the rate of the session are as before, bit for
// bit, also after a failure where the device still answers.
vktl_status lr_find_run(struct session *session, const struct vktl_lr_find_params *params,
                        struct vktl_lr_find_result *result);

#endif
