// Responsible for reading a command line against a table of options: defaults, values, ranges, and
// the messages about what does not fit. The help text is options_help.c's business.
#include "cli/options.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/suggest.h"

enum { EXPECTED_SIZE = 256 };

// ---- Rows

const struct option *option_next(struct option_walk *walk)
{
    for (;;) {
        const struct option *row = walk->row;
        if (row->name && row->type != OPTION_TABLE) {
            walk->row++;
            return row;
        }
        if (row->name) {
            vktl_assert(!walk->outer);
            walk->outer = row + 1;
            walk->offset = row->offset;
            walk->row = row->table;
        } else if (walk->outer) {
            walk->row = walk->outer;
            walk->outer = NULL;
            walk->offset = 0;
        } else {
            return NULL;
        }
    }
}

// The place of a row's value.
static void *slot_of(const struct option_walk *walk, const struct option *option, void *values)
{
    return (char *)values + walk->offset + option->offset;
}

// ---- What is expected, in words

static void append_number(struct text *text, const struct option *option, double number)
{
    static const char *const suffixes[] = {"", "K", "M", "G", "T"};
    size_t suffix = 0;
    while (option->type == OPTION_SIZE && number >= 1024 && suffix < 4 && fmod(number, 1024) == 0) {
        number /= 1024;
        suffix++;
    }
    text_format(text, "%.12g%s", number, suffixes[suffix]);
}

static void append_limits(struct text *text, const struct option *option)
{
    if (option->max == 0) {
        text_append(text, option->above_min ? " above " : " of at least ");
        append_number(text, option, option->min);
        return;
    }
    text_append(text, option->above_min ? " above " : " from ");
    append_number(text, option, option->min);
    text_append(text, option->below_max ? " to below " : " to ");
    append_number(text, option, option->max);
}

// "a whole number of images from 1 to 4096", "caffe, tf, torch or none".
static void append_expected(struct text *text, const struct option *option)
{
    if (option->type == OPTION_CHOICE) {
        for (uint32_t i = 0; option->choices[i]; i++) {
            const char *comma = option->choices[i + 1] ? ", " : " or ";
            text_format(text, "%s%s", i ? comma : "", option->choices[i]);
        }
        return;
    }
    if (option->type == OPTION_SIZE)
        text_append(text, "a size such as 512M or 2G");
    else
        text_append(text, option->type == OPTION_F64 ? "a number" : "a whole number");
    if (option->unit)
        text_format(text, " of %s", option->unit);
    append_limits(text, option);
    if (option->word)
        text_format(text, ", or %s", option->word);
}

static vktl_status refuse(const struct vktl_log *log, const struct option *option,
                          const char *value)
{
    struct text expected;
    text_init(&expected);
    append_expected(&expected, option);
    const vktl_status status = log_fail(log, VKTL_USAGE, "--%s: '%s' is not %s", option->name,
                                        value, expected.failed ? "valid" : expected.data);
    text_deinit(&expected);
    return status;
}

// ---- Values

static bool is_within(const struct option *option, double number)
{
    if (number < option->min || (option->above_min && number == option->min))
        return false;
    if (option->max == 0)
        return true;
    return number < option->max || (!option->below_max && number == option->max);
}

// Digits alone: strtoull would take a sign and spaces too.
static bool read_whole(const char *value, uint64_t *number)
{
    if (!*value || strspn(value, "0123456789") != strlen(value))
        return false;
    errno = 0;
    *number = strtoull(value, NULL, 10);
    return errno == 0;
}

static bool read_real(const char *value, double *number, const char **rest)
{
    char *end;
    if (!strchr("+-.0123456789", *value) || !*value)
        return false;
    *number = strtod(value, &end);
    *rest = end;
    return end != value && isfinite(*number);
}

// A number, then K, M, G or T, then "iB" or "B", all but the number optional and in any case.
static bool read_size(const char *value, uint64_t *size)
{
    static const char suffixes[] = "KMGTkmgt";
    double number;
    if (!read_real(value, &number, &value) || number < 0)
        return false;
    const char *suffix = *value ? strchr(suffixes, *value) : NULL;
    if (suffix) {
        number = ldexp(number, 10 * (int)((suffix - suffixes) % 4 + 1));
        value += value[1] == 'i' && value[2] == 'B' ? 2 : 1;
    }
    if (*value == 'B')
        value++;
    if (*value || number >= ldexp(1, 63))
        return false;
    *size = (uint64_t)number;
    return true;
}

static bool store_whole(const struct option *option, const char *value, void *slot)
{
    uint64_t number;
    if (option->word && strcmp(value, option->word) == 0)
        number = option->type == OPTION_U32 ? UINT32_MAX : UINT64_MAX;
    else if (!read_whole(value, &number) || !is_within(option, (double)number))
        return false;
    if (option->type == OPTION_U32) {
        if (number > UINT32_MAX)
            return false;
        *(uint32_t *)slot = (uint32_t)number;
    } else {
        *(uint64_t *)slot = number;
    }
    return true;
}

static bool store_real(const struct option *option, const char *value, double *slot)
{
    const char *rest;
    if (option->word && strcmp(value, option->word) == 0) {
        *slot = NAN;
        return true;
    }
    return read_real(value, slot, &rest) && !*rest && is_within(option, *slot);
}

static bool store_choice(const struct option *option, const char *value, int *slot)
{
    for (int i = 0; option->choices[i]; i++) {
        if (strcmp(option->choices[i], value) == 0) {
            *slot = i;
            return true;
        }
    }
    return false;
}

// Writes a value in its place; false where it is not what the option takes.
static bool store(const struct option *option, const char *value, void *slot)
{
    switch (option->type) {
    case OPTION_HEADING:
    case OPTION_TABLE:
        return false;
    case OPTION_FLAG:
        *(bool *)slot = true;
        return true;
    case OPTION_U32:
    case OPTION_U64:
        return store_whole(option, value, slot);
    case OPTION_F64:
        return store_real(option, value, slot);
    case OPTION_SIZE:
        return read_size(value, slot) && is_within(option, (double)*(uint64_t *)slot);
    case OPTION_TEXT:
        *(const char **)slot = value;
        return true;
    case OPTION_CHOICE:
        return store_choice(option, value, slot);
    }
    return false;
}

void options_set_defaults(const struct option *options, void *values)
{
    struct option_walk walk = {options};
    for (const struct option *option; (option = option_next(&walk));) {
        void *slot = slot_of(&walk, option, values);
        if (option->value)
            vktl_assert(store(option, option->value, slot));
        else if (option->type == OPTION_CHOICE)
            *(int *)slot = OPTION_NO_CHOICE;
    }
}

// ---- The command line

static const struct option *find(struct option_walk *walk, const char *name, size_t length)
{
    for (const struct option *option; (option = option_next(walk));)
        if (option->type != OPTION_HEADING && strlen(option->name) == length &&
            memcmp(option->name, name, length) == 0)
            return option;
    return NULL;
}

// For suggest_nearest. A heading's name is empty, and so near to nothing.
static const char *option_name(const void *options, uint32_t index)
{
    struct option_walk walk = {options};
    const struct option *option = option_next(&walk);
    while (option && index-- > 0)
        option = option_next(&walk);
    return option ? option->name : NULL;
}

static vktl_status refuse_unknown(const struct vktl_log *log, const struct option_set *set,
                                  const char *word)
{
    char name[EXPECTED_SIZE] = "";
    const size_t length = strcspn(word + 2, "=");
    strncat(name, word + 2, length < sizeof name ? length : sizeof name - 1);
    const char *nearest = suggest_nearest(name, option_name, set->options);
    if (nearest)
        return log_fail(log, VKTL_USAGE, "%s has no option --%s; did you mean --%s?", set->command,
                        name, nearest);
    return log_fail(log, VKTL_USAGE, "%s has no option --%s", set->command, name);
}

static void note_given(const char **given, const char *name)
{
    while (*given)
        given++;
    given[0] = name;
    given[1] = NULL;
}

// Reads the option in words[0], its value perhaps in words[1]; `*used` words.
static vktl_status parse_option(const struct vktl_log *log, const struct option_set *set,
                                const char *const *words, uint32_t count, void *values,
                                uint32_t *used)
{
    const char *name = words[0] + 2;
    const size_t length = strcspn(name, "=");
    const char *value = name[length] == '=' ? name + length + 1 : NULL;
    struct option_walk walk = {set->options};
    const struct option *option = find(&walk, name, length);
    *used = 1;
    if (!option)
        return refuse_unknown(log, set, words[0]);
    if (option->type == OPTION_FLAG && value)
        return log_fail(log, VKTL_USAGE, "--%s takes no value, but '%s' was given", option->name,
                        value);
    if (option->type != OPTION_FLAG && !value) {
        // A folder whose name begins with dashes may still be given as --name=--folder.
        if (count < 2 || strncmp(words[1], "--", 2) == 0)
            return log_fail(log, VKTL_USAGE, "--%s needs a value: --%s %s", option->name,
                            option->name, option->argument);
        value = words[1];
        *used = 2;
    }
    if (set->given)
        note_given(set->given, option->name);
    return store(option, value, slot_of(&walk, option, values)) ? VKTL_OK
                                                                : refuse(log, option, value);
}

vktl_status options_parse(const struct vktl_log *log, const struct option_set *set,
                          const char **words, uint32_t count, void *values,
                          uint32_t *positional_count)
{
    bool only_positionals = false;
    *positional_count = 0;
    for (uint32_t i = 0; i < count;) {
        const char *word = words[i];
        if (only_positionals || word[0] != '-' || !word[1]) {
            words[(*positional_count)++] = word;
            i++;
        } else if (strcmp(word, "--") == 0) {
            only_positionals = true;
            i++;
        } else if (word[1] != '-') {
            return log_fail(log, VKTL_USAGE, "%s has no option %s: options begin with two dashes",
                            set->command, word);
        } else {
            uint32_t used;
            const vktl_status status = parse_option(log, set, words + i, count - i, values, &used);
            if (status != VKTL_OK)
                return status;
            i += used;
        }
    }
    return VKTL_OK;
}

vktl_status options_check(const struct vktl_log *log, const struct option_set *set,
                          const void *values, const char *const *positionals, uint32_t count)
{
    if (count > set->positional_max)
        return log_fail(log, VKTL_USAGE, "%s does not know what to do with '%s'", set->command,
                        positionals[set->positional_max]);
    if (count < set->positional_min)
        return log_fail(log, VKTL_USAGE, "%s needs %s", set->command, set->positionals);
    struct option_walk walk = {set->options};
    for (const struct option *option; (option = option_next(&walk));) {
        const char *value;
        if (!option->required)
            continue;
        memcpy(&value, (const char *)values + walk.offset + option->offset, sizeof value);
        if (!value)
            return log_fail(log, VKTL_USAGE, "%s needs --%s %s", set->command, option->name,
                            option->argument);
    }
    return VKTL_OK;
}
