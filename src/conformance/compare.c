// Responsible for what follows from the rows of several devices: which belong together, the worst
// of each operator, and which devices gave the same bits. How it is told is in tables.c.
#include "conformance/parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// A row and where it comes from; `line_order` and `op_order` are those of the first row that it
// belongs together with, so that all stays in the order in which it was met.
struct entry {
    const struct vktl_selftest_row *row;
    uint32_t device;
    uint32_t copy; // of rows of one device that are called alike: which it is
    uint64_t order, line_order, op_order;
};

// Strict results are the same in either form, so that which one a device prefers is nothing to
// them.
static int compare_keys(const struct vktl_selftest_row *a, const struct vktl_selftest_row *b)
{
    const char *const parts[][2] = {{a->op, b->op},
                                    {a->name, b->name},
                                    {a->direction, b->direction},
                                    {a->algorithm, b->algorithm},
                                    {a->precision, b->precision}};
    int difference = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts && !difference; i++)
        difference = strcmp(parts[i][0], parts[i][1]);
    if (difference || strcmp(a->precision, "strict") == 0)
        return difference;
    return strcmp(a->form, b->form);
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int by_key_and_order(const void *void_a, const void *void_b)
{
    const struct entry *a = void_a, *b = void_b;
    const int difference = compare_keys(a->row, b->row);
    return difference ? difference : compare_numbers(a->order, b->order);
}

static int by_key_and_copy(const void *void_a, const void *void_b)
{
    const struct entry *a = void_a, *b = void_b;
    int difference = compare_keys(a->row, b->row);
    difference = difference ? difference : compare_numbers(a->copy, b->copy);
    return difference ? difference : compare_numbers(a->order, b->order);
}

static int by_line(const void *void_a, const void *void_b)
{
    const struct entry *a = void_a, *b = void_b;
    int difference = compare_numbers(a->op_order, b->op_order);
    difference = difference ? difference : compare_numbers(a->line_order, b->line_order);
    return difference ? difference : compare_numbers(a->order, b->order);
}

// ---- Lines -------------------------------------------------------------------------------------

static uint32_t list_rows(const struct vktl_conformance *conformance, struct entry *entries)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < conformance->device_count; i++)
        for (uint32_t j = 0; j < conformance->devices[i].row_count; j++)
            entries[count++] = (struct entry){.row = &conformance->devices[i].rows[j],
                                              .device = i,
                                              .order = (uint64_t)i << 32 | j};
    return count;
}

// Sorted by key, the rows of an operator lie together, and within them those of a line.
static void number_lines(struct entry *entries, uint32_t count)
{
    for (uint32_t i = 0, op = 0; i < count; i++) {
        if (strcmp(entries[op].row->op, entries[i].row->op) != 0)
            op = i;
        if (entries[i].order < entries[op].op_order || i == op)
            entries[op].op_order = entries[i].order;
    }
    for (uint32_t i = 1, line = 0; i < count; i++) {
        if (strcmp(entries[i - 1].row->op, entries[i].row->op) == 0)
            entries[i].op_order = entries[i - 1].op_order;
        if (compare_keys(entries[line].row, entries[i].row) ||
            entries[line].copy != entries[i].copy)
            line = i;
        entries[i].line_order = entries[line].order;
    }
    if (count)
        entries[0].line_order = entries[0].order;
}

static void number_copies(struct entry *entries, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++)
        if (entries[i - 1].device == entries[i].device &&
            compare_keys(entries[i - 1].row, entries[i].row) == 0)
            entries[i].copy = entries[i - 1].copy + 1;
}

static bool starts_line(const struct entry *entries, uint32_t i)
{
    return i == 0 || entries[i - 1].line_order != entries[i].line_order;
}

static bool starts_op(const struct entry *entries, uint32_t i)
{
    return i == 0 || entries[i - 1].op_order != entries[i].op_order;
}

static vktl_status allocate(const struct vktl_log *log, const struct entry *entries, uint32_t count,
                            struct comparison *comparison)
{
    vktl_status status = VKTL_OK;
    struct arena *arena = &comparison->arena;
    const size_t devices = comparison->device_count;
    for (uint32_t i = 0; i < count; i++) {
        comparison->line_count += starts_line(entries, i);
        comparison->op_count += starts_op(entries, i);
    }
    const size_t lines = comparison->line_count, ops = comparison->op_count;
    const struct vktl_selftest_row **of = arena_alloc_array(arena, lines * devices, sizeof *of);
    comparison->lines = arena_alloc_array(arena, lines, sizeof *comparison->lines);
    comparison->ops = arena_alloc_array(arena, ops, sizeof *comparison->ops);
    comparison->first_line = arena_alloc_array(arena, ops + 1, sizeof *comparison->first_line);
    comparison->tallies = arena_alloc_array(arena, ops * devices, sizeof *comparison->tallies);
    comparison->totals = arena_alloc_array(arena, devices, sizeof *comparison->totals);
    TRY_ALLOC(log, of && comparison->lines && comparison->ops && comparison->first_line &&
                       comparison->tallies && comparison->totals);
    for (uint32_t i = 0; i < lines; i++)
        comparison->lines[i].of = of + i * devices;
fail:
    return status;
}

static void set_lines(const struct entry *entries, uint32_t count, struct comparison *comparison)
{
    uint32_t line = 0, op = 0;
    for (uint32_t i = 0; i < count; i++) {
        line += starts_line(entries, i);
        if (starts_op(entries, i)) {
            comparison->first_line[op] = line - 1;
            comparison->ops[op++] = entries[i].row->op;
        }
        comparison->lines[line - 1].of[entries[i].device] = entries[i].row;
        comparison->lines[line - 1].any = entries[i].row;
    }
    comparison->first_line[op] = line;
}

// ---- Tallies -----------------------------------------------------------------------------------

static double share_of_tolerance(const struct vktl_selftest_row *row)
{
    if (row->worst == 0)
        return 0;
    return row->tolerance > 0 ? row->worst / row->tolerance : INFINITY;
}

static void count_row(struct tally *tally, const struct vktl_selftest_row *row)
{
    tally->rows++;
    tally->failed += !row->pass;
    tally->seconds += row->seconds;
    tally->ulp = fmax(tally->ulp, row->ulp);
    if (strcmp(row->direction, "reference") == 0 && row->pass && tally->worst)
        return; // the loops' own check, which has nothing to do with the device
    if (!tally->worst || share_of_tolerance(row) > share_of_tolerance(tally->worst))
        tally->worst = row;
}

static void count_rows(struct comparison *comparison)
{
    const uint32_t devices = comparison->device_count;
    for (uint32_t op = 0; op < comparison->op_count; op++)
        for (uint32_t i = comparison->first_line[op]; i < comparison->first_line[op + 1]; i++)
            for (uint32_t device = 0; device < devices; device++) {
                const struct vktl_selftest_row *row = comparison->lines[i].of[device];
                if (!row)
                    continue;
                count_row(&comparison->tallies[op * devices + device], row);
                count_row(&comparison->totals[device], row);
            }
}

// ---- The whole ---------------------------------------------------------------------------------

vktl_status comparison_init(const struct vktl_log *log, const struct vktl_conformance *conformance,
                            struct comparison *comparison)
{
    vktl_status status;
    struct vktl_selftest_counts counts;
    *comparison = (struct comparison){.device_count = conformance->device_count};
    vktl_conformance_counts(conformance, &counts);
    struct entry *entries = calloc(counts.rows + 1, sizeof *entries);
    TRY_ALLOC(log, entries);
    const uint32_t count = list_rows(conformance, entries);
    qsort(entries, count, sizeof *entries, by_key_and_order);
    number_copies(entries, count);
    qsort(entries, count, sizeof *entries, by_key_and_copy);
    number_lines(entries, count);
    qsort(entries, count, sizeof *entries, by_line);
    TRY(allocate(log, entries, count, comparison));
    set_lines(entries, count, comparison);
    count_rows(comparison);
fail:
    free(entries);
    return status;
}

void comparison_deinit(struct comparison *comparison)
{
    arena_deinit(&comparison->arena);
}

struct pair comparison_pair(const struct comparison *comparison, uint32_t first, uint32_t end,
                            bool is_strict, uint32_t a, uint32_t b)
{
    struct pair pair = {0};
    for (uint32_t i = first; i < end; i++) {
        const struct vktl_selftest_row *one = comparison->lines[i].of[a];
        const struct vktl_selftest_row *other = comparison->lines[i].of[b];
        if (!one || !other || !*one->bits || !*other->bits ||
            (is_strict && strcmp(one->precision, "strict") != 0))
            continue;
        const bool is_same = strcmp(one->bits, other->bits) == 0;
        pair.compared++;
        pair.same += is_same;
        if (!is_same)
            pair.apart = fmax(pair.apart, fmin(one->worst + other->worst, 1e30));
    }
    return pair;
}
