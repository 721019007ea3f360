// Responsible for reports as text for terminals, and as Markdown, in which every row is folded into
// its operator's <details>. What the tables say is in tables.c.
#include "conformance/parts.h"

#include <string.h>

// ---- Text --------------------------------------------------------------------------------------

// Columns of a terminal that a text takes, near enough: its characters.
static uint32_t width_of(const char *text)
{
    uint32_t width = 0;
    for (; *text; text++)
        width += (*text & 0xc0) != 0x80;
    return width;
}

static uint32_t column_width(const struct table *table, uint32_t column)
{
    uint32_t width = width_of(table->headings[column]);
    for (uint32_t i = 0; i < table->rows; i++) {
        const uint32_t cell = width_of(table->cells[i * table->columns + column]);
        width = cell > width ? cell : width;
    }
    return width;
}

// With plain spaces, which every terminal knows.
static void append_plain(struct text *text, const char *cell)
{
    static const char space[] = "\u00a0";
    for (const char *found; (found = strstr(cell, space)); cell = found + strlen(space)) {
        text_append_bytes(text, cell, (size_t)(found - cell));
        text_append(text, " ");
    }
    text_append(text, cell);
}

// Texts to the left, numbers to the right; a line ends in no spaces.
static void append_cells(struct text *text, const struct table *table, const uint32_t *widths,
                         const char *const *cells)
{
    size_t end = text->length;
    for (uint32_t i = 0; i < table->columns; i++) {
        const int padding = (int)(widths[i] - width_of(cells[i]));
        text_format(text, "%s%*s", i ? "  " : "", i > table->text_columns ? padding : 0, "");
        append_plain(text, cells[i]);
        end = *cells[i] ? text->length : end;
        text_format(text, "%*s", i > table->text_columns ? 0 : padding, "");
    }
    text->length = text->failed ? text->length : end;
    text_append(text, "\n");
}

static void append_table(struct text *text, struct tables *tables, const struct table *table)
{
    uint32_t *widths = arena_alloc_array(&tables->arena, table->columns, sizeof *widths);
    tables->failed |= !widths;
    if (tables->failed || !table->rows)
        return;
    for (uint32_t i = 0; i < table->columns; i++)
        widths[i] = column_width(table, i);
    text_format(text, "\n%s: %s\n\n", table->title, table->caption);
    append_cells(text, table, widths, table->headings);
    for (uint32_t i = 0; i < table->rows; i++)
        append_cells(text, table, widths, table->cells + (size_t)i * table->columns);
}

void conformance_text(struct tables *tables, struct text *text)
{
    struct table table;
    text_format(text, "%s\n", tables_verdict(tables));
    tables_devices(tables, &table);
    append_table(text, tables, &table);
    tables_operators(tables, &table);
    append_table(text, tables, &table);
    tables_pairs(tables, &table);
    append_table(text, tables, &table);
    tables_failures(tables, &table);
    append_table(text, tables, &table);
}

// ---- Markdown ----------------------------------------------------------------------------------

// What means something to Markdown, or to the HTML within it, is escaped.
static void append_escaped(struct text *text, const char *string)
{
    for (; *string; string++) {
        if (*string == '<')
            text_append(text, "&lt;");
        else if (*string == '>')
            text_append(text, "&gt;");
        else if (*string == '&')
            text_append(text, "&amp;");
        else if (strchr("\\`*_[]|~#!$@", *string) || (*string == ':' && string[1] != ' '))
            text_format(text, "&#%d;", *string);
        else
            text_append_bytes(text, string, 1);
    }
}

static void append_row(struct text *text, const struct table *table, const char *const *cells)
{
    for (uint32_t i = 0; i < table->columns; i++) {
        text_append(text, i ? " | " : "| ");
        append_escaped(text, cells[i]);
    }
    text_append(text, " |\n");
}

static void append_markdown(struct text *text, const struct table *table, bool failed)
{
    if (failed || !table->rows)
        return;
    append_row(text, table, table->headings);
    for (uint32_t i = 0; i < table->columns; i++)
        text_append(text, i > table->text_columns ? "|---:" : "|---");
    text_append(text, "|\n");
    for (uint32_t i = 0; i < table->rows; i++)
        append_row(text, table, table->cells + (size_t)i * table->columns);
}

static void append_titled(struct text *text, const struct table *table, bool failed)
{
    if (failed || !table->rows)
        return;
    text_format(text, "\n## %s\n\n", table->title);
    append_markdown(text, table, failed);
}

void conformance_markdown(struct tables *tables, struct text *text)
{
    struct table table;
    text_append(text, "# Conformance of vktl\n\n");
    append_escaped(text, tables_verdict(tables));
    text_append(text, "\n\n");
    append_escaped(text, tables_legend);
    text_append(text, "\n");
    tables_devices(tables, &table);
    append_titled(text, &table, tables->failed);
    tables_operators(tables, &table);
    append_titled(text, &table, tables->failed);
    tables_pairs(tables, &table);
    append_titled(text, &table, tables->failed);
    tables_failures(tables, &table);
    append_titled(text, &table, tables->failed);
    text_append(text, "\n## All comparisons\n\n");
    for (uint32_t op = 0; op < tables->comparison->op_count && !tables->failed; op++) {
        tables_lines(tables, op, &table);
        text_append(text, "<details><summary>");
        append_escaped(text, table.title);
        text_append(text, "</summary>\n\n");
        append_markdown(text, &table, tables->failed);
        text_append(text, "\n</details>\n");
    }
    text_format(text, "\nWritten by vktl %s.\n", vktl_version());
}
