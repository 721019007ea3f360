// Growing text and arenas: contents, escapes, and what happens when memory runs out.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "harness/failing_malloc.h"

static void text_grows_to_any_length(void **state)
{
    (void)state;
    struct text text;
    text_init(&text);
    for (int i = 0; i < 10000; i++)
        text_format(&text, "%04d", i);
    assert_int_equal(text_status(NULL, &text), VKTL_OK);
    assert_int_equal(text.length, 40000);
    assert_int_equal(strlen(text.data), 40000);
    assert_memory_equal(text.data + 4 * 1234, "12341235", 8);
    text_deinit(&text);
}

static void json_strings_are_escaped(void **state)
{
    (void)state;
    struct text text;
    text_init(&text);
    text_append_json(&text, "a\"b\\c\n\x01 \xc3\xa9/");
    assert_string_equal(text.data, "\"a\\\"b\\\\c\\u000a\\u0001 \xc3\xa9/\"");
    text_deinit(&text);
}

static void csv_fields_are_quoted_where_needed(void **state)
{
    (void)state;
    struct text text;
    text_init(&text);
    text_append_csv(&text, "plain text");
    text_append(&text, ",");
    text_append_csv(&text, "a,\"b\"");
    assert_string_equal(text.data, "plain text,\"a,\"\"b\"\"\"");
    text_deinit(&text);
}

static void a_failed_append_is_remembered(void **state)
{
    (void)state;
    struct text text;
    text_init(&text);
    text_append(&text, "before");
    failing_malloc_at(0);
    text_format(&text, "%5000d", 1);
    assert_true(failing_malloc_stop());
    text_append(&text, "after");
    assert_string_equal(text.data, "before");
    assert_int_equal(text_status(NULL, &text), VKTL_NO_MEMORY);
    text_deinit(&text);
}

static void arena_memory_is_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    int64_t live = failing_malloc_live();
    struct arena arena = {0};
    unsigned char *blocks[200];
    for (size_t i = 0; i < 200; i++) {
        size_t size = 1 + i * i; // also beyond what one block of the arena holds
        blocks[i] = arena_alloc(&arena, size);
        assert_int_equal((uintptr_t)blocks[i] % _Alignof(max_align_t), 0);
        for (size_t k = 0; k < size; k++)
            assert_int_equal(blocks[i][k], 0);
        memset(blocks[i], (int)i, size);
    }
    for (size_t i = 0; i < 200; i++)
        for (size_t k = 0; k < 1 + i * i; k++)
            assert_int_equal(blocks[i][k], i);
    assert_string_equal(arena_copy_text(&arena, "text"), "text");
    arena_deinit(&arena);
    assert_int_equal(failing_malloc_live(), live);
}

static void arena_refuses_what_does_not_fit(void **state)
{
    (void)state;
    struct arena arena = {0};
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_null(arena_alloc_array(&arena, SIZE_MAX / 2, 4));
    failing_malloc_at(0);
    assert_null(arena_alloc(&arena, 1));
    assert_true(failing_malloc_stop());
    assert_non_null(arena_alloc(&arena, 1));
    arena_deinit(&arena);
}

static void names_from_files_do_not_steer_a_terminal(void **state)
{
    (void)state;
    char bell[] = "a\x1b]0;title\x07\n\x7f",
         c1[] = "\xc2\x9b"
                "31m \xc3\xa9 \xc2\xb0 \xc2",
         tab[] = "a\tb\nc\r";
    text_hide_controls(bell, "");
    assert_string_equal(bell, "a?]0;title???");
    text_hide_controls(c1, "");
    assert_string_equal(c1, "??31m \xc3\xa9 \xc2\xb0 \xc2");
    text_hide_controls(tab, "\n\t");
    assert_string_equal(tab, "a\tb\nc?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_grows_to_any_length),
        cmocka_unit_test(json_strings_are_escaped),
        cmocka_unit_test(csv_fields_are_quoted_where_needed),
        cmocka_unit_test(a_failed_append_is_remembered),
        cmocka_unit_test(names_from_files_do_not_steer_a_terminal),
        cmocka_unit_test(arena_memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(arena_refuses_what_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
