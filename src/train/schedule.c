// Responsible for learning-rate schedules. What lowers the rate because of a plateau is
// callbacks.c's.
#include "train/schedule.h"

#include <math.h>

static const double pi = 3.14159265358979323846;
static const double one_cycle_start = 25, one_cycle_end = 1e5; // fastai's div and div_final

vktl_status schedule_check(const struct vktl_log *log, const struct vktl_schedule *schedule)
{
    if (schedule->kind == VKTL_SCHEDULE_ONE_CYCLE && schedule->warmup_epochs)
        return log_fail(log, VKTL_USAGE,
                        "--schedule one-cycle has a warm-up of its own: leave --warmup-epochs out");
    if (schedule->kind != VKTL_SCHEDULE_STEP && (schedule->step_epochs || schedule->step_factor))
        return log_fail(log, VKTL_USAGE,
                        "--step-epochs and --step-factor belong to --schedule step");
    if (schedule->step_factor < 0 || schedule->step_factor >= 1 || schedule->final_factor < 0 ||
        schedule->final_factor > 1 || schedule->rise < 0 || schedule->rise >= 1)
        return log_fail(log, VKTL_USAGE, "a factor of the schedule is not between 0 and 1");
    return VKTL_OK;
}

bool schedule_needs_end(const struct vktl_schedule *schedule)
{
    return schedule->kind == VKTL_SCHEDULE_COSINE || schedule->kind == VKTL_SCHEDULE_ONE_CYCLE ||
           (schedule->kind == VKTL_SCHEDULE_STEP && !schedule->step_epochs);
}

// Half a cosine from `from` at part 0 to `to` at part 1.
static double ease(double from, double to, double part)
{
    return from + (to - from) * (1 - cos(pi * part)) / 2;
}

static double one_cycle(double rise, double rate, double part)
{
    if (part < rise)
        return ease(rate / one_cycle_start, rate, part / rise);
    return ease(rate, rate / one_cycle_end, (part - rise) / (1 - rise));
}

static double stepped(const struct vktl_schedule *schedule, double rate, uint64_t epochs_done,
                      uint32_t epochs)
{
    const uint32_t each = schedule->step_epochs ? schedule->step_epochs : (epochs + 2) / 3;
    const double factor = schedule->step_factor > 0 ? schedule->step_factor : 0.1;
    return rate * pow(factor, (double)(epochs_done / each));
}

double schedule_rate(const struct vktl_schedule *schedule, double rate, uint64_t step,
                     uint32_t epoch_steps, uint32_t epochs)
{
    const uint32_t warm_epochs =
        schedule->warmup_epochs < epochs ? schedule->warmup_epochs : epochs;
    const uint64_t total = (uint64_t)epoch_steps * epochs;
    const uint64_t warm = (uint64_t)epoch_steps * warm_epochs;
    if (schedule->kind == VKTL_SCHEDULE_ONE_CYCLE)
        return one_cycle(schedule->rise > 0 ? schedule->rise : 0.25, rate,
                         (double)step / (double)total);
    if (step < warm)
        return rate * (double)(step + 1) / (double)warm;
    if (schedule->kind == VKTL_SCHEDULE_STEP)
        return stepped(schedule, rate, step / epoch_steps, epochs);
    if (schedule->kind == VKTL_SCHEDULE_COSINE)
        return ease(rate, rate * schedule->final_factor,
                    (double)(step - warm) / (double)(total - warm));
    return rate;
}
