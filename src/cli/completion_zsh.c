// Responsible for the script that zsh completes by.
#include "cli/completion.h"

#include <string.h>

// Text within single quotes, where brackets and colons mean something to _arguments.
static void append_quoted(struct text *text, const char *words)
{
    for (const char *c = words; *c; c++) {
        if (*c == '\'')
            text_append(text, "'\\''");
        else if (strchr("[]:\\", *c))
            text_append_bytes(text, (const char[]){'\\', *c}, 2);
        else
            text_append_bytes(text, c, 1);
    }
}

// What stands after the value's name. Words and files together are two alternatives.
static void append_action(struct text *text, struct completion *completion)
{
    const char *files = completion->files ? "_files" : completion->folders ? "_files -/" : NULL;
    if (completion->words.length > 0 && files)
        text_format(text, "{_alternative \"words:word:(%s)\" \"files:file:%s\"}",
                    completion->words.data, files);
    else if (completion->words.length > 0)
        text_format(text, "(%s)", completion->words.data);
    else
        text_append(text, files ? files : " ");
    text->failed = text->failed || completion->words.failed;
    text_deinit(&completion->words);
}

static void append_option(struct text *text, const struct option *option)
{
    struct completion completion;
    const bool has_value = option->type != OPTION_FLAG;
    text_format(text, " \\\n            '--%s%s[", option->name, has_value ? "=" : "");
    append_quoted(text, option->help);
    text_append(text, "]");
    if (has_value) {
        text_append(text, ":");
        append_quoted(text, option->argument);
        text_append(text, ":");
        completion_of_option(option, &completion);
        append_action(text, &completion);
    }
    text_append(text, "'");
}

static void append_positionals(struct text *text, const struct command *command)
{
    struct completion completion;
    if (command->positional_max > 0) {
        completion_of_positional(command, 0, &completion);
        text_append(text, " \\\n            '1:word:");
        append_action(text, &completion);
        text_append(text, "'");
    }
    if (command->positional_max > 1) {
        completion_of_positional(command, 1, &completion);
        text_append(text, " \\\n            '*:word:");
        append_action(text, &completion);
        text_append(text, "'");
    }
}

static void append_command(struct text *text, const struct command *command)
{
    struct option_walk walk = {command->options};
    text_format(text, "    %s)\n        _arguments", command->name);
    for (const struct option *option; (option = option_next(&walk));)
        if (option->type != OPTION_HEADING)
            append_option(text, option);
    append_positionals(text, command);
    text_append(text, "\n        ;;\n");
}

void completion_zsh(struct text *text)
{
    text_append(text, "#compdef vktl\n"
                      "# Completion of vktl for zsh, as `vktl completion zsh` prints it.\n"
                      "_vktl() {\n    local -a vktl_commands\n    vktl_commands=(\n");
    for (uint32_t i = 0; commands[i]; i++) {
        text_format(text, "        '%s:", commands[i]->name);
        append_quoted(text, commands[i]->job);
        text_append(text, "'\n");
    }
    text_append(text, "        'help:what a command does, and every option of it'\n    )\n"
                      "    if ((CURRENT == 2)); then\n"
                      "        _describe command vktl_commands\n        return\n    fi\n"
                      "    shift words\n    ((CURRENT--))\n"
                      "    case $words[1] in\n"
                      "    help) _describe command vktl_commands ;;\n");
    for (uint32_t i = 0; commands[i]; i++)
        append_command(text, commands[i]);
    text_append(text, "    esac\n}\n"
                      "if [[ $funcstack[1] == _vktl ]]; then\n    _vktl \"$@\"\nelse\n"
                      "    compdef _vktl vktl\nfi\n");
}
