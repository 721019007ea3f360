// Responsible for the words and numbers of a report: tables that all formats show alike. Where they
// stand, and how they look, is the formats'.
#include "conformance/parts.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char tables_legend[] =
    "Errors are of the worst element, |a - b| / (|b| + root mean square of all b), b being what "
    "plain C loops with double sums say; then the same in units in the last place of a float "
    "(ULP), and as a share of the tolerance.";

#define SPACE "\u00a0" // that no line breaks at

// ---- Cells -------------------------------------------------------------------------------------

static const char *format(struct tables *tables, const char *words, ...) LOG_FORMAT(2, 3);
static const char *format(struct tables *tables, const char *words, ...)
{
    char text[1200]; // longer than two labels
    va_list arguments;
    va_start(arguments, words);
    vsnprintf(text, sizeof text, words, arguments);
    va_end(arguments);
    const char *kept = arena_copy_text(&tables->arena, text);
    tables->failed |= !kept;
    return kept ? kept : "";
}

static void table_begin(struct tables *tables, struct table *table, const char *title,
                        const char *caption, uint32_t columns)
{
    *table = (struct table){.title = title, .caption = caption, .columns = columns};
    table->headings = arena_alloc_array(&tables->arena, columns, sizeof *table->headings);
    tables->failed |= !table->headings;
}

static void set_heading(struct table *table, uint32_t column, const char *heading)
{
    if (table->headings)
        table->headings[column] = heading;
}

// A row of empty cells, to be filled; NULL: out of memory.
static const char **add_row(struct tables *tables, struct table *table)
{
    if (table->rows == table->capacity) {
        const uint32_t capacity = table->capacity ? 2 * table->capacity : 16;
        const char **cells = arena_alloc_array(&tables->arena, (size_t)capacity * table->columns,
                                               sizeof *table->cells);
        tables->failed |= !cells;
        if (!cells)
            return NULL;
        if (table->rows)
            memcpy(cells, table->cells, (size_t)table->rows * table->columns * sizeof *cells);
        table->cells = cells;
        table->capacity = capacity;
    }
    const char **row = table->cells + (size_t)table->rows++ * table->columns;
    for (uint32_t i = 0; i < table->columns; i++)
        row[i] = "";
    return row;
}

static bool is_alone(const struct tables *tables)
{
    return tables->comparison->device_count == 1;
}

// ---- Numbers -----------------------------------------------------------------------------------

static const char *error_text(struct tables *tables, double error)
{
    return error >= 1e30 ? "not finite" : error == 0 ? "0" : format(tables, "%.1e", error);
}

static const char *ulp_text(struct tables *tables, double ulp)
{
    if (ulp >= 1e6)
        return ">" SPACE "999999";
    return ulp == 0 ? "0" : format(tables, ulp < 100 ? "%.1f" : "%.0f", ulp);
}

static const char *share_text(struct tables *tables, const struct vktl_selftest_row *row)
{
    if (row->worst == 0)
        return "0" SPACE "%";
    const double share = row->tolerance > 0 ? 100 * row->worst / row->tolerance : INFINITY;
    return share > 999 ? ">" SPACE "999" SPACE "%"
                       : format(tables, share < 10 ? "%.1f" SPACE "%%" : "%.0f" SPACE "%%", share);
}

static const char *seconds_text(struct tables *tables, double seconds)
{
    return seconds < 1 ? format(tables, "%.1f" SPACE "ms", 1000 * seconds)
                       : format(tables, "%.1f" SPACE "s", seconds);
}

static const char *size_text(struct tables *tables, double size)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t unit = 0;
    for (; size >= 1024 && unit < 6; unit++)
        size /= 1024;
    return format(tables, "%.*f" SPACE "%s", size < 10 && size != floor(size), size, units[unit]);
}

static const char *verdict_text(struct tables *tables, uint32_t rows, uint32_t failed)
{
    return failed ? format(tables, "%u of %u FAIL", failed, rows) : "ok";
}

// Of one device among several: all in one cell.
static const char *brief(struct tables *tables, const char *verdict,
                         const struct vktl_selftest_row *worst, double ulp)
{
    if (worst->worst == 0)
        return strcmp(verdict, "ok") == 0 ? "ok, exact" : verdict;
    return format(tables, "%s, %s, %s" SPACE "ULP, %s", verdict, error_text(tables, worst->worst),
                  ulp_text(tables, ulp), share_text(tables, worst));
}

// ---- Devices -----------------------------------------------------------------------------------

// "2: llvmpipe", or just the name of the only one.
static const char *device_heading(struct tables *tables, uint32_t i)
{
    const char *name = tables->conformance->devices[i].name;
    return is_alone(tables) ? name : format(tables, "%u: %s", i + 1, name);
}

static const char *matrices_text(struct tables *tables, const struct device *device)
{
    if (!device->matrix_rows)
        return "none, no mixed precision";
    return format(tables, "%.0f x %.0f x %.0f", device->matrix_rows, device->matrix_columns,
                  device->matrix_depth);
}

static const char *fact(struct tables *tables, uint32_t fact, uint32_t i)
{
    const struct device *device = &tables->conformance->devices[i];
    const struct tally *total = &tables->comparison->totals[i];
    switch (fact) {
    case 0:
        return device->driver;
    case 1:
        return format(tables, "%s, %s", device->vendor, device->type);
    case 2:
        return device->vulkan;
    case 3:
        return format(tables, "%.0f; %.0f a workgroup", device->subgroup_size,
                      device->max_invocations);
    case 4:
        return size_text(tables, device->max_shared_size);
    case 5:
        return size_text(tables, device->max_storage_range);
    case 6:
        return format(tables, "%s; %s an allocation", size_text(tables, device->memory_size),
                      size_text(tables, device->max_allocation_size));
    case 7:
        return device->has_addresses ? "storage buffers and addresses" : "storage buffers";
    case 8:
        return matrices_text(tables, device);
    case 9:
        return format(tables, "%u in %s", total->rows, seconds_text(tables, total->seconds));
    default:
        return total->rows ? verdict_text(tables, total->rows, total->failed) : "nothing was run";
    }
}

void tables_devices(struct tables *tables, struct table *table)
{
    static const char *const facts[] = {"Driver",      "Maker and kind", "Vulkan",
                                        "Subgroup",    "Shared memory",  "Storage buffer",
                                        "Memory",      "Kernels read",   "Matrices of halves",
                                        "Comparisons", "Verdict"};
    const uint32_t devices = tables->comparison->device_count;
    table_begin(tables, table, is_alone(tables) ? "Device" : "Devices", "As the drivers say",
                1 + devices);
    table->text_columns = devices;
    set_heading(table, 0, "");
    for (uint32_t i = 0; i < devices; i++)
        set_heading(table, 1 + i, device_heading(tables, i));
    for (uint32_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        const char **row = add_row(tables, table);
        if (!row)
            return;
        row[0] = facts[i];
        for (uint32_t j = 0; j < devices; j++)
            row[1 + j] = fact(tables, i, j);
    }
}

// ---- Operators ---------------------------------------------------------------------------------

static void fill_operator(struct tables *tables, uint32_t op, const char **row)
{
    const struct comparison *comparison = tables->comparison;
    const uint32_t devices = comparison->device_count;
    const struct tally *tallies = &comparison->tallies[op * devices];
    const uint32_t count = comparison->first_line[op + 1] - comparison->first_line[op];
    row[0] = comparison->ops[op];
    row[1 + (is_alone(tables) ? 1 : devices)] = format(tables, "%u", count);
    for (uint32_t i = 0; i < devices; i++) {
        const struct tally *tally = &tallies[i];
        if (!tally->rows)
            continue;
        const char *verdict = verdict_text(tables, tally->rows, tally->failed);
        row[1 + i] = is_alone(tables) ? verdict : brief(tables, verdict, tally->worst, tally->ulp);
        if (!is_alone(tables))
            continue;
        row[3] = error_text(tables, tally->worst->worst);
        row[4] = ulp_text(tables, tally->ulp);
        row[5] = share_text(tables, tally->worst);
        row[6] = seconds_text(tables, tally->seconds);
    }
}

void tables_operators(struct tables *tables, struct table *table)
{
    static const char *const alone[] = {"Operator", "Verdict",      "Comparisons", "Worst error",
                                        "ULP",      "Of tolerance", "Time"};
    const struct comparison *comparison = tables->comparison;
    const uint32_t devices = comparison->device_count;
    table_begin(tables, table, "Operators",
                is_alone(tables)
                    ? "The worst of each"
                    : "Verdict, worst error, the same in ULP, its share of the tolerance",
                is_alone(tables) ? 7 : 2 + devices);
    table->text_columns = devices;
    for (uint32_t i = 0; i < 7 && is_alone(tables); i++)
        set_heading(table, i, alone[i]);
    for (uint32_t i = 0; i < devices && !is_alone(tables); i++)
        set_heading(table, 1 + i, device_heading(tables, i));
    if (!is_alone(tables)) {
        set_heading(table, 0, alone[0]);
        set_heading(table, 1 + devices, alone[2]);
    }
    for (uint32_t op = 0; op < comparison->op_count; op++) {
        const char **row = add_row(tables, table);
        if (row)
            fill_operator(tables, op, row);
    }
}

// ---- Pairs -------------------------------------------------------------------------------------

static const char *pair_text(struct tables *tables, const struct pair *pair)
{
    if (!pair->compared)
        return "";
    if (pair->same == pair->compared)
        return format(tables, "all %u", pair->compared);
    return format(tables, "%u of %u, else" SPACE "%s", pair->same, pair->compared,
                  pair->apart == 0 ? "denormals" : error_text(tables, pair->apart));
}

// The pair's lines of one operator, those after the last operator being all, and all strict ones.
static struct pair pair_of(const struct comparison *comparison, uint32_t op, uint32_t a, uint32_t b)
{
    if (op < comparison->op_count)
        return comparison_pair(comparison, comparison->first_line[op],
                               comparison->first_line[op + 1], false, a, b);
    return comparison_pair(comparison, 0, comparison->line_count, op > comparison->op_count, a, b);
}

static void name_pair_rows(struct tables *tables, struct table *table, uint32_t rows)
{
    const struct comparison *comparison = tables->comparison;
    for (uint32_t i = 0; i < rows; i++) {
        const char **row = add_row(tables, table);
        if (row)
            row[0] = i < comparison->op_count    ? comparison->ops[i]
                     : i == comparison->op_count ? "All"
                                                 : "Strict ones of all";
    }
}

// A column a pair.
static void fill_pairs(struct tables *tables, struct table *table)
{
    const uint32_t devices = tables->comparison->device_count;
    uint32_t column = 1;
    name_pair_rows(tables, table, tables->comparison->op_count + 2);
    for (uint32_t a = 0; a < devices; a++)
        for (uint32_t b = a + 1; b < devices && !tables->failed; b++, column++) {
            set_heading(table, column, format(tables, "%u and %u", a + 1, b + 1));
            for (uint32_t i = 0; i < table->rows; i++) {
                const struct pair pair = pair_of(tables->comparison, i, a, b);
                table->cells[i * table->columns + column] = pair_text(tables, &pair);
            }
        }
}

// A row a pair, without operators.
static void list_pairs(struct tables *tables, struct table *table)
{
    const struct comparison *comparison = tables->comparison;
    for (uint32_t a = 0; a < comparison->device_count; a++)
        for (uint32_t b = a + 1; b < comparison->device_count; b++) {
            const struct pair all = pair_of(comparison, comparison->op_count, a, b);
            const struct pair strict = pair_of(comparison, comparison->op_count + 1, a, b);
            const char **row = add_row(tables, table);
            if (!row)
                return;
            row[0] = format(tables, "%u and %u", a + 1, b + 1);
            row[1] = pair_text(tables, &all);
            row[2] = pair_text(tables, &strict);
        }
}

void tables_pairs(struct tables *tables, struct table *table)
{
    enum { MOST_COLUMNS = 3 };
    const uint32_t devices = tables->comparison->device_count;
    const uint32_t pairs = devices * (devices - 1) / 2;
    const bool is_wide = pairs <= MOST_COLUMNS;
    table_begin(tables, table, "Devices in pairs",
                "Results of the same bits, and by how much the others differ at most",
                is_wide ? 1 + pairs : 3);
    table->text_columns = table->columns - 1;
    set_heading(table, 0, is_wide ? "Operator" : "Devices");
    if (is_wide && pairs) {
        fill_pairs(tables, table);
    } else if (!is_wide) {
        set_heading(table, 1, "All");
        set_heading(table, 2, "Strict ones");
        list_pairs(tables, table);
    }
}

// ---- Rows --------------------------------------------------------------------------------------

static const char *direction_text(struct tables *tables, const struct vktl_selftest_row *row)
{
    return *row->algorithm ? format(tables, "%s, %s", row->direction, row->algorithm)
                           : row->direction;
}

static const char *form_text(struct tables *tables, const struct vktl_selftest_row *row)
{
    if (!*row->form || strcmp(row->precision, "fp32") == 0)
        return row->form;
    return format(tables, "%s, %s", row->form, row->precision);
}

void tables_failures(struct tables *tables, struct table *table)
{
    static const char *const headings[] = {"Device", "Operator", "Case",      "Result",
                                           "Form",   "Error",    "Tolerance", "What is wrong"};
    table_begin(tables, table, "What failed",
                "Comparisons beyond their tolerance, or wrong otherwise", 8);
    table->text_columns = 7;
    for (uint32_t i = 0; i < 8; i++)
        set_heading(table, i, headings[i]);
    for (uint32_t i = 0; i < tables->conformance->device_count; i++) {
        const struct device *device = &tables->conformance->devices[i];
        for (uint32_t j = 0; j < device->row_count; j++) {
            const struct vktl_selftest_row *from = &device->rows[j];
            const char **row = from->pass ? NULL : add_row(tables, table);
            if (!row)
                continue;
            row[0] = device_heading(tables, i);
            row[1] = from->op;
            row[2] = from->name;
            row[3] = direction_text(tables, from);
            row[4] = form_text(tables, from);
            row[5] = error_text(tables, from->worst);
            row[6] = error_text(tables, from->tolerance);
            row[7] = from->detail;
        }
    }
}

// Which devices gave the same bits: "1 = 2, 3" is two groups.
static const char *groups_text(struct tables *tables, const struct line *line)
{
    const uint32_t devices = tables->comparison->device_count;
    const char *text = "";
    uint32_t groups = 0, members = 0;
    for (uint32_t a = 0; a < devices; a++) {
        bool is_first = line->of[a] && *line->of[a]->bits;
        for (uint32_t b = 0; b < a && is_first; b++)
            is_first = !line->of[b] || strcmp(line->of[a]->bits, line->of[b]->bits) != 0;
        if (!is_first)
            continue;
        text = format(tables, "%s%s%u", text, groups++ ? ", " : "", a + 1);
        members++;
        for (uint32_t b = a + 1; b < devices; b++)
            if (line->of[b] && strcmp(line->of[a]->bits, line->of[b]->bits) == 0) {
                text = format(tables, "%s = %u", text, b + 1);
                members++;
            }
    }
    if (members < 2)
        return "";
    return groups == 1 ? "same" : groups == members ? "differ" : text;
}

static void fill_line(struct tables *tables, const struct line *line, const char **row)
{
    const uint32_t devices = tables->comparison->device_count;
    row[0] = line->any->name;
    row[1] = direction_text(tables, line->any);
    row[2] = form_text(tables, line->any);
    if (is_alone(tables)) {
        row[3] = line->any->pass ? "ok" : "FAIL";
        row[4] = error_text(tables, line->any->worst);
        row[5] = ulp_text(tables, line->any->ulp);
        row[6] = share_text(tables, line->any);
        row[7] = seconds_text(tables, line->any->seconds);
        return;
    }
    for (uint32_t i = 0; i < devices; i++)
        if (line->of[i])
            row[3 + i] = format(
                tables, "%s, %s",
                brief(tables, line->of[i]->pass ? "ok" : "FAIL", line->of[i], line->of[i]->ulp),
                seconds_text(tables, line->of[i]->seconds));
    row[3 + devices] = groups_text(tables, line);
}

void tables_lines(struct tables *tables, uint32_t op, struct table *table)
{
    static const char *const first[] = {"Case", "Result", "Form"};
    static const char *const alone[] = {"Verdict", "Error", "ULP", "Of tolerance", "Time"};
    const struct comparison *comparison = tables->comparison;
    const uint32_t devices = comparison->device_count;
    table_begin(tables, table, comparison->ops[op],
                is_alone(tables) ? "Every result"
                                 : "Columns with a number are the devices above; those with the "
                                   "same bits are joined by =",
                is_alone(tables) ? 8 : 4 + devices);
    table->text_columns = is_alone(tables) ? 3 : 3 + devices;
    for (uint32_t i = 0; i < 3; i++)
        set_heading(table, i, first[i]);
    for (uint32_t i = 0; i < 5 && is_alone(tables); i++)
        set_heading(table, 3 + i, alone[i]);
    for (uint32_t i = 0; i < devices && !is_alone(tables); i++)
        set_heading(table, 3 + i, format(tables, "%u", i + 1));
    if (!is_alone(tables))
        set_heading(table, 3 + devices, "Bits");
    for (uint32_t i = comparison->first_line[op]; i < comparison->first_line[op + 1]; i++) {
        const char **row = add_row(tables, table);
        if (row)
            fill_line(tables, &comparison->lines[i], row);
    }
}

// ---- The verdict -------------------------------------------------------------------------------

const char *tables_verdict(struct tables *tables)
{
    struct vktl_selftest_counts counts;
    const uint32_t devices = tables->comparison->device_count;
    vktl_conformance_counts(tables->conformance, &counts);
    const char *where = is_alone(tables) ? format(tables, "on %s", device_heading(tables, 0))
                                         : format(tables, "on %u devices", devices);
    if (!counts.rows)
        return format(tables, "Nothing was compared %s.", where);
    if (counts.failed)
        return format(tables, "%u of %u comparisons %s failed.", counts.failed, counts.rows, where);
    return format(tables, "All %u comparisons %s passed.", counts.rows, where);
}
