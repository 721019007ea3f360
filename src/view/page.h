// A page of HTML that needs nothing else: sections of tables, pictures and cards.
//
//     page_init -> { page_section -> page_...}... -> page_finish -> page_deinit
//
// Every text handed in is from outside and is escaped; nothing is trusted. The page works without a
// script, without colours, by keyboard and by screen reader: landmarks, headings in order, tables
// with captions and scopes, texts for pictures, a link to the contents. Light and dark follow the
// reader's system. A failed allocation is found at the end, by page_finish.
#ifndef VIEW_PAGE_H
#define VIEW_PAGE_H

#include <stdint.h>

#include "base/text.h"

struct page {
    struct text body, contents; // the sections, and the list of them
    bool is_in_section;
    uint32_t table_count;
};

void page_init(struct page *page);
void page_deinit(struct page *page);

// Ends the section before it. `id` is ours: letters and dashes.
void page_section(struct page *page, const char *id, const char *title);
void page_heading(struct page *page, const char *title); // within a section
void page_paragraph(struct page *page, const char *text);
void page_note(struct page *page, const char *text); // something that the reader should know
void page_code(struct page *page, const char *text); // lines as they are
void page_list(struct page *page, const char *const *items, uint32_t count);

// What stands between the two is folded away until the reader asks for it.
void page_details_begin(struct page *page, const char *summary);
void page_details_end(struct page *page);

// ---- Tables

enum page_look {
    PAGE_PLAIN,
    PAGE_NAMES,  // the first column is of names, which are not broken
    PAGE_FACTS,  // two columns, name and value; the headings are for screen readers
    PAGE_MATRIX, // cells are counts, coloured by their share of the row and of the diagonal
};
struct page_table {
    const char *caption;
    enum page_look look;
    uint32_t columns, rows;
    const char *const *headings; // (columns)
    const char *const *cells;    // (rows, columns); the first of a row is the row's heading
    const double *shares;        // (rows, columns) of a matrix, 0..1
    uint32_t text_columns;       // after the first: text; the others are numbers, to the right
};
void page_table(struct page *page, const struct page_table *table);

// ---- Pictures

// An encoded picture; `dark` may have no bytes.
struct page_picture {
    const char *type; // "image/png", "image/svg+xml"
    const unsigned char *light, *dark;
    size_t light_size, dark_size;
    uint32_t width, height; // as shown, where there is room
    const char *alt;        // what it says, in words
};
// As wide as the page; narrower pages scroll it sideways rather than shrink it below legibility.
void page_figure(struct page *page, const struct page_picture *picture, const char *caption);

// ---- Cards: one image each, with bars

struct page_bar {
    const char *name;
    double share; // 0..1
    bool is_marked;
};
struct page_card {
    const struct page_picture *pictures; // side by side
    uint32_t picture_count;
    const char *verdict; // one line above all
    bool is_good;        // a check mark or a cross before the verdict
    const char *detail;  // below it; NULL: nothing
    const struct page_bar *bars;
    uint32_t bar_count;
    const char *mark; // what the mark on a bar means
};
void page_cards_begin(struct page *page);
void page_card(struct page *page, const struct page_card *card);
void page_cards_end(struct page *page);

// Ends the last section and puts the page together. `verdict` stands below the title.
vktl_status page_finish(const struct vktl_log *log, struct page *page, const char *title,
                        const char *verdict, struct text *html);

#endif
