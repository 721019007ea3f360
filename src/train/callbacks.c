// Responsible for deciding what an epoch's figures mean for the run. Acting on it is trainer.c's.
#include "train/callbacks.h"

#include <math.h>

// ---- Monitors

const char *vktl_monitor_name(enum vktl_monitor monitor)
{
    static const char *const names[] = {"default", "loss", "accuracy", "val_loss", "val_accuracy"};
    return names[monitor];
}

double figures_get(const struct figures *figures, enum vktl_monitor monitor)
{
    switch (monitor) {
    case VKTL_MONITOR_LOSS:
        return figures->loss;
    case VKTL_MONITOR_ACCURACY:
        return figures->accuracy;
    case VKTL_MONITOR_VAL_LOSS:
        return figures->val_loss;
    case VKTL_MONITOR_VAL_ACCURACY:
        return figures->val_accuracy;
    case VKTL_MONITOR_DEFAULT:
        break;
    }
    return NAN;
}

static bool is_accuracy(enum vktl_monitor monitor)
{
    return monitor == VKTL_MONITOR_ACCURACY || monitor == VKTL_MONITOR_VAL_ACCURACY;
}

static bool needs_validation(enum vktl_monitor monitor)
{
    return monitor == VKTL_MONITOR_VAL_LOSS || monitor == VKTL_MONITOR_VAL_ACCURACY;
}

static bool rises(enum vktl_monitor monitor, enum vktl_monitor_mode mode)
{
    return mode == VKTL_MONITOR_AUTO ? is_accuracy(monitor) : mode == VKTL_MONITOR_MAX;
}

// What early stopping and the learning rate watch.
static enum vktl_monitor watched(const struct vktl_callbacks *callbacks)
{
    return callbacks->monitor == VKTL_MONITOR_DEFAULT ? VKTL_MONITOR_VAL_LOSS : callbacks->monitor;
}

static bool watched_rises(const struct vktl_callbacks *callbacks)
{
    return rises(watched(callbacks), callbacks->mode);
}

static double worst(bool is_rising)
{
    return is_rising ? -INFINITY : INFINITY;
}

// Whether `value` beats `reference` by more than `min_delta`; never where either is NaN.
static bool is_better(bool is_rising, double value, double reference, double min_delta)
{
    return is_rising ? value - min_delta > reference : value + min_delta < reference;
}

static vktl_status check_watched(const struct vktl_log *log, const struct vktl_callbacks *callbacks,
                                 bool has_validation, const char *option)
{
    if (has_validation || !needs_validation(watched(callbacks)))
        return VKTL_OK;
    return log_fail(log, VKTL_USAGE,
                    "%s watches %s, which needs validation images: give --val or --val-split, or "
                    "--monitor %s",
                    option, vktl_monitor_name(watched(callbacks)),
                    is_accuracy(watched(callbacks)) ? "accuracy" : "loss");
}

vktl_status callbacks_check(const struct vktl_log *log, const struct vktl_callbacks *callbacks,
                            bool has_validation)
{
    vktl_status status = VKTL_OK;
    if (callbacks->monitor != VKTL_MONITOR_DEFAULT)
        TRY(check_watched(log, callbacks, has_validation, "--monitor"));
    if (callbacks->early_stop)
        TRY(check_watched(log, callbacks, has_validation, "--early-stop"));
    if (callbacks->reduce_lr)
        TRY(check_watched(log, callbacks, has_validation, "--reduce-lr"));
    if (!(callbacks->min_delta >= 0))
        FAIL(log, VKTL_USAGE, "--min-delta must not be negative");
    if (!(callbacks->lr_factor >= 0 && callbacks->lr_factor < 1))
        FAIL(log, VKTL_USAGE, "--lr-factor must be below 1: it lowers the learning rate");
    if (!(callbacks->min_lr >= 0))
        FAIL(log, VKTL_USAGE, "--min-lr must not be negative");
fail:
    return status;
}

// ---- The best epoch ----------------------------------------------------------------------------

enum vktl_monitor best_monitor(const struct vktl_callbacks *callbacks, bool has_validation)
{
    if (callbacks->monitor != VKTL_MONITOR_DEFAULT)
        return callbacks->monitor;
    return has_validation ? VKTL_MONITOR_VAL_ACCURACY : VKTL_MONITOR_ACCURACY;
}

void best_reset(struct best *best)
{
    *best = (struct best){.value = NAN, .loss = NAN};
}

bool best_judge(const struct vktl_callbacks *callbacks, bool has_validation, uint32_t epoch,
                const struct figures *figures, struct best *best)
{
    const bool is_chosen = callbacks->monitor != VKTL_MONITOR_DEFAULT;
    const enum vktl_monitor monitor = best_monitor(callbacks, has_validation);
    const bool is_rising = rises(monitor, is_chosen ? callbacks->mode : VKTL_MONITOR_AUTO);
    const double value = figures_get(figures, monitor);
    const double loss = has_validation ? figures->val_loss : figures->loss;
    const bool is_first = best->epoch == 0 && !isnan(value);
    const bool breaks_tie = !is_chosen && value == best->value && loss < best->loss;
    if (!is_first && !is_better(is_rising, value, best->value, 0) && !breaks_tie)
        return false;
    *best = (struct best){epoch, value, loss};
    return true;
}

// ---- Early stopping ----------------------------------------------------------------------------

void early_stop_reset(const struct vktl_callbacks *callbacks, struct early_stop *state)
{
    *state = (struct early_stop){.best = worst(watched_rises(callbacks))};
}

bool early_stop_judge(const struct vktl_callbacks *callbacks, uint32_t epoch,
                      const struct figures *figures, struct early_stop *state)
{
    const bool is_rising = watched_rises(callbacks), has_baseline = callbacks->baseline != 0;
    const double value = figures_get(figures, watched(callbacks));
    if (callbacks->early_stop == 0)
        return false;
    state->wait++;
    if (is_better(is_rising, value, state->best, callbacks->min_delta)) {
        state->best = value;
        if (!has_baseline || is_better(is_rising, value, callbacks->baseline, callbacks->min_delta))
            state->wait = 0;
        return false;
    }
    return state->wait >= callbacks->early_stop && epoch > 1;
}

// ---- The learning rate on a plateau ------------------------------------------------------------

void reduce_lr_reset(const struct vktl_callbacks *callbacks, double rate, struct reduce_lr *state)
{
    *state = (struct reduce_lr){.rate = rate, .best = worst(watched_rises(callbacks))};
}

static bool lower(const struct vktl_callbacks *callbacks, struct reduce_lr *state)
{
    const double factor = callbacks->lr_factor > 0 ? callbacks->lr_factor : 0.1;
    if (!(state->rate > callbacks->min_lr))
        return false;
    state->rate = fmax(state->rate * factor, callbacks->min_lr);
    state->cooldown = callbacks->lr_cooldown;
    state->wait = 0;
    return true;
}

bool reduce_lr_judge(const struct vktl_callbacks *callbacks, const struct figures *figures,
                     struct reduce_lr *state)
{
    const double value = figures_get(figures, watched(callbacks));
    const double min_delta = callbacks->lr_min_delta == 0 ? 1e-4 : fmax(callbacks->lr_min_delta, 0);
    if (callbacks->reduce_lr == 0)
        return false;
    if (state->cooldown > 0) {
        state->cooldown--;
        state->wait = 0;
    }
    if (is_better(watched_rises(callbacks), value, state->best, min_delta)) {
        state->best = value;
        state->wait = 0;
        return false;
    }
    if (state->cooldown > 0)
        return false;
    return ++state->wait >= callbacks->reduce_lr && lower(callbacks, state);
}
