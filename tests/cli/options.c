// Command lines against tables of options: values, messages, help, and suggestions.
#include "cli/options.h"

#include "cli/suggest.h"
#include "harness/harness.h"
#include "harness/messages.h"

struct inner {
    double share;
    const char *folder;
};

struct values {
    bool flag;
    uint32_t count;
    uint64_t seed, size;
    double rate;
    struct inner inner;
    int colour;
};

#define AT(member)    .offset = offsetof(struct values, member)
#define INNER(member) .offset = offsetof(struct inner, member)

static const char *const colours[] = {"red", "green", "blue", NULL};

// clang-format off
static const struct option inner_options[] = {
    {.name = "share", .type = OPTION_F64, .argument = "S", INNER(share), .max = 1,
     .below_max = true,
     .help = "how much of it, said in so many words that the line has to be broken somewhere"},
    {.name = "folder", .type = OPTION_TEXT, .argument = "DIR", INNER(folder), .required = true,
     .help = "where"},
    {NULL},
};

static const struct option options[] = {
    {.name = "", .type = OPTION_HEADING, .help = "Things"},
    {.name = "flag", .type = OPTION_FLAG, AT(flag), .help = "a flag"},
    {.name = "count", .type = OPTION_U32, .argument = "N", AT(count), .value = "7", .min = 1,
     .max = 100, .unit = "apples", .help = "how many"},
    {.name = "seed", .type = OPTION_U64, .argument = "N", AT(seed), .help = "a seed"},
    {.name = "size", .type = OPTION_SIZE, .argument = "SIZE", AT(size), .value = "2G",
     .help = "how large"},
    {.name = "rate", .type = OPTION_F64, .argument = "R", AT(rate), .value = "0.5",
     .above_min = true, .word = "auto", .help = "how fast"},
    {.name = "", .type = OPTION_TABLE, AT(inner), .table = inner_options},
    {.name = "colour", .type = OPTION_CHOICE, .argument = "red|green|blue", AT(colour),
     .choices = colours, .help = "which colour"},
    {NULL},
};
// clang-format on

static const struct option_set set = {"paint", options, "WALL...", 1, 3};

struct outcome {
    vktl_status status;
    struct values values;
    struct messages messages;
    const char *words[16];
    uint32_t positional_count;
};

// Parses words up to NULL, without the check of what is missing.
static void parse(struct outcome *outcome, const char *const *words)
{
    uint32_t count = 0;
    *outcome = (struct outcome){0};
    messages_init(&outcome->messages);
    for (; words[count]; count++)
        outcome->words[count] = words[count];
    options_set_defaults(options, &outcome->values);
    outcome->status = options_parse(&outcome->messages.log, &set, outcome->words, count,
                                    &outcome->values, &outcome->positional_count);
}

static void parse_and_check(struct outcome *outcome, const char *const *words)
{
    parse(outcome, words);
    assert_int_equal(outcome->status, VKTL_OK);
    outcome->status = options_check(&outcome->messages.log, &set, &outcome->values, outcome->words,
                                    outcome->positional_count);
}

static void defaults_are_those_of_the_table(void **state)
{
    (void)state;
    struct outcome outcome;
    parse(&outcome, (const char *const[]){NULL});
    assert_int_equal(outcome.status, VKTL_OK);
    assert_int_equal(outcome.values.count, 7);
    assert_int_equal(outcome.values.size, UINT64_C(2) << 30);
    assert_true(outcome.values.rate == 0.5);
    assert_false(outcome.values.flag);
    assert_null(outcome.values.inner.folder);
    assert_int_equal(outcome.values.colour, OPTION_NO_CHOICE);
}

static void values_come_in_any_order(void **state)
{
    (void)state;
    struct outcome outcome;
    parse_and_check(&outcome, (const char *const[]){"one", "--count", "12", "--flag", "--rate=1e-3",
                                                    "two", "--folder=--odd", "--colour", "blue",
                                                    "--seed=18446744073709551615", "--count=13",
                                                    "--", "--three", NULL});
    assert_int_equal(outcome.status, VKTL_OK);
    assert_true(outcome.values.flag);
    assert_int_equal(outcome.values.count, 13);
    assert_true(outcome.values.rate == 1e-3);
    assert_true(outcome.values.seed == UINT64_MAX);
    assert_string_equal(outcome.values.inner.folder, "--odd");
    assert_int_equal(outcome.values.colour, 2);
    assert_int_equal(outcome.positional_count, 3);
    assert_string_equal(outcome.words[0], "one");
    assert_string_equal(outcome.words[1], "two");
    assert_string_equal(outcome.words[2], "--three");
}

static void a_lone_dash_and_negative_numbers_are_words(void **state)
{
    (void)state;
    struct outcome outcome;
    parse(&outcome, (const char *const[]){"-", "--share", "-0", NULL});
    assert_int_equal(outcome.status, VKTL_OK);
    assert_string_equal(outcome.words[0], "-");
    assert_true(outcome.values.inner.share == 0);
}

static void sizes_take_suffixes(void **state)
{
    static const struct {
        const char *word;
        uint64_t size;
    } rows[] = {
        {"--size=0", 0},
        {"--size=1000", 1000},
        {"--size=1K", 1024},
        {"--size=3m", 3 << 20},
        {"--size=1.5G", 3u << 29},
        {"--size=512MiB", 512 << 20},
        {"--size=512MB", 512u << 20},
        {"--size=2T", UINT64_C(2) << 40},
        {"--size=7B", 7},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct outcome outcome;
        parse(&outcome, (const char *const[]){rows[i].word, NULL});
        assert_int_equal(outcome.status, VKTL_OK);
        assert_true(outcome.values.size == rows[i].size);
    }
}

// Each refusal names the option, what was given, and what is expected.
static void wrong_words_are_refused(void **state)
{
    static const struct {
        const char *words[3];
        const char *message;
    } rows[] = {
        {{"--count=0"}, "--count: '0' is not a whole number of apples from 1 to 100"},
        {{"--count", "101"}, "--count: '101' is not a whole number of apples from 1 to 100"},
        {{"--count="}, "--count: '' is not a whole number"},
        {{"--count", "-1"}, "--count: '-1' is not"},
        {{"--count", " 1"}, "--count: ' 1' is not"},
        {{"--count", "1x"}, "--count: '1x' is not"},
        {{"--count", "4294967297"}, "--count: '4294967297' is not"},
        {{"--seed", "18446744073709551616"},
         "--seed: '18446744073709551616' is not a whole number"},
        {{"--rate", "0"}, "--rate: '0' is not a number above 0"},
        {{"--rate", "nan"}, "--rate: 'nan' is not a number"},
        {{"--rate", "inf"}, "--rate: 'inf' is not a number"},
        {{"--rate", "1e999"}, "--rate: '1e999' is not a number"},
        {{"--rate", ""}, "--rate: '' is not a number"},
        {{"--rate", "1,5"}, "--rate: '1,5' is not a number"},
        {{"--share", "1"}, "--share: '1' is not a number from 0 to below 1"},
        {{"--size", "2X"}, "--size: '2X' is not a size such as 512M or 2G"},
        {{"--size", "-1"}, "--size: '-1' is not a size"},
        {{"--size", "9000000T"}, "--size: '9000000T' is not a size"},
        {{"--colour", "grey"}, "--colour: 'grey' is not red, green or blue"},
        {{"--flag=yes"}, "--flag takes no value, but 'yes' was given"},
        {{"--count"}, "--count needs a value: --count N"},
        {{"--folder", "--flag"}, "--folder needs a value: --folder DIR"},
        {{"--colur", "red"}, "paint has no option --colur; did you mean --colour?"},
        {{"--fodler=x"}, "did you mean --folder?"},
        {{"--cou", "3"}, "did you mean --count?"},
        {{"--rotation-range", "3"}, "paint has no option --rotation-range"},
        {{"--=3"}, "paint has no option --"},
        {{"-c"}, "paint has no option -c: options begin with two dashes"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct outcome outcome;
        parse(&outcome, rows[i].words);
        if (outcome.status != VKTL_USAGE || !messages_contain(&outcome.messages, rows[i].message))
            fail_msg("%s: status %d, '%s' lacks '%s'", rows[i].words[0], (int)outcome.status,
                     outcome.messages.text, rows[i].message);
        assert_int_equal(outcome.messages.count[VKTL_LOG_ERROR], 1);
    }
}

static void what_is_missing_or_too_much_is_named(void **state)
{
    struct outcome outcome;
    (void)state;
    parse_and_check(&outcome, (const char *const[]){"a", NULL});
    assert_int_equal(outcome.status, VKTL_USAGE);
    assert_true(messages_contain(&outcome.messages, "paint needs --folder DIR"));
    parse_and_check(&outcome, (const char *const[]){"--folder", "x", NULL});
    assert_int_equal(outcome.status, VKTL_USAGE);
    assert_true(messages_contain(&outcome.messages, "paint needs WALL..."));
    parse_and_check(&outcome, (const char *const[]){"--folder", "x", "a", "b", "c", "d", NULL});
    assert_int_equal(outcome.status, VKTL_USAGE);
    assert_true(messages_contain(&outcome.messages, "'d'"));
}

static void help_comes_from_the_table(void **state)
{
    struct text text;
    (void)state;
    text_init(&text);
    options_help(options, &text);
    assert_int_equal(text_status(&harness_log, &text), VKTL_OK);
    assert_string_equal(
        text.data, "Things\n"
                   "  --flag                  a flag\n"
                   "  --count N               how many [7]\n"
                   "  --seed N                a seed\n"
                   "  --size SIZE             how large [2G]\n"
                   "  --rate R                how fast [0.5]\n"
                   "  --share S               how much of it, said in so many words that the line\n"
                   "                          has to be broken somewhere\n"
                   "  --folder DIR            where (needed)\n"
                   "  --colour red|green|blue\n"
                   "                          which colour\n");
    text_deinit(&text);
}

static const char *fruit(const void *user, uint32_t index)
{
    static const char *const names[] = {"apple", "banana", "", "cherry", "fig"};
    (void)user;
    return index < sizeof names / sizeof *names ? names[index] : NULL;
}

static void the_nearest_name_is_suggested(void **state)
{
    (void)state;
    assert_string_equal(suggest_nearest("aple", fruit, NULL), "apple");
    assert_string_equal(suggest_nearest("abnana", fruit, NULL), "banana");
    assert_string_equal(suggest_nearest("cherries", fruit, NULL), "cherry");
    assert_string_equal(suggest_nearest("che", fruit, NULL), "cherry");
    assert_string_equal(suggest_nearest("fog", fruit, NULL), "fig");
    assert_null(suggest_nearest("x", fruit, NULL));
    assert_null(suggest_nearest("zebra", fruit, NULL));
    assert_null(
        suggest_nearest("a word that is longer than any name could possibly be", fruit, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_of_the_table),
        cmocka_unit_test(values_come_in_any_order),
        cmocka_unit_test(a_lone_dash_and_negative_numbers_are_words),
        cmocka_unit_test(sizes_take_suffixes),
        cmocka_unit_test(wrong_words_are_refused),
        cmocka_unit_test(what_is_missing_or_too_much_is_named),
        cmocka_unit_test(help_comes_from_the_table),
        cmocka_unit_test(the_nearest_name_is_suggested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
