// Responsible for `vktl train`: its options, its progress, its closing words. The training itself,
// and every file of the run folder, are the library's.
#include <vktl/picture.h>
#include <vktl/report.h>
#include <vktl/trainer.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cli/json.h"
#include "cli/training.h"
#include "cli/training_course.h"

struct train_options {
    struct common_options common;
    struct training_options training;
    struct course_options course;
    const char *val, *run, *tensorboard, *plan, *fallback_device;
    uint32_t epochs;
    double lr;
    uint64_t max_steps;
    double checkpoint_seconds;
    bool resume, overwrite, dry_run, no_report;
};

#define AT(member)   .offset = offsetof(struct train_options, member)
#define ROWS(table_) ROWS_TRAINING(table_, struct train_options, training)
#define COURSE(table_) ROWS_TRAINING(table_, struct train_options, course)

// clang-format off
static const struct option options[] = {
    ROW_HEADING("Data"),
    ROWS(training_data),
    {.name = "val", .type = OPTION_TEXT, .argument = "DIR", AT(val), .note = "none",
     .help = "validation images, in folders of the same names"},

    ROW_HEADING("Model"),
    ROWS(training_model),

    ROW_HEADING("Training"),
    {.name = "epochs", .type = OPTION_U32, .argument = "N", AT(epochs), .value = "20", .min = 1,
     .max = 1000000, .unit = "epochs",
     .help = "times that every image is seen"},
    {.name = "max-steps", .type = OPTION_U64, .argument = "N", AT(max_steps), .note = "no limit",
     .min = 1, .unit = "steps",
     .help = "stop after so many steps"},
    {.name = "lr", .type = OPTION_F64, .argument = "RATE|auto", AT(lr), .value = "0.001",
     .above_min = true, .word = "auto",
     .help = "learning rate; auto: what `vktl lr-find` recommends, found before the first epoch"},
    ROWS(training_optimizer),

    ROW_HEADING("Augmentation of training images, each time another within these ranges"),
    ROWS_AUGMENT(struct train_options, training),

    ROW_HEADING("Learning rate over time"),
    COURSE(training_schedule),

    ROW_HEADING("After each epoch"),
    COURSE(training_callbacks),

    ROW_HEADING("Fine-tuning"),
    COURSE(training_fine_tune),

    ROW_HEADING("Run"),
    {.name = "run", .type = OPTION_TEXT, .argument = "DIR", AT(run),
     .help = "folder for the trained model and all that is recorded; needed unless --dry-run"},
    {.name = "overwrite", .type = OPTION_FLAG, AT(overwrite),
     .help = "replace a run that is in that folder already"},
    {.name = "resume", .type = OPTION_FLAG, AT(resume),
     .help = "go on with the run in --run where it stopped, with its own options; start it if "
             "there is none and --train is given"},
    {.name = "checkpoint-seconds", .type = OPTION_F64, .argument = "S", AT(checkpoint_seconds),
     .value = "10", .max = 86400, .unit = "seconds",
     .help = "write the run's files at most this often; 0: after every step"},
    {.name = "tensorboard", .type = OPTION_TEXT, .argument = "DIR", AT(tensorboard), .note = "none",
     .help = "event files of every epoch, for `tensorboard --logdir DIR`: training in DIR/train, "
             "validation in DIR/validation"},
    {.name = "no-report", .type = OPTION_FLAG, AT(no_report),
     .help = "leave out report.html and confusion.png, which `vktl report` makes"},
    {.name = "dry-run", .type = OPTION_FLAG, AT(dry_run),
     .help = "print the plan (layers, what lies in memory when, submits) and stop"},
    {.name = "plan", .type = OPTION_TEXT, .argument = "FILE.png|svg", AT(plan), .note = "none",
     .help = "with --dry-run: a picture of what lies in memory when; of the second phase in a file "
             "of its own, FILE-fine-tune.svg"},
    ROWS(training_memory),
    ROW_DEVICE,
    {.name = "fallback-device", .type = OPTION_TEXT, .argument = "auto|N|NAME", AT(fallback_device),
     .note = "the same",
     .help = "where the run goes on, once, if its device is lost: from last.safetensors, or from "
             "the start if nothing was saved yet"},
    ROW_NO_SMOKE,
    ROW_NO_TUNE,
    ROW_STRICT,
    ROW_MEMORY_LIMIT,
    ROW_JSON,
    ROW_QUIET,
    ROW_HELP,
    {NULL},
};
// clang-format on

static const char examples[] =
    "  vktl train --train photos/train --val photos/val --run runs/people \\\n"
    "      --weights vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5\n"
    "  vktl train --train photos --val-split 0.2 --model vgg-mini --run runs/small\n"
    "  vktl train --resume --run runs/small --epochs 50\n";

// ---- Progress

struct progress {
    struct console *console;
    const struct train_options *chosen;
    double epoch_seconds; // of the last whole epoch, 0 before
    vktl_status status;   // of writing the plan
};

// Seconds to the end of the phase, from the last epoch, or the pace of this one.
static double remaining_seconds(const struct progress *progress,
                                const struct vktl_train_progress *now)
{
    const double pace = now->seconds / (now->done - now->from);
    const double epoch = progress->epoch_seconds > 0 ? progress->epoch_seconds : pace * now->total;
    return pace * (now->total - now->done) + epoch * (now->epochs - now->epoch);
}

static void draw_step(struct progress *progress, const struct vktl_train_progress *now)
{
    char left[64], right[CONSOLE_LINE_SIZE], eta[CONSOLE_TIME_SIZE];
    if (now->done <= now->from || !console_wants_line(progress->console))
        return;
    const double rate = now->seconds > 0 ? now->images / now->seconds : 0;
    snprintf(left, sizeof left, "Epoch %u/%u", now->epoch, now->epochs);
    snprintf(right, sizeof right, " ETA %s %.*f img/s loss %.4f acc %.4f",
             console_time(remaining_seconds(progress, now), eta), rate < 100, rate, now->loss,
             now->accuracy);
    console_draw(progress->console, left, now->done, now->total, right);
}

enum { FIGURES_SIZE = 96 };

// On a terminal so short that it fits 80 columns; else in full words, for those who search a log.
static void say_epoch(struct progress *progress, const struct vktl_train_progress *now)
{
    char validation[FIGURES_SIZE] = "";
    const bool is_short = progress->console->is_live;
    if (!isnan(now->val_loss))
        snprintf(validation, sizeof validation,
                 is_short ? "  val_loss %.4f val_acc %.4f"
                          : " - val_loss: %.4f - val_accuracy: %.4f",
                 now->val_loss, now->val_accuracy);
    console_say(progress->console,
                is_short ? "Epoch %u/%u  %.1fs  loss %.4f acc %.4f%s%s"
                         : "Epoch %u/%u - %.1fs - loss: %.4f - accuracy: %.4f%s%s",
                now->epoch, now->epochs, now->seconds, now->loss, now->accuracy, validation,
                !now->improved ? ""
                : is_short     ? "  best"
                               : " - best");
    progress->epoch_seconds = now->seconds;
}

// The plan is what a dry run is for; otherwise it is a note.
static void write_plan(struct progress *progress, const char *plan)
{
    const size_t length = strlen(plan);
    progress->status = console_write(progress->console, plan);
    if (progress->status == VKTL_OK && (!length || plan[length - 1] != '\n'))
        progress->status = console_write(progress->console, "\n");
}

static void show(void *user, const struct vktl_train_progress *now)
{
    struct progress *progress = user;
    if (now->stage == VKTL_TRAIN_PLAN && progress->chosen->dry_run)
        write_plan(progress, now->plan);
    else if (now->stage == VKTL_TRAIN_STEP)
        draw_step(progress, now);
    else if (now->stage == VKTL_TRAIN_EPOCH)
        say_epoch(progress, now);
    else
        training_show(progress->console, now);
}

static bool should_stop(void *user)
{
    const struct progress *progress = user;
    return stop_requested(progress->console) || progress->status != VKTL_OK;
}

// ---- The result

static void say_best(struct console *console, const struct train_options *chosen,
                     const struct vktl_train_result *result)
{
    if (!result->best_epoch)
        return;
    console_say(console, "Best: epoch %u, %s %.4f, in %s/best.safetensors", result->best_epoch,
                vktl_monitor_name(result->best_monitor), result->best_value, chosen->run);
}

static void say_next(struct console *console, const struct train_options *chosen,
                     const struct vktl_train_result *result, vktl_status status)
{
    if (status == VKTL_INTERRUPTED) {
        console_say(console, "The state of the last step is in %s/last.safetensors", chosen->run);
        console_say(console, "To go on:  vktl train --resume --run %s", chosen->run);
    }
    if (result->best_epoch)
        console_say(console, "To use it: vktl infer %s photo.jpg", chosen->run);
}

static void say_end(struct console *console, const struct train_options *chosen,
                    const struct vktl_train_result *result, vktl_status status, double seconds)
{
    char total[CONSOLE_TIME_SIZE];
    if ((status != VKTL_OK && status != VKTL_INTERRUPTED) || !result->steps_done)
        return;
    if (!result->was_complete)
        console_say(console, "%s %u epochs (%" PRIu64 " steps) in %s.",
                    status == VKTL_OK ? "Done:" : "Stopped after", result->epochs_done,
                    result->steps_done, console_duration(seconds, total));
    say_best(console, chosen, result);
    say_next(console, chosen, result, status);
}

// An epoch's number, or null where there is none.
static void add_epoch(struct json *json, const char *name, uint32_t epoch)
{
    json_add_number(json, json->root, name, epoch ? epoch : NAN);
}

// The training is done whether or not its report succeeds, which has said why.
// The model is there: what goes wrong with its report is no error of the training.
static void write_report(struct console *console, const struct train_options *chosen,
                         struct vktl_device *device)
{
    const struct vktl_log log = log_softened(&console->log);
    struct count_progress progress = {console, "Report", clock_seconds()};
    const struct vktl_report_params params = {.run_folder = chosen->run,
                                              .progress = count_progress_draw,
                                              .should_stop = count_progress_should_stop,
                                              .user = &progress};
    if (vktl_report(&log, device, &params) != VKTL_OK)
        console_say(console, "There is no report; `vktl report %s` tries again", chosen->run);
}

static vktl_status write_json(struct console *console, const struct train_options *chosen,
                              const struct vktl_train_result *result, double seconds,
                              bool restarted)
{
    struct json json;
    json_init_object(&json);
    json_add_text(&json, json.root, "run", chosen->run);
    json_add_number(&json, json.root, "epochs", result->epochs_done);
    json_add_number(&json, json.root, "steps", (double)result->steps_done);
    json_add_number(&json, json.root, "first_epoch", result->first_epoch);
    json_add_number(&json, json.root, "best_epoch", result->best_epoch);
    json_add_text(&json, json.root, "best_monitor", vktl_monitor_name(result->best_monitor));
    json_add_number(&json, json.root, "best_value", result->best_epoch ? result->best_value : NAN);
    json_add_number(&json, json.root, "learning_rate", result->learning_rate);
    add_epoch(&json, "stopped_epoch", result->stopped_epoch);
    add_epoch(&json, "first_fine_tune_epoch", result->first_fine_tune_epoch);
    json_add_bool(&json, json.root, "was_complete", result->was_complete);
    json_add_bool(&json, json.root, "restarted", restarted);
    json_add_number(&json, json.root, "loss", result->last_loss);
    json_add_number(&json, json.root, "accuracy", result->last_accuracy);
    json_add_number(&json, json.root, "val_loss", result->last_val_loss);
    json_add_number(&json, json.root, "val_accuracy", result->last_val_accuracy);
    json_add_number(&json, json.root, "seconds", seconds);
    json_add_number(&json, json.root, "features_seconds", result->features_seconds);
    json_add_number(&json, json.root, "features_found", result->features_found);
    json_add_number(&json, json.root, "first_epoch_seconds", result->first_epoch_seconds);
    json_add_number(&json, json.root, "other_epochs_seconds", result->other_epochs_seconds);
    json_add_number(&json, json.root, "busy_seconds", result->busy_seconds);
    json_add_number(&json, json.root, "device_bytes", (double)result->device_bytes);
    const vktl_status status = json_write(console, &json);
    json_deinit(&json);
    return status;
}

// ---- The command

static vktl_status check(const struct vktl_log *log, const struct train_options *chosen)
{
    if (!chosen->training.train && !chosen->resume)
        return log_fail(log, VKTL_USAGE, "train needs --train DIR, a folder of images");
    if (!chosen->run && (!chosen->dry_run || chosen->resume))
        return log_fail(log, VKTL_USAGE, "train needs --run DIR, a folder for what it makes");
    if (chosen->resume && chosen->overwrite)
        return log_fail(log, VKTL_USAGE, "--resume and --overwrite exclude each other: give one");
    if (chosen->val && chosen->training.val_split > 0)
        return log_fail(log, VKTL_USAGE, "--val and --val-split exclude each other: give one");
    if (chosen->plan && !chosen->dry_run)
        return log_fail(log, VKTL_USAGE, "--plan FILE draws what --dry-run plans: give both");
    if (chosen->plan && !vktl_picture_can_save(chosen->plan))
        return log_fail(log, VKTL_USAGE, "--plan: %s: the name must end in .png or .svg",
                        chosen->plan);
    if (chosen->dry_run && chosen->common.json)
        return log_fail(log, VKTL_USAGE, "--dry-run prints its plan as text: leave --json out");
    return VKTL_OK;
}

static struct vktl_train_params train_params(const struct train_options *chosen,
                                             struct progress *progress)
{
    struct vktl_train_params params = training_params(&chosen->training);
    params.strict = chosen->common.strict;
    params.validation_folder = chosen->val;
    params.run_folder = chosen->run;
    params.tensorboard_folder = chosen->tensorboard;
    params.overwrite = chosen->overwrite;
    params.epochs = chosen->epochs;
    params.find_learning_rate = isnan(chosen->lr);
    params.learning_rate = params.find_learning_rate ? 0 : chosen->lr;
    params.max_steps = chosen->max_steps;
    params.schedule = chosen->course.schedule;
    params.callbacks = chosen->course.callbacks;
    params.fine_tune = chosen->course.fine_tune;
    params.checkpoint_seconds = chosen->checkpoint_seconds == 0 ? -1 : chosen->checkpoint_seconds;
    params.resume = chosen->resume;
    params.chosen = chosen->common.given;
    params.dry_run = chosen->dry_run;
    params.plan_picture = chosen->plan;
    params.progress = show;
    params.should_stop = should_stop;
    params.user = progress;
    return params;
}

// ---- A device that is lost

// The same that it was, and not the next one in its place, unless another is asked for.
static vktl_status open_again(struct console *console, const struct train_options *chosen,
                              struct vktl_device **device)
{
    vktl_status status;
    char number[16];
    const struct vktl_device_info before = *vktl_device_info(*device);
    struct common_options common = chosen->common;
    snprintf(number, sizeof number, "%u", before.index);
    common.device = chosen->fallback_device ? chosen->fallback_device : number;
    vktl_device_close(device);
    TRY(open_device(console, &common, DEVICE_TRAINS, device));
    const struct vktl_device_info *info = vktl_device_info(*device);
    if (!chosen->fallback_device &&
        (strcmp(info->name, before.name) != 0 || strcmp(info->driver, before.driver) != 0))
        FAIL(&console->log, VKTL_NO_DEVICE, "%s is gone", before.name);
    console_say(console, "Device: %s (%s)", info->name, info->driver);
fail:
    return status;
}

static void add_result(struct vktl_train_result *result, const struct vktl_train_result *before)
{
    result->first_epoch = before->first_epoch ? before->first_epoch : result->first_epoch;
    result->features_seconds += before->features_seconds;
    result->first_epoch_seconds += before->first_epoch_seconds;
    result->other_epochs_seconds += before->other_epochs_seconds;
    result->busy_seconds += before->busy_seconds;
}

// Goes on, once, with what was reached when the device was lost.
static vktl_status restart(struct console *console, const struct train_options *chosen,
                           const struct vktl_train_params *params, struct vktl_device **device,
                           struct vktl_train_result *result)
{
    static const char *const nothing[] = {NULL};
    vktl_status status;
    const struct vktl_train_result before = *result;
    struct vktl_train_params again = *params;
    if (before.has_run) {
        again.resume = true;
        again.chosen = nothing; // that differs: the run was started so
    }
    log_warning(&console->log, "the device was lost; the run %s once more, on %s",
                before.has_run ? "goes on" : "begins",
                chosen->fallback_device ? chosen->fallback_device : "the same one, opened anew");
    TRY(open_again(console, chosen, device));
    status = vktl_train(&console->log, *device, &again, result);
    add_result(result, &before);
    if (status == VKTL_DEVICE_LOST && (before.has_run || result->has_run))
        log_fail(&console->log, status,
                 "the device was lost again; to go on once it works: vktl train --resume --run %s",
                 chosen->run);
fail:
    return status;
}

static vktl_status run(struct console *console, const void *values, const char *const *positionals,
                       uint32_t count)
{
    vktl_status status;
    const struct train_options *chosen = values;
    struct vktl_device *device = NULL;
    struct vktl_train_result result = {0};
    struct progress progress = {console, chosen, 0, VKTL_OK};
    struct vktl_train_params params = train_params(chosen, &progress);
    (void)positionals, (void)count;

    const double start_seconds = clock_seconds();
    TRY(check(&console->log, chosen));
    TRY(augment_read(&console->log, &chosen->training.augment, &params.augment));
    TRY(open_device(console, &chosen->common, DEVICE_TRAINS, &device));
    const struct vktl_device_info *info = vktl_device_info(device);
    console_say(console, "Device: %s (%s)", info->name, info->driver);
    status = vktl_train(&console->log, device, &params, &result);
    console_clear(console);
    const bool restarts =
        status == VKTL_DEVICE_LOST && !chosen->dry_run && !stop_requested(console);
    if (restarts)
        status = restart(console, chosen, &params, &device, &result);
    console_clear(console);
    if (progress.status != VKTL_OK)
        status = progress.status;
    const double seconds = clock_seconds() - start_seconds;
    if (!chosen->dry_run)
        say_end(console, chosen, &result, status, seconds);
    const bool is_new = result.best_epoch && !result.was_complete;
    if (status == VKTL_OK && is_new && !chosen->dry_run && !chosen->no_report)
        write_report(console, chosen, device);
    if (chosen->common.json && status == VKTL_OK)
        TRY(write_json(console, chosen, &result, seconds, restarts));
fail:
    vktl_device_close(&device);
    return status;
}

const struct command command_train = {
    .name = "train",
    .job = "train a model on folders of images; makes a run directory",
    .positionals = "",
    .options = options,
    .values_size = sizeof(struct train_options),
    .examples = examples,
    .run = run,
};
