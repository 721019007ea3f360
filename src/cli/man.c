// Responsible for `vktl man`: manual pages, made of the same tables as the help.
#include "cli/command.h"

#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/text.h"

struct man_options {
    struct common_options common;
    const char *out;
};

// clang-format off
static const struct option options[] = {
    {.name = "out", .type = OPTION_TEXT, .argument = "DIR",
     .offset = offsetof(struct man_options, out),
     .help = "write every page into this folder, vktl.1, vktl-train.1 and so on, instead"},
    ROW_HELP,
    {NULL},
};
// clang-format on

static const char examples[] = "  vktl man | man -l -           # of vktl as a whole\n"
                               "  vktl man train | man -l -\n"
                               "  vktl man --out ~/.local/share/man/man1\n";

// ---- Text for troff

static void append_plain(struct text *text, const char *words)
{
    bool starts_line = true;
    for (const char *c = words; *c; c++) {
        if (starts_line && (*c == '.' || *c == '\''))
            text_append(text, "\\&");
        if (*c == '\\')
            text_append(text, "\\e");
        else if (*c == '-')
            text_append(text, "\\-");
        else
            text_append_bytes(text, c, 1);
        starts_line = *c == '\n';
    }
}

static void append_line(struct text *text, const char *words)
{
    append_plain(text, words);
    text_append(text, "\n");
}

// ---- Pages

static void append_head(struct text *text, const char *command, const char *job)
{
    text_append(text, ".TH VKTL");
    if (command)
        text_append(text, "\\-");
    for (const char *c = command ? command : ""; *c; c++)
        text_append_bytes(text, &(char){*c == '-' ? '-' : (char)(*c - 'a' + 'A')}, 1);
    text_format(text, " 1 \"\" \"vktl %s\" \"vktl\"\n", vktl_version());
    text_append(text, ".nh\n.ad l\n.SH NAME\n");
    append_plain(text, "vktl");
    if (command) {
        text_append(text, "\\-");
        append_plain(text, command);
    }
    text_append(text, " \\- ");
    append_line(text, job);
}

static void append_default(struct text *text, const struct option *option)
{
    if (option->required) {
        text_append(text, "Needed.\n");
    } else if (option->value || option->note) {
        text_append(text, "Default: ");
        append_plain(text, option->value ? option->value : option->note);
        text_append(text, ".\n");
    }
}

static void append_option(struct text *text, const struct option *option)
{
    text_append(text, ".TP\n\\fB\\-\\-");
    append_plain(text, option->name);
    text_append(text, "\\fR");
    if (option->argument) {
        text_append(text, " \\fI");
        append_plain(text, option->argument);
        text_append(text, "\\fR");
    }
    text_append(text, "\n");
    append_plain(text, option->help);
    text_append(text, ".\n");
    append_default(text, option);
}

static void append_options(struct text *text, const struct option *rows)
{
    struct option_walk walk = {rows};
    text_append(text, ".SH OPTIONS\n");
    for (const struct option *option; (option = option_next(&walk));) {
        if (option->type == OPTION_HEADING) {
            text_append(text, ".SS ");
            append_line(text, option->help);
        } else {
            append_option(text, option);
        }
    }
}

static void append_command_page(struct text *text, const struct command *command)
{
    append_head(text, command->name, command->job);
    text_append(text, ".SH SYNOPSIS\n\\fBvktl ");
    append_plain(text, command->name);
    text_append(text, "\\fR");
    text_append(text, *command->positionals ? " " : "");
    append_plain(text, command->positionals);
    text_append(text, " [\\fIOPTIONS\\fR]\n");
    append_options(text, command->options);
    text_append(text, ".SH EXAMPLES\n.nf\n");
    append_plain(text, command->examples);
    text_append(text, ".fi\n.SH SEE ALSO\n\\fBvktl\\fR(1)\n");
}

static const char overview_end[] =
    ".SH EXIT STATUS\n"
    "0 done, 1 failed while running, 2 wrong usage, 3 no usable Vulkan device, 4 bad input, 5 "
    "does\n"
    "not fit in memory, 130 stopped by Ctrl\\-C.\n"
    ".SH ENVIRONMENT\n"
    ".TP\n\\fBVKTL_DEVICE\\fR\nThe device where \\fB\\-\\-device\\fR is not given.\n"
    ".TP\n\\fBXDG_CACHE_HOME\\fR, \\fBXDG_DATA_HOME\\fR\n"
    "Where compiled kernels are kept, and where further drivers are looked for.\n"
    ".TP\n\\fBNO_COLOR\\fR\nNo colour, whatever its value.\n";

static void append_overview_page(struct text *text)
{
    append_head(text, NULL, "train image classifiers by transfer learning on any Vulkan device");
    text_append(text, ".SH SYNOPSIS\n\\fBvktl\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n.br\n"
                      "\\fBvktl help\\fR \\fICOMMAND\\fR\n.br\n\\fBvktl \\-\\-version\\fR\n"
                      ".SH COMMANDS\n");
    for (uint32_t i = 0; commands[i]; i++) {
        text_append(text, ".TP\n\\fBvktl\\-");
        append_plain(text, commands[i]->name);
        text_append(text, "\\fR(1)\n");
        append_line(text, commands[i]->job);
    }
    text_append(text, overview_end);
}

static void append_page(struct text *text, const struct command *command)
{
    if (command)
        append_command_page(text, command);
    else
        append_overview_page(text);
}

// ---- The command

static vktl_status write_page(struct console *console, const struct command *command,
                              const char *folder)
{
    vktl_status status;
    struct text text, name;
    char *path = NULL;
    text_init(&text);
    text_init(&name);
    append_page(&text, command);
    text_format(&name, "vktl%s%s.1", command ? "-" : "", command ? command->name : "");
    TRY(text_status(&console->log, &text));
    TRY(text_status(&console->log, &name));
    path = path_join(folder, name.data);
    TRY_ALLOC(&console->log, path);
    TRY(file_write_all(&console->log, path, text.data, text.length));
fail:
    free(path);
    text_deinit(&text);
    text_deinit(&name);
    return status;
}

static vktl_status write_pages(struct console *console, const char *folder)
{
    vktl_status status;
    TRY(folder_create_all(&console->log, folder));
    TRY(write_page(console, NULL, folder));
    for (uint32_t i = 0; commands[i]; i++)
        TRY(write_page(console, commands[i], folder));
fail:
    return status;
}

static vktl_status print_page(struct console *console, const char *name)
{
    vktl_status status;
    const struct command *command = NULL;
    struct text text;
    text_init(&text);
    for (uint32_t i = 0; name && commands[i]; i++)
        if (strcmp(commands[i]->name, name) == 0)
            command = commands[i];
    if (name && !command)
        FAIL(&console->log, VKTL_USAGE, "there is no command '%s'; `vktl help` lists them", name);
    append_page(&text, command);
    TRY(text_status(&console->log, &text));
    TRY(console_write(console, text.data));
fail:
    text_deinit(&text);
    return status;
}

static vktl_status run(struct console *console, const void *values, const char *const *positionals,
                       uint32_t count)
{
    const struct man_options *chosen = values;
    if (chosen->out && count > 0)
        return log_fail(&console->log, VKTL_USAGE,
                        "--out writes the pages of all commands: leave '%s' out", positionals[0]);
    return chosen->out ? write_pages(console, chosen->out)
                       : print_page(console, count > 0 ? positionals[0] : NULL);
}

const struct command command_man = {
    .name = "man",
    .job = "print a manual page, of vktl or of one command",
    .positionals = "[COMMAND]",
    .positional_max = 1,
    .options = options,
    .values_size = sizeof(struct man_options),
    .examples = examples,
    .run = run,
};
