// Responsible for `vktl completion` and for what values are completed to; the scripts are
// completion_bash.c's and completion_zsh.c's.
#include "cli/completion.h"

#include <ctype.h>
#include <string.h>

#include <vktl/model.h>

// ---- Values

static void add_word(struct completion *completion, const char *word, size_t size)
{
    if (completion->words.length > 0)
        text_append(&completion->words, " ");
    text_append_bytes(&completion->words, word, size);
}

static void add_models(struct completion *completion)
{
    char name[VKTL_BUILTIN_NAME_SIZE];
    for (uint32_t i = 0; i < vktl_model_builtin_count(); i++) {
        vktl_model_builtin_name(i, name);
        add_word(completion, name, strlen(name));
    }
}

static bool is_word(const char *part, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!islower((unsigned char)part[i]))
            return false;
    return size > 0;
}

// What the help calls a value says what it is: alternatives parted by bars, words to be typed in
// small letters, DIR and FILE, all else free.
static void add_alternatives(const char *argument, struct completion *completion)
{
    for (const char *part = argument; *part;) {
        const size_t size = strcspn(part, "|");
        completion->folders = completion->folders || strncmp(part, "DIR", 3) == 0;
        completion->files = completion->files || strncmp(part, "FILE", 4) == 0;
        if (is_word(part, size) && !strchr(argument, '.'))
            add_word(completion, part, size);
        part += size;
        part += *part == '|';
    }
}

void completion_of_option(const struct option *option, struct completion *completion)
{
    *completion = (struct completion){0};
    if (option->type == OPTION_CHOICE) {
        for (uint32_t i = 0; option->choices[i]; i++)
            add_word(completion, option->choices[i], strlen(option->choices[i]));
        return;
    }
    add_alternatives(option->argument, completion);
    if (strcmp(option->name, "model") == 0)
        add_models(completion);
    if (strcmp(option->name, "device") == 0)
        add_alternatives("discrete|integrated|virtual|cpu", completion);
}

void completion_of_positional(const struct command *command, uint32_t index,
                              struct completion *completion)
{
    *completion = (struct completion){0};
    if (command->positional_max <= index)
        return;
    if (strcmp(command->name, "completion") == 0) {
        add_alternatives(command->positionals, completion);
        return;
    }
    completion->files = true; // folders among them
    if (index == 0 && strstr(command->positionals, "MODEL"))
        add_models(completion);
}

// ---- The command

struct completion_options {
    struct common_options common;
};

static const struct option options[] = {ROW_HELP, {NULL}};

static const char examples[] =
    "  . <(vktl completion bash)                          # in this shell\n"
    "  vktl completion bash > ~/.local/share/bash-completion/completions/vktl\n"
    "  vktl completion zsh > ~/.zfunc/_vktl               # a folder of $fpath\n";

static vktl_status run(struct console *console, const void *values, const char *const *positionals,
                       uint32_t count)
{
    vktl_status status;
    struct text text;
    (void)values, (void)count;
    text_init(&text);
    if (strcmp(positionals[0], "bash") == 0)
        completion_bash(&text);
    else if (strcmp(positionals[0], "zsh") == 0)
        completion_zsh(&text);
    else
        FAIL(&console->log, VKTL_USAGE, "there is completion for bash and zsh, not for '%s'",
             positionals[0]);
    TRY(text_status(&console->log, &text));
    TRY(console_write(console, text.data));
fail:
    text_deinit(&text);
    return status;
}

const struct command command_completion = {
    .name = "completion",
    .job = "print what makes a shell complete vktl's words",
    .positionals = "bash|zsh",
    .positional_min = 1,
    .positional_max = 1,
    .options = options,
    .values_size = sizeof(struct completion_options),
    .examples = examples,
    .run = run,
};
