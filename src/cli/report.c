// Responsible for `vktl report`: its options. The page is the library's.
#include <vktl/report.h>

#include "base/clock.h"
#include "cli/command.h"

struct report_options {
    struct common_options common;
    const char *images;
    uint32_t samples, worst;
};

#define AT(member) .offset = offsetof(struct report_options, member)

// clang-format off
static const struct option options[] = {
    {.name = "images", .type = OPTION_TEXT, .argument = "DIR", AT(images),
     .note = "the run's validation images, else its training images",
     .help = "judge the model by these, in one folder a class"},
    {.name = "samples", .type = OPTION_U32, .argument = "N", AT(samples), .value = "8", .min = 1,
     .max = 64, .unit = "images",
     .help = "predictions shown"},
    {.name = "worst", .type = OPTION_U32, .argument = "N", AT(worst), .value = "8", .min = 1,
     .max = 64, .unit = "images",
     .help = "worst predicted images shown"},
    ROW_DEVICE,
    ROW_NO_SMOKE,
    ROW_QUIET,
    ROW_HELP,
    {NULL},
};
// clang-format on

static const char examples[] =
    "  vktl report runs/people            # writes runs/people/report.html\n"
    "  vktl report runs/people --images photos/test\n";

static vktl_status run(struct console *console, const void *values, const char *const *positionals,
                       uint32_t count)
{
    vktl_status status;
    const struct report_options *chosen = values;
    struct vktl_device *device = NULL;
    struct count_progress progress = {console, "Predicting", clock_seconds()};
    const struct vktl_report_params params = {
        .run_folder = positionals[0],
        .image_folder = chosen->images,
        .samples = chosen->samples,
        .worst = chosen->worst,
        .progress = count_progress_draw,
        .should_stop = count_progress_should_stop,
        .user = &progress,
    };
    (void)count;
    // Grad-CAM takes gradients.
    TRY(open_device(console, &chosen->common, DEVICE_TRAINS, &device));
    TRY(vktl_report(&console->log, device, &params));
fail:
    vktl_device_close(&device);
    return status;
}

const struct command command_report = {
    .name = "report",
    .job = "one self-contained HTML page of a run",
    .positionals = "RUN",
    .positional_min = 1,
    .positional_max = 1,
    .options = options,
    .values_size = sizeof(struct report_options),
    .examples = examples,
    .run = run,
};
