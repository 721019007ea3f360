// Responsible for the program's way from its arguments to a command and to the exit status, and for
// `help` and `--version`. What commands do is in a file each.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/suggest.h"

// clang-format off
const struct command *const commands[] = {
    &command_train,
    &command_infer,
    &command_eval,
    &command_lr_find,
    &command_augment,
    &command_features,
    &command_report,
    &command_summary,
    &command_convert,
    &command_devices,
    &command_selftest,
    &command_bench,
    &command_tune,
    &command_completion,
    &command_man,
    NULL,
};
// clang-format on

static const char overview[] =
    "vktl trains image classifiers by transfer learning on any Vulkan device.\n"
    "\n"
    "  vktl COMMAND [OPTIONS]\n"
    "  vktl help COMMAND\n"
    "  vktl --version\n"
    "\n";

static const char exit_statuses[] =
    "\n"
    "Exit status: 0 done, 1 failed while running, 2 wrong usage, 3 no usable Vulkan\n"
    "device, 4 bad input, 5 does not fit in memory, 130 stopped by Ctrl-C.\n";

// ---- Help

static void append_overview(struct text *text)
{
    text_append(text, overview);
    for (uint32_t i = 0; commands[i]; i++)
        text_format(text, "  %-11s %s\n", commands[i]->name, commands[i]->job);
    text_append(text, exit_statuses);
}

static void append_command_help(struct text *text, const struct command *command)
{
    text_format(text, "vktl %s: ", command->name);
    options_wrap(text, command->job, (uint32_t)text->length, 2);
    text_format(text, "\n  vktl %s%s%s [OPTIONS]\n\n", command->name,
                *command->positionals ? " " : "", command->positionals);
    options_help(command->options, text);
    text_format(text, "\nExamples\n%s", command->examples);
}

// Prints the overview where `command` is NULL.
static vktl_status print_help(struct console *console, const struct command *command)
{
    vktl_status status;
    struct text text;
    text_init(&text);
    if (command)
        append_command_help(&text, command);
    else
        append_overview(&text);
    TRY(text_status(&console->log, &text));
    TRY(console_write(console, text.data));
fail:
    text_deinit(&text);
    return status;
}

// ---- Commands

static const char *command_name(const void *user, uint32_t index)
{
    (void)user;
    return commands[index] ? commands[index]->name : NULL;
}

// VKTL_USAGE, with a message, when there is no such command.
static vktl_status find_command(struct console *console, const char *name,
                                const struct command **found)
{
    for (uint32_t i = 0; commands[i]; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            *found = commands[i];
            return VKTL_OK;
        }
    }
    const char *nearest = suggest_nearest(name, command_name, NULL);
    if (nearest)
        return log_fail(&console->log, VKTL_USAGE, "there is no command '%s'; did you mean %s?",
                        name, nearest);
    return log_fail(&console->log, VKTL_USAGE, "there is no command '%s'; `vktl help` lists them",
                    name);
}

static vktl_status help(struct console *console, const char *const *words, uint32_t count)
{
    const struct command *command = NULL;
    if (count > 1)
        return log_fail(&console->log, VKTL_USAGE, "help takes one command, but %u were given",
                        count);
    const vktl_status status = count == 1 ? find_command(console, words[0], &command) : VKTL_OK;
    return status == VKTL_OK ? print_help(console, command) : status;
}

// Whether help is asked for: before anything else is looked at, so that it always comes.
static bool asks_for_help(const char *const *words, uint32_t count)
{
    for (uint32_t i = 0; i < count && strcmp(words[i], "--") != 0; i++)
        if (strcmp(words[i], "--help") == 0 || strcmp(words[i], "-h") == 0)
            return true;
    return false;
}

static vktl_status run_command(struct console *console, const struct command *command,
                               const char **words, uint32_t count)
{
    vktl_status status;
    uint32_t positional_count;
    const char **given = calloc(count + 1, sizeof *given);
    const struct option_set set = {command->name,           command->options,
                                   command->positionals,    command->positional_min,
                                   command->positional_max, given};
    void *values = calloc(1, command->values_size);
    TRY_ALLOC(&console->log, values);
    TRY_ALLOC(&console->log, given);
    options_set_defaults(command->options, values);
    status = options_parse(&console->log, &set, words, count, values, &positional_count);
    if (status == VKTL_OK)
        status = options_check(&console->log, &set, values, words, positional_count);
    if (status != VKTL_OK) {
        fprintf(stderr, "`vktl help %s` lists what it takes.\n", command->name);
        goto fail;
    }
    ((struct common_options *)values)->given = given;
    console->quiet = ((const struct common_options *)values)->quiet;
    interrupt_install();
    status = command->run(console, values, words, positional_count);
fail:
    free(values);
    free(given);
    return status;
}

static vktl_status dispatch(struct console *console, const char **words, uint32_t count)
{
    const struct command *command = NULL;
    if (strcmp(words[0], "--version") == 0) {
        char version[64];
        snprintf(version, sizeof version, "vktl %s\n", vktl_version());
        return console_write(console, version);
    }
    if (strcmp(words[0], "help") == 0)
        return asks_for_help(words, count) ? print_help(console, NULL)
                                           : help(console, words + 1, count - 1);
    if (strcmp(words[0], "--help") == 0 || strcmp(words[0], "-h") == 0)
        return help(console, words + 1, count - 1);
    if (words[0][0] == '-')
        return log_fail(&console->log, VKTL_USAGE,
                        "a command comes first, and %s is none; `vktl help` lists them", words[0]);
    const vktl_status status = find_command(console, words[0], &command);
    if (status != VKTL_OK)
        return status;
    if (asks_for_help(words + 1, count - 1))
        return print_help(console, command);
    return run_command(console, command, words + 1, count - 1);
}

static void print_usage(void)
{
    struct text text;
    text_init(&text);
    append_overview(&text);
    if (!text.failed)
        fputs(text.data, stderr);
    text_deinit(&text);
}

int main(int argc, char **argv)
{
    struct console console;
    if (argc < 2) {
        print_usage();
        return vktl_status_exit(VKTL_USAGE);
    }
    vktl_status status = console_init(&console);
    if (status != VKTL_OK)
        return vktl_status_exit(status);
    status = dispatch(&console, (const char **)argv + 1, (uint32_t)argc - 1);
    console_deinit(&console);
    return vktl_status_exit(status);
}
