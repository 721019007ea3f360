// The learning rate as a pure function of where training stands.
#ifndef TRAIN_SCHEDULE_H
#define TRAIN_SCHEDULE_H

#include <stdbool.h>

#include <vktl/schedule.h>

#include "base/log.h"

// VKTL_USAGE: members that do not go together or are out of range.
vktl_status schedule_check(const struct vktl_log *log, const struct vktl_schedule *schedule);

// Whether the rate depends on how many epochs there will be.
bool schedule_needs_end(const struct vktl_schedule *schedule);

// The rate of step `step` (from 0) of a phase of `epochs` epochs of `epoch_steps` steps.
double schedule_rate(const struct vktl_schedule *schedule, double rate, uint64_t step,
                     uint32_t epoch_steps, uint32_t epochs);

#endif
