// Responsible for the help text of a table of options.
#include "cli/options.h"

#include <string.h>

enum { WIDTH = 80, HELP_COLUMN = 26 };

// Columns that UTF-8 text takes, all of its letters being one wide.
static uint32_t width_of(const char *words, size_t size)
{
    uint32_t width = 0;
    for (size_t i = 0; i < size; i++)
        width += ((unsigned char)words[i] & 0xc0) != 0x80;
    return width;
}

void options_wrap(struct text *text, const char *words, uint32_t column, uint32_t indent)
{
    bool is_first = true;
    while (*words) {
        const size_t size = strcspn(words, " ");
        const uint32_t width = width_of(words, size);
        if (!is_first && column + 1 + width > WIDTH) {
            text_format(text, "\n%*s", (int)indent, "");
            column = indent;
        } else if (!is_first) {
            text_append(text, " ");
            column++;
        }
        text_append_bytes(text, words, size);
        column += width;
        is_first = false;
        words += size;
        words += strspn(words, " ");
    }
    text_append(text, "\n");
}

static void append_row(struct text *text, const struct option *option)
{
    struct text name, help;
    text_init(&name);
    text_init(&help);
    text_format(&name, "  --%s%s%s", option->name, option->argument ? " " : "",
                option->argument ? option->argument : "");
    text_append(&help, option->help);
    if (option->required)
        text_append(&help, " (needed)");
    else if (option->value || option->note)
        text_format(&help, " [%s]", option->value ? option->value : option->note);
    if (name.failed || help.failed) {
        text->failed = true;
    } else {
        text_append(text, name.data);
        // A name too long for its column has its help below it.
        if (name.length + 2 > HELP_COLUMN)
            text_format(text, "\n%*s", HELP_COLUMN, "");
        else
            text_format(text, "%*s", (int)(HELP_COLUMN - name.length), "");
        options_wrap(text, help.data, HELP_COLUMN, HELP_COLUMN);
    }
    text_deinit(&name);
    text_deinit(&help);
}

void options_help(const struct option *options, struct text *text)
{
    struct option_walk walk = {options};
    for (const struct option *option; (option = option_next(&walk));) {
        if (option->type == OPTION_HEADING)
            text_format(text, "%s%s\n", option == options ? "" : "\n", option->help);
        else
            append_row(text, option);
    }
}
