// Command-line options by table: a command's options are rows that say name, type, range, default
// and help; parsing, checks, messages and the help text come from them.
//
// Values are stored in a struct of the command's own, at each row's offset: a flag in a bool, a
// number in what its type says, a text (not copied) in a const char *, a choice as an index into
// `choices` in an int.
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "base/text.h"

enum option_type {
    OPTION_HEADING, // no option: its `help` stands above the rows after it
    OPTION_TABLE,   // no option: the rows of `table` stand here, and store from `offset` on
    OPTION_FLAG,    // takes no value
    OPTION_U32,
    OPTION_U64,
    OPTION_F64,
    OPTION_SIZE, // bytes in a uint64_t, written 512M, 2G, 1.5G (powers of 1024)
    OPTION_TEXT,
    OPTION_CHOICE,
};

struct option {
    const char *name; // without dashes; NULL ends the table
    enum option_type type;
    const char *argument; // what the help calls the value; NULL for a flag
    size_t offset;
    const char *value; // the default, read as if the user had written it; NULL: zero, or no choice
    const char *note;  // the default in words, where `value` does not say it
    const char *help;
    // Of numbers; max 0: no limit above. `unit` is a plural, "images".
    double min, max;
    bool above_min, below_max; // the limit itself is not allowed
    const char *word;          // may stand for the number, and is stored as NaN of an OPTION_F64,
                               // as the largest number of its type otherwise
    const char *unit;
    const char *const *choices; // ends in NULL
    bool required;
    const struct option *table; // whose rows are no tables again
};

enum { OPTION_NO_CHOICE = -1 };

// Walks a table, and the tables within it, in order:
//
//     struct option_walk walk = {options};
//     for (const struct option *option; (option = option_next(&walk));) ...
//
// The rows seen are headings and options; NULL ends them.
struct option_walk {
    const struct option *row;   // the next
    const struct option *outer; // where to go on after a table within the table
    size_t offset;              // that the last row's own offset is added to
};
const struct option *option_next(struct option_walk *walk);

// What the table and the command say of the command line.
struct option_set {
    const char *command; // for messages: "train"
    const struct option *options;
    const char *positionals; // of the usage line, "MODEL PATH..."; "" takes none
    uint32_t positional_min, positional_max;
    const char **given; // gets the names of the options that options_parse reads, ended by NULL;
                        // room for one a word and one more. NULL: nobody asks.
};

// Writes the defaults into `values`, which the caller has zeroed.
void options_set_defaults(const struct option *options, void *values);

// Reads `count` words, in any order: --name value, --name=value, flags, and others, which are moved
// to the front of `words`, `*positional_count` of them; after "--" all are. The last of a repeated
// option counts. VKTL_USAGE, with a message that says which option, what was given and what was
// expected, or which known name is nearest. Whether required options and positionals are there is
// left to options_check, so that --help needs none of them.
vktl_status options_parse(const struct vktl_log *log, const struct option_set *set,
                          const char **words, uint32_t count, void *values,
                          uint32_t *positional_count);

// VKTL_USAGE: a required option has no value, or there are too few or too many positionals.
vktl_status options_check(const struct vktl_log *log, const struct option_set *set,
                          const void *values, const char *const *positionals, uint32_t count);

// Appends the table as text of at most 80 columns.
void options_help(const struct option *options, struct text *text);

// Appends `words` wrapped to 80 columns; the text stands at column `column` of its line already,
// and continues at `indent`.
void options_wrap(struct text *text, const char *words, uint32_t column, uint32_t indent);

#endif
