// Responsible for what commands share: opening models and devices as the options say, Ctrl-C, and
// progress of a plain count.
#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>

#include <vktl/picture.h>
#include <vktl/selftest.h>

#include "base/clock.h"
#include "base/interrupt.h"

const char *const preprocess_choices[] = {
    [VKTL_PREPROCESS_NONE] = "none",    [VKTL_PREPROCESS_CAFFE] = "caffe",
    [VKTL_PREPROCESS_TF] = "tf",        [VKTL_PREPROCESS_TORCH] = "torch",
    [VKTL_PREPROCESS_TORCH + 1] = NULL,
};

const char *const interpolation_choices[] = {
    [VKTL_NEAREST] = "nearest", [VKTL_BILINEAR] = "bilinear", [VKTL_BILINEAR + 1] = NULL};

vktl_status open_model(struct console *console, const char *name,
                       const struct model_options *options, struct vktl_model **model)
{
    vktl_status status;
    const bool has_preprocess = options->preprocess != OPTION_NO_CHOICE;
    const vktl_preprocess preprocess =
        has_preprocess ? (vktl_preprocess)options->preprocess : VKTL_PREPROCESS_NONE;
    const struct vktl_model_params params = {
        .model = name,
        .weights = options->weights,
        .preprocess = has_preprocess ? &preprocess : NULL,
    };
    TRY(vktl_model_open(&console->log, &params, model));
    if (!vktl_model_has_weights(*model))
        FAIL(&console->log, VKTL_USAGE,
             "%s has no weights; name a run folder or a .safetensors file, or give --weights FILE",
             name);
    if (options->no_calibration)
        vktl_model_set_temperature(*model, 1);
fail:
    return status;
}

const char *device_choice(const struct common_options *common)
{
    const char *environment = getenv("VKTL_DEVICE");
    if (common->device)
        return common->device;
    return environment && *environment ? environment : "auto";
}

// What is not live is said once, since it takes time.
static void tuning_progress(void *user, uint32_t done, uint32_t total)
{
    struct console *console = user;
    char right[CONSOLE_LINE_SIZE];
    snprintf(right, sizeof right, ": which kernels are fastest here");
    if (done == total)
        console_clear(console);
    else if (console_wants_line(console))
        console_draw(console, "Tuning", done, total, right);
    else if (done == 0 && !console->is_live)
        console_say(console, "Tuning: measuring which kernels are fastest here, for %u shapes",
                    total);
}

static bool tuning_should_stop(void *user)
{
    return stop_requested(user);
}

struct vktl_tuning_params tuning_choice(struct console *console,
                                        const struct common_options *common)
{
    return (struct vktl_tuning_params){
        .mode = common->no_tune ? VKTL_TUNING_OFF : VKTL_TUNING_AUTO,
        .progress = tuning_progress,
        .should_stop = tuning_should_stop,
        .user = console,
    };
}

vktl_status open_device(struct console *console, const struct common_options *common,
                        enum device_use use, struct vktl_device **device)
{
    vktl_status status;
    const struct vktl_device_params params = {.which = device_choice(common),
                                              .memory_limit = common->memory_limit,
                                              .strict = common->strict,
                                              .tuning = tuning_choice(console, common)};
    const struct vktl_smoke_params smoke = {.training = use == DEVICE_TRAINS};
    TRY(vktl_device_open(&console->log, &params, device));
    if (!common->no_smoke)
        TRY(vktl_smoke(&console->log, *device, &smoke));
fail:
    return status;
}

vktl_status check_picture_name(struct console *console, const char *path)
{
    if (!vktl_picture_can_draw())
        return log_fail(&console->log, VKTL_USAGE,
                        "%s: this vktl was built without Cairo and draws no pictures", path);
    if (!vktl_picture_can_save(path))
        return log_fail(&console->log, VKTL_USAGE, "%s: a picture's name must end in .png or .svg",
                        path);
    return VKTL_OK;
}

bool stop_requested(struct console *console)
{
    if (!interrupt_requested())
        return false;
    if (!console->is_stopping)
        console_say(console, "Stopping; Ctrl-C again stops at once.");
    console->is_stopping = true;
    return true;
}

void draw_count(struct console *console, const char *what, uint32_t done, uint32_t total,
                double seconds)
{
    char right[CONSOLE_LINE_SIZE] = "", eta[CONSOLE_TIME_SIZE];
    if (!console_wants_line(console))
        return;
    if (done > 0 && done < total)
        snprintf(right, sizeof right, "  ETA %s",
                 console_time(seconds / done * (total - done), eta));
    console_draw(console, what, done, total, right);
}

void count_progress_draw(void *user, uint32_t done, uint32_t total)
{
    const struct count_progress *progress = user;
    draw_count(progress->console, progress->what, done, total,
               clock_seconds() - progress->start_seconds);
}

bool count_progress_should_stop(void *user)
{
    const struct count_progress *progress = user;
    return stop_requested(progress->console);
}
