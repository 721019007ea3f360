// What a command of vktl is, and what several of them share.
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <vktl/device.h>
#include <vktl/model.h>

#include "cli/console.h"
#include "cli/options.h"

// The first member of every command's values.
struct common_options {
    bool quiet, json, help, no_tune, no_smoke, strict;
    const char *device; // NULL: the environment's, else "auto"
    uint64_t memory_limit;
    const char *const *given; // names of the options on the command line, ended by NULL
};

struct command {
    const char *name;
    const char *job;         // one line, for the list of commands
    const char *positionals; // as in the usage line: "MODEL PATH..."; "" takes none
    uint32_t positional_min, positional_max;
    const struct option *options;
    size_t values_size;   // of the struct that the options are stored in
    const char *examples; // lines that end the help

    vktl_status (*run)(struct console *console, const void *values, const char *const *positionals,
                       uint32_t count);
};

// In the order of the list; NULL ends it.
extern const struct command *const commands[];

extern const struct command command_report;
extern const struct command command_train, command_infer, command_eval, command_features,
    command_augment, command_summary, command_devices, command_selftest, command_bench,
    command_convert, command_tune, command_lr_find, command_completion, command_man;

// ---- Rows that tables share. The values' first member is a struct common_options.

#define ROW_QUIET                                                                                  \
    {                                                                                              \
        .name = "quiet", .type = OPTION_FLAG, .offset = offsetof(struct common_options, quiet),    \
        .help = "no progress and no notes; warnings and errors remain"                             \
    }
#define ROW_HELP                                                                                   \
    {                                                                                              \
        .name = "help", .type = OPTION_FLAG, .offset = offsetof(struct common_options, help),      \
        .help = "this text"                                                                        \
    }
#define ROW_JSON                                                                                   \
    {                                                                                              \
        .name = "json", .type = OPTION_FLAG, .offset = offsetof(struct common_options, json),      \
        .help = "one JSON document on stdout, and nothing else there"                              \
    }
#define ROW_DEVICE                                                                                 \
    {                                                                                              \
        .name = "device", .type = OPTION_TEXT, .argument = "auto|N|NAME",                          \
        .offset = offsetof(struct common_options, device), .note = "VKTL_DEVICE, else auto",       \
        .help = "number or part of the name from `vktl devices`, or discrete, integrated, "        \
                "virtual or cpu"                                                                   \
    }
#define ROW_NO_TUNE                                                                                \
    {                                                                                              \
        .name = "no-tune", .type = OPTION_FLAG,                                                    \
        .offset = offsetof(struct common_options, no_tune),                                        \
        .help = "kernels by rule of thumb: measure none, and heed no earlier `vktl tune`"          \
    }
#define ROW_STRICT                                                                                 \
    {                                                                                              \
        .name = "strict", .type = OPTION_FLAG, .offset = offsetof(struct common_options, strict),  \
        .help = "the same bits on every device: one order of sums, no fused or approximate "       \
                "operations; a little slower"                                                      \
    }
#define ROW_NO_SMOKE                                                                               \
    {                                                                                              \
        .name = "no-smoke", .type = OPTION_FLAG,                                                   \
        .offset = offsetof(struct common_options, no_smoke),                                       \
        .help = "do not check the kernels, even on a device and driver that vktl has never used; " \
                "what was found wrong before stays barred"                                         \
    }
#define ROW_MEMORY_LIMIT                                                                           \
    {                                                                                              \
        .name = "memory-limit", .type = OPTION_SIZE, .argument = "SIZE",                           \
        .offset = offsetof(struct common_options, memory_limit), .note = "all there is",           \
        .help = "device memory to be used at most, as 512M or 2G"                                  \
    }
#define ROW_HEADING(words)                                                                         \
    {                                                                                              \
        .name = "", .type = OPTION_HEADING, .help = words                                          \
    }

// ---- Models on the command line

// By the value of their enumerations; NULL ends them.
extern const char *const preprocess_choices[];
extern const char *const interpolation_choices[];

struct model_options {
    const char *weights;
    int preprocess; // a vktl_preprocess, or OPTION_NO_CHOICE
    bool no_calibration;
};

#define ROWS_MODEL(type_, member)                                                                  \
    {.name = "weights",                                                                            \
     .type = OPTION_TEXT,                                                                          \
     .argument = "FILE",                                                                           \
     .offset = offsetof(type_, member.weights),                                                    \
     .help = "Keras .h5 or .safetensors, by layer name, for a MODEL without weights"},             \
    {                                                                                              \
        .name = "preprocess", .type = OPTION_CHOICE, .argument = "caffe|tf|torch|none",            \
        .offset = offsetof(type_, member.preprocess), .choices = preprocess_choices,               \
        .note = "the model's", .help = "what happens to pixel values before the model sees them"   \
    }

#define ROW_NO_CALIBRATION(type_, member)                                                          \
    {                                                                                              \
        .name = "no-calibration", .type = OPTION_FLAG,                                             \
        .offset = offsetof(type_, member.no_calibration),                                          \
        .help = "probabilities without the model's temperature, as they were before "              \
                "`vktl eval --calibrate`"                                                          \
    }

// Opens a model to be used as it is. VKTL_USAGE when it has no weights. The caller destroys
// `model`, also after a failure.
vktl_status open_model(struct console *console, const char *name,
                       const struct model_options *options, struct vktl_model **model);

// ---- Running

// What --device or VKTL_DEVICE names.
const char *device_choice(const struct common_options *common);

// What is tuned on a device: nothing with --no-tune. Progress goes to the console.
struct vktl_tuning_params tuning_choice(struct console *console,
                                        const struct common_options *common);

// Opens it and checks its kernels where that was never done (vktl_smoke), those of training only
// where they are wanted. The console must outlive the device.
enum device_use { DEVICE_INFERS, DEVICE_TRAINS };
vktl_status open_device(struct console *console, const struct common_options *common,
                        enum device_use use, struct vktl_device **device);

// Before any work: VKTL_USAGE where no picture can be drawn, or none of this name be written.
vktl_status check_picture_name(struct console *console, const char *path);

// For should_stop callbacks: whether Ctrl-C has come, which is acknowledged the first time.
bool stop_requested(struct console *console);

// The live line of a plain count, "Reading images [===>  ] 3/25  ETA 0:04".
void draw_count(struct console *console, const char *what, uint32_t done, uint32_t total,
                double seconds);

// The same, and stop_requested, as callbacks of the library with one of these as `user`.
struct count_progress {
    struct console *console;
    const char *what;
    double start_seconds; // by clock_seconds
};
void count_progress_draw(void *user, uint32_t done, uint32_t total);
bool count_progress_should_stop(void *user);

#endif
