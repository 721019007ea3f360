// Responsible for reports as a page of HTML: the same tables, every row folded into its operator.
#include "conformance/parts.h"
#include "view/page.h"

static void add_table(struct page *page, const struct table *table, bool failed)
{
    if (failed)
        return;
    page_table(page, &(struct page_table){
                         .caption = table->caption,
                         .look = PAGE_NAMES,
                         .columns = table->columns,
                         .rows = table->rows,
                         .headings = table->headings,
                         .cells = table->cells,
                         .text_columns = table->text_columns,
                     });
}

static void add_section(struct page *page, struct tables *tables, const char *id,
                        void (*make)(struct tables *tables, struct table *table))
{
    struct table table;
    make(tables, &table);
    if (tables->failed || !table.rows)
        return;
    page_section(page, id, table.title);
    if (make == tables_operators)
        page_paragraph(page, tables_legend);
    add_table(page, &table, tables->failed);
}

static void add_lines(struct page *page, struct tables *tables)
{
    const struct comparison *comparison = tables->comparison;
    page_section(page, "all", "All comparisons");
    for (uint32_t op = 0; op < comparison->op_count && !tables->failed; op++) {
        struct table table;
        tables_lines(tables, op, &table);
        page_details_begin(page, table.title);
        add_table(page, &table, tables->failed);
        page_details_end(page);
    }
}

vktl_status conformance_html(const struct vktl_log *log, struct tables *tables, struct text *text)
{
    struct page page;
    page_init(&page);
    add_section(&page, tables, "failed", tables_failures);
    add_section(&page, tables, "devices", tables_devices);
    add_section(&page, tables, "operators", tables_operators);
    add_section(&page, tables, "pairs", tables_pairs);
    add_lines(&page, tables);
    const vktl_status status =
        page_finish(log, &page, "Conformance of vktl", tables_verdict(tables), text);
    page_deinit(&page);
    return status;
}
