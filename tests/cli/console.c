// Live lines at any width, times in words, and JSON of awkward names and numbers.
#include "cli/console.h"

#include <math.h>

#include "cli/json.h"
#include "harness/failing_malloc.h"
#include "harness/harness.h"

static void lines_fit_their_terminal(void **state)
{
    char line[CONSOLE_LINE_SIZE];
    (void)state;
    console_format_line(line, 60, "Epoch 3/20", 5, 10, " loss 0.1234");
    assert_string_equal(line, "Epoch 3/20 [==============>              ] 5/10 loss 0.1234");
    console_format_line(line, 200, "Reading", 0, 10, "");
    assert_string_equal(line, "Reading [>                                       ] 0/10");
    console_format_line(line, 200, "Reading", 10, 10, "");
    assert_string_equal(line, "Reading [========================================] 10/10");
    for (uint32_t width = 1; width < 400; width++) {
        console_format_line(line, width, "Epoch 100/100", 1234, 1234,
                            " ETA 12:34:56 1234 img/s loss 0.1234 acc 0.9500");
        assert_true(strlen(line) < width);
    }
    console_format_line(line, 40, "Epoch 100/100", 7, 9, " ETA 0:10");
    assert_string_equal(line, "Epoch 100/100 [=======>  ] 7/9 ETA 0:10");
    console_format_line(line, 20, "Epoch 100/100", 7, 9, " ETA 0:10");
    assert_string_equal(line, "Epoch 100/100 7/9 E");
    console_format_line(line, 80, "Nothing", 0, 0, "");
    assert_string_equal(line, "Nothing 0/0");
}

static void messages_break_between_words(void **state)
{
    static const struct {
        uint32_t width, column;
        const char *message, *lines;
    } rows[] = {
        {20, 0, "one two three four five six", "one two three four\n  five six"},
        {20, 14, "one two three four", "one\n  two three four"},
        {20, 14, "unbreakable two", "unbreakable\n  two"},
        {20, 0, "a  b\n  indented, and wide\n\n", "a  b\n  indented, and wide\n\n"},
        {19, 0, "a  b\n  indented, and wide\n", "a  b\n  indented, and\n  wide\n"},
        {20, 0, "exactly twenty wide.", "exactly twenty wide."},
        {20, 0, "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9 letters of two",
         "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9 letters of two"},
        {5, 0, "averylongpath/without/spaces here", "averylongpath/without/spaces\n  here"},
        {20, 0, "", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text text;
        text_init(&text);
        console_break_lines(&text, rows[i].width, rows[i].column, rows[i].message);
        assert_string_equal(text.data ? text.data : "", rows[i].lines);
        text_deinit(&text);
    }
}

static void times_are_short(void **state)
{
    static const struct {
        double seconds;
        const char *time, *duration;
    } rows[] = {
        {0, "0:00", "0 ms"},
        {0.84, "0:01", "840 ms"},
        {4.2, "0:04", "4.2 s"},
        {59.7, "1:00", "59.7 s"},
        {59.97, "1:00", "1 min 00 s"},
        {187, "3:07", "3 min 07 s"},
        {3599.6, "1:00:00", "1 h 00 min"},
        {7512, "2:05:12", "2 h 05 min"},
    };
    char text[CONSOLE_TIME_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_string_equal(console_time(rows[i].seconds, text), rows[i].time);
        assert_string_equal(console_duration(rows[i].seconds, text), rows[i].duration);
    }
    assert_string_equal(console_time(NAN, text), "-:--");
    assert_string_equal(console_time(INFINITY, text), "-:--");
}

// The only member of a document, as it is printed.
static void expect_member(const struct json *json, const char *expected)
{
    char *text = cJSON_PrintUnformatted(json->root);
    assert_false(json->failed);
    assert_non_null(text);
    assert_string_equal(text, expected);
    cJSON_free(text);
}

static void json_is_valid_whatever_is_in_it(void **state)
{
    struct json json;
    (void)state;
    json_init_array(&json);
    json_add_text(&json, json.root, NULL, "a\"\\\n\xc3\xa9 \xf0\x9f\x98\x80");
    json_add_text(&json, json.root, NULL, "latin\xe9, cut\xe2\x82");
    json_add_text(&json, json.root, NULL, "\xc0\xaf\xed\xa0\x80");
    expect_member(&json, "[\"a\\\"\\\\\\n\xc3\xa9 \xf0\x9f\x98\x80\","
                         "\"latin\xef\xbf\xbd, cut\xef\xbf\xbd\xef\xbf\xbd\","
                         "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"]");
    json_deinit(&json);
}

static void json_numbers_are_as_short_as_exact(void **state)
{
    struct json json;
    (void)state;
    json_init_object(&json);
    json_add_float(&json, json.root, "a", 0.913f);
    json_add_float(&json, json.root, "b", 1.0f / 3);
    json_add_number(&json, json.root, "c", NAN);
    json_add_float(&json, json.root, "d", INFINITY);
    json_add_number(&json, json.root, "e", 14714688);
    json_add_bool(&json, json.root, "f", true);
    expect_member(&json, "{\"a\":0.913,\"b\":0.33333334,\"c\":null,\"d\":null,\"e\":14714688,"
                         "\"f\":true}");
    json_deinit(&json);
}

static void json_remembers_what_did_not_fit_in_memory(void **state)
{
    struct json json;
    (void)state;
    json_init_object(&json);
    failing_malloc_at(0);
    json_add_text(&json, json.root, "a", "text");
    assert_true(failing_malloc_stop());
    json_add_number(&json, json.root, "b", 1);
    assert_true(json.failed);
    json_deinit(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_fit_their_terminal),
        cmocka_unit_test(messages_break_between_words),
        cmocka_unit_test(times_are_short),
        cmocka_unit_test(json_is_valid_whatever_is_in_it),
        cmocka_unit_test(json_numbers_are_as_short_as_exact),
        cmocka_unit_test(json_remembers_what_did_not_fit_in_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
