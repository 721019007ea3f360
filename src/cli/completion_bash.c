// Responsible for the script that bash completes by.
#include "cli/completion.h"

// Bash parts words at '=' too, so that --name=value comes as three.
static const char opening[] =
    "# Completion of vktl for bash, as `vktl completion bash` prints it.\n"
    "_vktl() {\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    local options= words= files= folders= first=1 i\n"
    "    COMPREPLY=()\n"
    "    if [[ $cur == = ]]; then\n"
    "        cur=\n"
    "    elif [[ $prev == = && $COMP_CWORD -gt 1 ]]; then\n"
    "        prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "    fi\n"
    "    for ((i = 2; i < COMP_CWORD; i++)); do\n"
    "        [[ ${COMP_WORDS[i]} == -* || ${COMP_WORDS[i]} == = ]] || first=\n"
    "    done\n"
    "    if [[ $COMP_CWORD -eq 1 ]]; then\n"
    "        words=\"";

static const char closing[] = "        esac\n"
                              "    fi\n"
                              "    mapfile -t COMPREPLY < <(\n"
                              "        [[ -z $words ]] || compgen -W \"$words\" -- \"$cur\" || :\n"
                              "        if [[ -n $files ]]; then\n"
                              "            compgen -f -- \"$cur\"\n"
                              "        elif [[ -n $folders ]]; then\n"
                              "            compgen -d -- \"$cur\"\n"
                              "        fi\n"
                              "    )\n"
                              "    if [[ -n $files$folders ]]; then\n"
                              "        compopt -o filenames 2>/dev/null || :\n"
                              "    fi\n"
                              "}\n"
                              "complete -F _vktl vktl\n";

static void append_completion(struct text *text, struct completion *completion)
{
    if (completion->words.length > 0)
        text_format(text, " words=\"%s\"", completion->words.data);
    text_append(text, completion->files ? " files=1" : "");
    text_append(text, completion->folders ? " folders=1" : "");
    text->failed = text->failed || completion->words.failed;
    text_deinit(&completion->words);
}

static void append_options(struct text *text, const struct command *command)
{
    struct option_walk walk = {command->options};
    text_append(text, "            options=\"");
    for (const struct option *option; (option = option_next(&walk));)
        if (option->type != OPTION_HEADING)
            text_format(text, "--%s ", option->name);
    text_append(text, "\"\n");
}

// An option that takes a value takes any: nothing is offered where nothing is known.
static void append_values(struct text *text, const struct command *command)
{
    struct completion completion;
    struct option_walk walk = {command->options};
    text_append(text, "            case $prev in\n");
    for (const struct option *option; (option = option_next(&walk));) {
        if (option->type == OPTION_HEADING || option->type == OPTION_FLAG)
            continue;
        text_format(text, "            --%s) :;", option->name);
        completion_of_option(option, &completion);
        append_completion(text, &completion);
        text_append(text, " ;;\n");
    }
    text_append(text, "            *)\n                if [[ $cur == -* ]]; then\n"
                      "                    words=$options\n"
                      "                elif [[ -n $first ]]; then\n                    :;");
    completion_of_positional(command, 0, &completion);
    append_completion(text, &completion);
    text_append(text, "\n                else\n                    :;");
    completion_of_positional(command, 1, &completion);
    append_completion(text, &completion);
    text_append(text, "\n                fi\n                ;;\n            esac\n");
}

void completion_bash(struct text *text)
{
    text_append(text, opening);
    for (uint32_t i = 0; commands[i]; i++)
        text_format(text, "%s ", commands[i]->name);
    text_append(text, "help --version\"\n    else\n        case ${COMP_WORDS[1]} in\n"
                      "        help) words=\"");
    for (uint32_t i = 0; commands[i]; i++)
        text_format(text, "%s ", commands[i]->name);
    text_append(text, "\" ;;\n");
    for (uint32_t i = 0; commands[i]; i++) {
        text_format(text, "        %s)\n", commands[i]->name);
        append_options(text, commands[i]);
        append_values(text, commands[i]);
        text_append(text, "            ;;\n");
    }
    text_append(text, closing);
}
