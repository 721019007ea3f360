// What the files of this module share: devices and rows in memory, what follows from them, and
// tables of it that every format shows.
#ifndef CONFORMANCE_PARTS_H
#define CONFORMANCE_PARTS_H

#include <vktl/conformance.h>

#include "base/arena.h"
#include "base/text.h"

// A device as reports tell it. Sizes in bytes; 0 where a report does not say.
struct device {
    const char *name, *driver, *vendor, *type, *vulkan;
    double subgroup_size, max_invocations, max_shared_size, max_storage_range;
    double max_allocation_size, memory_size;
    double matrix_rows, matrix_columns, matrix_depth;
    bool has_addresses;
    struct vktl_selftest_row *rows; // texts in the arena
    uint32_t row_count, row_capacity;
};

struct vktl_conformance {
    struct arena texts;
    struct device *devices;
    uint32_t device_count;
};

// Those of a device that are texts, and those that are numbers, by their names in JSON.
struct device_text {
    const char *name;
    size_t offset;
};
extern const struct device_text device_texts[];   // a NULL name at the end
extern const struct device_text device_numbers[]; // likewise; members of "limits"

// ---- conformance.c

// Both copy texts, made fit for any format.
vktl_status conformance_begin(const struct vktl_log *log, struct vktl_conformance *conformance,
                              const struct device *device);
vktl_status conformance_add(const struct vktl_log *log, struct vktl_conformance *conformance,
                            const struct vktl_selftest_row *row);

// Removes the devices from `count` on.
void conformance_cut(struct vktl_conformance *conformance, uint32_t count);

// ---- compare.c: what follows from rows

// The same comparison on every device that made it.
struct line {
    const struct vktl_selftest_row **of; // (devices); NULL: not made there
    const struct vktl_selftest_row *any; // one of them
};

// Of some rows of one device.
struct tally {
    uint32_t rows, failed;
    const struct vktl_selftest_row *worst; // nearest to its tolerance, or furthest beyond it
    double ulp;                            // the most of any row
    double seconds;
};

// Of two devices, the lines that both have.
struct pair {
    uint32_t compared, same; // results; those whose bits are the same
    double apart;            // the others differ by no more than this: their errors together
};

struct comparison {
    uint32_t device_count, line_count, op_count;
    struct line *lines;    // those of an operator together
    const char **ops;      // (op_count), in the order in which they are met
    uint32_t *first_line;  // (op_count + 1): where the operator's lines begin
    struct tally *tallies; // (op_count, devices)
    struct tally *totals;  // (devices)
    struct arena arena;
};

vktl_status comparison_init(const struct vktl_log *log, const struct vktl_conformance *conformance,
                            struct comparison *comparison);
void comparison_deinit(struct comparison *comparison);

// Over the lines from `first` up to `end`, or the strict ones of them.
struct pair comparison_pair(const struct comparison *comparison, uint32_t first, uint32_t end,
                            bool is_strict, uint32_t a, uint32_t b);

// ---- tables.c: the same in words

// Cells in rows, the first of a row its heading; texts in the arena.
struct table {
    const char *title, *caption;
    uint32_t columns, rows, capacity;
    uint32_t text_columns; // after the first
    const char **headings; // (columns)
    const char **cells;    // (rows, columns)
};

struct tables {
    const struct vktl_conformance *conformance;
    const struct comparison *comparison;
    struct arena arena;
    bool failed; // out of memory: known at the end
};

void tables_devices(struct tables *tables, struct table *table);
void tables_operators(struct tables *tables, struct table *table);
void tables_pairs(struct tables *tables, struct table *table);    // no rows: one device
void tables_failures(struct tables *tables, struct table *table); // no rows: none
void tables_lines(struct tables *tables, uint32_t op, struct table *table);

// "All 2136 comparisons of 2 devices are within their tolerance."
const char *tables_verdict(struct tables *tables);

// What the columns of tables_operators and tables_lines mean.
extern const char tables_legend[];

// ---- One function a format

vktl_status conformance_json(const struct vktl_log *log, const struct vktl_conformance *conformance,
                             struct text *text);
void conformance_text(struct tables *tables, struct text *text);
void conformance_markdown(struct tables *tables, struct text *text);
vktl_status conformance_html(const struct vktl_log *log, struct tables *tables, struct text *text);

#endif
