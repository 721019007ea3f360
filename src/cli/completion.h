// What the value of an option, or a word that is none, may be completed to, and the scripts that
// shells complete by: all from the tables of options.
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include "base/text.h"
#include "cli/command.h"

struct completion {
    struct text words; // parted by spaces
    bool files, folders;
};

// Of an option that takes a value; `completion` is released by text_deinit of its words.
void completion_of_option(const struct option *option, struct completion *completion);

// Of the command's first positional (`index` 0) or of those after it.
void completion_of_positional(const struct command *command, uint32_t index,
                              struct completion *completion);

void completion_bash(struct text *text);
void completion_zsh(struct text *text);

#endif
