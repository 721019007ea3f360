// Pages of HTML out of hostile texts, checked by Python's parser (page_check.py).
#include "view/page.h"

#include <stdio.h>

#include "base/files.h"
#include "formats/oracle.h"
#include "harness/failing_malloc.h"
#include "harness/temporary.h"
#include "view/html.h"

#define SCRIPT "<script>alert('x')</script>"
#define QUOTES "\"'><img src=http://evil.example/ onerror=alert(1)>"
#define BROKEN "a\xff\xc3(\xed\xa0\x80z"
#define BREAKS "one\ntwo\x1b[31m\x7f"
#define RTL    "\u202egnp.exe \u05d0\u05d1"

static const unsigned char pixel[] = {0x89, 'P', 'N', 'G',  '\r', '\n', 0x1a, '\n', 0,    0, 0, 13,
                                      'I',  'H', 'D', 'R',  0,    0,    0,    1,    0,    0, 0, 1,
                                      8,    0,   0,   0,    0,    0x3a, 0x7e, 0x9b, 0x55, 0, 0, 0,
                                      10,   'I', 'D', 'A',  'T',  0x78, 0x9c, 0x63, 0x60, 0, 0, 0,
                                      2,    0,   1,   0x48, 0xaf, 0xa4, 0x71, 0,    0,    0, 0, 'I',
                                      'E',  'N', 'D', 0xae, 0x42, 0x60, 0x82};

static void add_tables(struct page *page)
{
    static const char *const headings[] = {SCRIPT, QUOTES, "&amp;"};
    static const char *const cells[] = {QUOTES, "1", "2", BROKEN, BREAKS, RTL};
    static const double shares[] = {0, 0.25, -1, 0, 2, 0};
    for (int look = PAGE_PLAIN; look <= PAGE_MATRIX; look++) {
        const struct page_table table = {.caption = SCRIPT,
                                         .look = (enum page_look)look,
                                         .columns = 3,
                                         .rows = 2,
                                         .headings = headings,
                                         .cells = cells,
                                         .shares = shares,
                                         .text_columns = 1};
        page_table(page, &table);
    }
}

static void add_pictures(struct page *page)
{
    const struct page_picture picture = {
        .type = "image/png",
        .light = pixel,
        .dark = pixel,
        .light_size = sizeof pixel,
        .dark_size = sizeof pixel,
        .width = 1,
        .height = 1,
        .alt = QUOTES,
    };
    static const struct page_bar bars[] = {{QUOTES, 0.5, true}, {SCRIPT, -3, false}};
    const struct page_card card = {.pictures = &picture,
                                   .picture_count = 1,
                                   .verdict = SCRIPT,
                                   .detail = BROKEN,
                                   .bars = bars,
                                   .bar_count = 2,
                                   .mark = QUOTES};
    page_figure(page, &picture, QUOTES);
    page_cards_begin(page);
    page_card(page, &card);
    page_card(page, &(struct page_card){.verdict = "bare", .is_good = true});
    page_cards_end(page);
}

static vktl_status make(const struct vktl_log *log, struct text *html)
{
    static const char *const items[] = {SCRIPT, ""};
    struct page page;
    page_init(&page);
    text_init(html);
    page_section(&page, "first", SCRIPT);
    page_paragraph(&page, QUOTES);
    page_note(&page, BROKEN);
    page_list(&page, items, 2);
    page_heading(&page, BREAKS);
    add_tables(&page);
    page_section(&page, "second", "Plain");
    page_code(&page, "line 1 <&>\nline 2");
    add_pictures(&page);
    const vktl_status status = page_finish(log, &page, QUOTES, SCRIPT, html);
    page_deinit(&page);
    return status;
}

static void test_hostile_texts(void **state)
{
    struct text html;
    const char *path = temporary_path(*state, "page.html");
    assert_int_equal(make(&harness_log, &html), VKTL_OK);
    assert_int_equal(file_write_all(&harness_log, path, html.data, html.length), VKTL_OK);
    text_deinit(&html);
    oracle_script("tests/view/page_check.py",
                  "'%s' \"<script>alert('x')</script>\" "
                  "\"\\\"'><img src=http://evil.example/ onerror=alert(1)>\" "
                  "'a\ufffd\ufffd(\ufffd\ufffd\ufffdz' 'one two [31m ' '" RTL
                  "' 'line 1 <&>\nline 2' '&amp;'",
                  path);
    oracle_script("tests/view/page_check.py", "--self-test '%s'", path);
}

static void test_empty_page(void **state)
{
    struct page page;
    struct text html;
    const char *path = temporary_path(*state, "empty.html");
    page_init(&page);
    text_init(&html);
    assert_int_equal(page_finish(&harness_log, &page, "t", "v", &html), VKTL_OK);
    assert_int_equal(file_write_all(&harness_log, path, html.data, html.length), VKTL_OK);
    page_deinit(&page);
    text_deinit(&html);
    oracle_script("tests/view/page_check.py", "'%s'", path);
}

// RFC 4648, section 10.
static void test_base64(void **state)
{
    (void)state;
    static const char *const vectors[][2] = {{"", ""},
                                             {"f", "Zg=="},
                                             {"fo", "Zm8="},
                                             {"foo", "Zm9v"},
                                             {"foob", "Zm9vYg=="},
                                             {"fooba", "Zm9vYmE="},
                                             {"foobar", "Zm9vYmFy"},
                                             {"\xff\xfe\xfb", "//77"}};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct text text;
        text_init(&text);
        html_data_uri(&text, "t", (const unsigned char *)vectors[i][0], strlen(vectors[i][0]));
        assert_string_equal(text.data + strlen("data:t;base64,"), vectors[i][1]);
        text_deinit(&text);
    }
}

static void test_failing_allocations(void **state)
{
    (void)state;
    for (uint64_t n = 0;; n++) {
        struct text html;
        const int64_t live = failing_malloc_live();
        failing_malloc_at(n);
        const vktl_status status = make(NULL, &html);
        const bool has_failed = failing_malloc_stop();
        text_deinit(&html);
        assert_int_equal(failing_malloc_live(), live);
        assert_int_equal(status, has_failed ? VKTL_NO_MEMORY : VKTL_OK);
        if (!has_failed)
            break;
    }
}

static int set_up(void **state)
{
    static struct temporary folder;
    temporary_create(&folder);
    *state = &folder;
    return 0;
}

static int tear_down(void **state)
{
    temporary_destroy(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_empty_page),
        cmocka_unit_test(test_failing_allocations),
        cmocka_unit_test(test_hostile_texts),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
