// Responsible for `vktl lr-find`: its options, and the range test as text, JSON and files.
#include <vktl/lr_find.h>

#include <math.h>

#include "base/text.h"
#include "cli/json.h"
#include "cli/training.h"

struct lr_find_options {
    struct common_options common;
    struct training_options training;
    double from, to;
    uint32_t steps;
    const char *out;
};

#define AT(member)   .offset = offsetof(struct lr_find_options, member)
#define ROWS(table_) ROWS_TRAINING(table_, struct lr_find_options, training)

// clang-format off
static const struct option options[] = {
    ROW_HEADING("Range test"),
    {.name = "from", .type = OPTION_F64, .argument = "RATE", AT(from), .value = "1e-10",
     .above_min = true,
     .help = "learning rate of the first step"},
    {.name = "to", .type = OPTION_F64, .argument = "RATE", AT(to), .value = "10",
     .above_min = true,
     .help = "learning rate of the last step; the test ends sooner where the smoothed loss rises "
             "to 4 times its lowest"},
    {.name = "steps", .type = OPTION_U32, .argument = "N", AT(steps),
     .note = "those of 5 epochs, but at least 100 and at most 1000", .min = 20, .max = 10000,
     .unit = "steps",
     .help = "batches to train on, each at a learning rate higher by the same factor"},
    {.name = "out", .type = OPTION_TEXT, .argument = "DIR", AT(out), .value = "lr-find",
     .help = "folder for lr_find.csv, lr_find.png and lr_find.svg, which are replaced"},

    ROW_HEADING("Data"),
    ROWS(training_data),

    ROW_HEADING("Model"),
    ROWS(training_model),

    ROW_HEADING("Training"),
    ROWS(training_optimizer),

    ROW_HEADING("Augmentation of training images, each time another within these ranges"),
    ROWS_AUGMENT(struct lr_find_options, training),

    ROW_HEADING("Run"),
    ROWS(training_memory),
    ROW_DEVICE,
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
    "  vktl lr-find --train photos/train --model mobilenet --head gap,dropout:0.5 \\\n"
    "      --weights mobilenet_1_0_224_tf_no_top.h5\n"
    "  vktl train --lr auto ...    # the same test, and then a run at what it recommends\n";

// ---- Progress

static void show(void *user, const struct vktl_train_progress *now)
{
    training_show(user, now);
}

static bool should_stop(void *user)
{
    return stop_requested(user);
}

// ---- The result

struct suggestion {
    const char *name, *key, *reason;
    double rate;
};

enum { SUGGESTIONS = 3 };

static void list_suggestions(const struct vktl_lr_suggestions *found,
                             struct suggestion list[SUGGESTIONS])
{
    list[0] = (struct suggestion){"valley", "valley",
                                  "two thirds into the longest fall of the loss", found->valley};
    list[1] = (struct suggestion){"steepest", "steepest", "where the loss falls fastest",
                                  found->steepest};
    list[2] = (struct suggestion){"minimum/10", "minimum_10",
                                  "a tenth of the rate of the lowest loss", found->minimum_10};
}

static void append_suggestions(struct text *text, const struct vktl_lr_find_result *result)
{
    struct suggestion list[SUGGESTIONS];
    list_suggestions(&result->suggestions, list);
    for (int i = 0; i < SUGGESTIONS; i++) {
        if (isnan(list[i].rate))
            text_format(text, "%-11s %-9s %s\n", list[i].name, "-", "the loss never falls");
        else
            text_format(text, "%-11s %-9.3g %s\n", list[i].name, list[i].rate, list[i].reason);
    }
}

static vktl_status write_text(struct console *console, const struct vktl_lr_find_result *result)
{
    vktl_status status;
    struct text text;
    text_init(&text);
    append_suggestions(&text, result);
    if (result->suggestions.recommended_name)
        text_format(&text, "\nRecommended: --lr %.3g (%s)\n", result->suggestions.recommended,
                    result->suggestions.recommended_name);
    TRY(text_status(&console->log, &text));
    TRY(console_write(console, text.data));
fail:
    text_deinit(&text);
    return status;
}

static void add_steps(struct json *json, const struct vktl_lr_find_result *result)
{
    cJSON *steps = json_add_array(json, json->root, "steps");
    for (uint32_t i = 0; i < result->count; i++) {
        cJSON *step = json_add_object(json, steps, NULL);
        json_add_number(json, step, "learning_rate", result->rates[i]);
        json_add_number(json, step, "loss", result->losses[i]);
        json_add_number(json, step, "smoothed", result->smoothed[i]);
    }
}

// A suggestion that there is not is null.
static vktl_status write_json(struct console *console, const struct vktl_lr_find_result *result)
{
    struct suggestion list[SUGGESTIONS];
    struct json json;
    list_suggestions(&result->suggestions, list);
    json_init_object(&json);
    cJSON *suggestions = json_add_object(&json, json.root, "suggestions");
    for (int i = 0; i < SUGGESTIONS; i++)
        json_add_number(&json, suggestions, list[i].key, list[i].rate);
    json_add_number(&json, json.root, "recommended", result->suggestions.recommended);
    json_add_number(&json, json.root, "planned_steps", result->steps);
    json_add_bool(&json, json.root, "stopped", result->stopped);
    add_steps(&json, result);
    const vktl_status status = json_write(console, &json);
    json_deinit(&json);
    return status;
}

// By less than a twentieth: what is suggested then follows the noise.
static bool hardly_falls(const struct vktl_lr_find_result *result)
{
    const uint32_t first = result->steps / 10; // what is before does not count
    double lowest = INFINITY;
    for (uint32_t i = first; i < result->count; i++)
        lowest = fmin(lowest, result->smoothed[i]);
    return first < result->count && lowest > 0.95 * result->smoothed[first];
}

static void say_end(struct console *console, const struct vktl_lr_find_result *result,
                    const char *folder)
{
    if (result->count == 0)
        console_say(console, "The loss of the first step is not a number.");
    else
        console_say(console, "%u steps, from %.3g to %.3g%s", result->count, result->rates[0],
                    result->rates[result->count - 1],
                    result->stopped ? ": stopped, since the loss shot up" : "");
    console_say(console, "The curve is in %s", folder);
    if (hardly_falls(result))
        console_say(console,
                    "The loss hardly falls in so few steps: more --steps, such as %u, "
                    "tell more.",
                    result->steps < 1000 ? 1000 : 10000);
}

// ---- The command

static vktl_status find(struct console *console, const struct lr_find_options *chosen,
                        struct vktl_lr_find_result *result)
{
    vktl_status status;
    struct vktl_device *device = NULL;
    struct vktl_train_params training = training_params(&chosen->training);
    training.strict = chosen->common.strict;
    const struct vktl_lr_find_params params = {
        .from = chosen->from, .to = chosen->to, .steps = chosen->steps};
    training.progress = show;
    training.should_stop = should_stop;
    training.user = console;
    TRY(augment_read(&console->log, &chosen->training.augment, &training.augment));
    TRY(open_device(console, &chosen->common, DEVICE_TRAINS, &device));
    const struct vktl_device_info *info = vktl_device_info(device);
    console_say(console, "Device: %s (%s)", info->name, info->driver);
    status = vktl_lr_find(&console->log, device, &training, &params, result);
    console_clear(console);
fail:
    vktl_device_close(&device);
    return status;
}

static vktl_status run(struct console *console, const void *values, const char *const *positionals,
                       uint32_t count)
{
    vktl_status status;
    const struct lr_find_options *chosen = values;
    struct vktl_lr_find_result result = {0};
    (void)positionals, (void)count;
    TRY(find(console, chosen, &result));
    TRY(vktl_lr_find_save(&console->log, &result, chosen->out));
    say_end(console, &result, chosen->out);
    TRY(chosen->common.json ? write_json(console, &result) : write_text(console, &result));
    if (!result.suggestions.recommended_name)
        FAIL(&console->log, VKTL_FAILED,
             "the loss never falls, so no learning rate is recommended; try other --from and --to, "
             "or more --steps");
fail:
    vktl_lr_find_release(&result);
    return status;
}

const struct command command_lr_find = {
    .name = "lr-find",
    .job = "find a learning rate by a short training, which is undone",
    .positionals = "",
    .options = options,
    .values_size = sizeof(struct lr_find_options),
    .examples = examples,
    .run = run,
};
