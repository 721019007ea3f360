// Responsible for the HTML of a page. What stands on it is the caller's.
#include "view/page.h"

#include <math.h>

#include "view/html.h"
#include "view/page_style.h"

void page_init(struct page *page)
{
    *page = (struct page){0};
    text_init(&page->body);
    text_init(&page->contents);
}

void page_deinit(struct page *page)
{
    text_deinit(&page->body);
    text_deinit(&page->contents);
}

// Appends `before`, the text escaped, and `after`.
static void enclose(struct text *html, const char *before, const char *text, const char *after)
{
    text_append(html, before);
    html_text(html, text);
    text_append(html, after);
}

// ---- Texts

static void end_section(struct page *page)
{
    if (page->is_in_section)
        text_append(&page->body, "</section>\n");
    page->is_in_section = false;
}

void page_section(struct page *page, const char *id, const char *title)
{
    end_section(page);
    text_format(&page->contents, "<li><a href=\"#%s\">", id);
    enclose(&page->contents, "", title, "</a></li>\n");
    text_format(&page->body, "<section id=\"%s\" aria-labelledby=\"%s-title\">\n", id, id);
    text_format(&page->body, "<h2 id=\"%s-title\">", id);
    enclose(&page->body, "", title, "</h2>\n");
    page->is_in_section = true;
}

void page_heading(struct page *page, const char *title)
{
    enclose(&page->body, "<h3>", title, "</h3>\n");
}

void page_paragraph(struct page *page, const char *text)
{
    enclose(&page->body, "<p>", text, "</p>\n");
}

void page_note(struct page *page, const char *text)
{
    enclose(&page->body, "<p class=\"note\">Note: ", text, "</p>\n");
}

void page_code(struct page *page, const char *text)
{
    text_append(&page->body, "<pre tabindex=\"0\"><code>");
    html_lines(&page->body, text);
    text_append(&page->body, "</code></pre>\n");
}

void page_list(struct page *page, const char *const *items, uint32_t count)
{
    text_append(&page->body, "<ul>\n");
    for (uint32_t i = 0; i < count; i++)
        enclose(&page->body, "<li>", items[i], "</li>\n");
    text_append(&page->body, "</ul>\n");
}

void page_details_begin(struct page *page, const char *summary)
{
    enclose(&page->body, "<details>\n<summary>", summary, "</summary>\n");
}

void page_details_end(struct page *page)
{
    text_append(&page->body, "</details>\n");
}

// ---- Tables

static void append_headings(struct page *page, const struct page_table *table)
{
    text_append(&page->body, "<thead><tr>");
    for (uint32_t i = 0; i < table->columns; i++) {
        const bool is_text = i > 0 && i <= table->text_columns;
        enclose(&page->body, is_text ? "<th scope=\"col\" class=\"t\">" : "<th scope=\"col\">",
                table->headings[i], "</th>");
    }
    text_append(&page->body, "</tr></thead>\n");
}

static void append_cell(struct page *page, const struct page_table *table, uint32_t row,
                        uint32_t column)
{
    const uint32_t index = row * table->columns + column;
    if (column == 0)
        text_append(&page->body, "<th scope=\"row\">");
    else if (table->look == PAGE_MATRIX)
        text_format(&page->body, "<td%s style=\"--s:%.3f\">",
                    row + 1 == column ? " class=\"d\"" : "",
                    fmin(fmax(table->shares[index], 0), 1));
    else
        text_append(&page->body, column <= table->text_columns ? "<td class=\"t\">" : "<td>");
    enclose(&page->body, "", table->cells[index], column ? "</td>" : "</th>");
}

void page_table(struct page *page, const struct page_table *table)
{
    static const char *const classes[] = {[PAGE_PLAIN] = "",
                                          [PAGE_NAMES] = " class=\"names\"",
                                          [PAGE_FACTS] = " class=\"facts\"",
                                          [PAGE_MATRIX] = " class=\"matrix\""};
    const uint32_t number = ++page->table_count;
    text_format(&page->body,
                "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-labelledby=\"table-%u\">\n"
                "<table%s>\n<caption id=\"table-%u\">",
                number, classes[table->look], number);
    enclose(&page->body, "", table->caption, "</caption>\n");
    append_headings(page, table);
    text_append(&page->body, "<tbody>\n");
    for (uint32_t row = 0; row < table->rows; row++) {
        text_append(&page->body, "<tr>");
        for (uint32_t column = 0; column < table->columns; column++)
            append_cell(page, table, row, column);
        text_append(&page->body, "</tr>\n");
    }
    text_append(&page->body, "</tbody>\n</table>\n</div>\n");
}

// ---- Pictures

static void append_picture(struct page *page, const struct page_picture *picture)
{
    struct text *html = &page->body;
    text_append(html, "<picture>");
    if (picture->dark_size) {
        text_append(html, "<source media=\"screen and (prefers-color-scheme: dark)\" srcset=\"");
        html_data_uri(html, picture->type, picture->dark, picture->dark_size);
        text_append(html, "\">");
    }
    text_format(html, "<img width=\"%u\" height=\"%u\" src=\"", picture->width, picture->height);
    html_data_uri(html, picture->type, picture->light, picture->light_size);
    enclose(html, "\" alt=\"", picture->alt, "\"></picture>\n");
}

void page_figure(struct page *page, const struct page_picture *picture, const char *caption)
{
    text_append(&page->body, "<figure>\n<div class=\"wide\" role=\"region\" tabindex=\"0\"");
    enclose(&page->body, " aria-label=\"", caption, "\">\n");
    append_picture(page, picture);
    enclose(&page->body, "</div>\n<figcaption>", caption, "</figcaption>\n</figure>\n");
}

// ---- Cards

void page_cards_begin(struct page *page)
{
    text_append(&page->body, "<ul class=\"cards\">\n");
}

void page_cards_end(struct page *page)
{
    text_append(&page->body, "</ul>\n");
}

static void append_bar(struct text *html, const struct page_bar *bar, const char *mark)
{
    const double share = fmin(fmax(bar->share, 0), 1); // NaN is 0
    text_append(html, bar->is_marked ? "<li class=\"m\">" : "<li>");
    enclose(html, "<span class=\"name\" title=\"", bar->name, "\">");
    html_text(html, bar->name);
    if (bar->is_marked)
        enclose(html, "<span class=\"hidden\"> (", mark, ")</span>");
    text_format(html,
                "</span><span class=\"bar\" aria-hidden=\"true\"><span style=\"width:%.1f%%\">"
                "</span></span><span class=\"value\">%.1f&nbsp;%%</span></li>\n",
                100 * share, 100 * share);
}

void page_card(struct page *page, const struct page_card *card)
{
    struct text *html = &page->body;
    text_append(html, "<li>\n");
    if (card->picture_count)
        text_append(html, "<div class=\"photos\">\n");
    for (uint32_t i = 0; i < card->picture_count; i++)
        append_picture(page, &card->pictures[i]);
    if (card->picture_count)
        text_append(html, "</div>\n");
    enclose(html, card->is_good ? "<p class=\"good\">" : "<p class=\"bad\">", card->verdict,
            "</p>\n");
    if (card->bar_count)
        text_append(html, "<ul class=\"bars\">\n");
    for (uint32_t i = 0; i < card->bar_count; i++)
        append_bar(html, &card->bars[i], card->mark);
    if (card->bar_count)
        text_append(html, "</ul>\n");
    if (card->detail)
        enclose(html, "<p class=\"path\">", card->detail, "</p>\n");
    text_append(html, "</li>\n");
}

// ---- The whole

vktl_status page_finish(const struct vktl_log *log, struct page *page, const char *title,
                        const char *verdict, struct text *html)
{
    end_section(page);
    text_append(html, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    enclose(html, "<title>", title, "</title>\n");
    text_append(html, "<style>\n");
    for (const char *const *part = page_styles; *part; part++)
        text_append(html, *part);
    text_append(html, "</style>\n</head>\n<body>\n"
                      "<a class=\"skip\" href=\"#main\">Skip to the content</a>\n");
    enclose(html, "<header>\n<h1>", title, "</h1>\n");
    enclose(html, "<p class=\"verdict\">", verdict, "</p>\n</header>\n");
    text_append(html, "<nav aria-label=\"Contents\">\n<ul>\n");
    text_append(html, page->contents.data ? page->contents.data : "");
    text_append(html, "</ul>\n</nav>\n<main id=\"main\" tabindex=\"-1\">\n");
    text_append(html, page->body.data ? page->body.data : "");
    text_format(html,
                "</main>\n<footer>Written by vktl %s. This file needs nothing else.</footer>\n",
                vktl_version());
    text_append(html, "</body>\n</html>\n");
    html->failed |= page->body.failed || page->contents.failed;
    return text_status(log, html);
}
