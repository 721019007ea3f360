// Responsible for the tables that amd_estimate prints and for the percent of peak in them.
#include "estimate.h"

#include <stdio.h>
#include <string.h>

// Turns that ACO counts a loop for, and the steps of the sum in one turn of a product's loop.
enum { LOOP_TURNS = 8, TILE_DEPTH = 16 };

// Cycles that a SIMD spends on one multiply-add of a wave: it has 16 lanes up to GCN, 32 on RDNA
// and, as two may be issued together, 64 from RDNA3 on.
static double madd_cycles(const struct estimate *estimate, const char *family)
{
    const bool is_gcn = strcmp(family, "polaris10") == 0 || strcmp(family, "vega10") == 0;
    const bool is_dual = strncmp(family, "navi3", 5) == 0 || strncmp(family, "gfx11", 5) == 0;
    return estimate->subgroup_size / (is_gcn ? 16.0 : is_dual ? 64.0 : 32.0);
}

double row_percent(const struct row *row, const struct estimate *estimate, const char *family)
{
    if (estimate->cycles == 0 || row->local == 0)
        return 0;
    const double madds = (double)row->rows * row->columns * TILE_DEPTH / row->local;
    return 100 * LOOP_TURNS * madds * madd_cycles(estimate, family) / estimate->cycles;
}

static void print_head(const char *first, const char *rule, char *const *families, uint32_t count)
{
    printf("| %s |", first);
    for (uint32_t f = 0; f < count; f++)
        printf(" %s |", families[f]);
    printf("\n|%s|", rule);
    for (uint32_t f = 0; f < count; f++)
        printf("---|");
    printf("\n");
}

static void print_name(const struct row *row)
{
    printf("| %s |", row->kernel->spirv->name);
    if (row->rows)
        printf(" %u x %u%s |", row->rows, row->columns, row->by_fours ? " by fours" : "");
}

static void print_speed(const struct row *row, char *const *families, uint32_t family_count)
{
    print_name(row);
    for (uint32_t f = 0; f < family_count; f++) {
        const struct estimate *e = &row->estimates[f];
        if (e->cycles == 0) // it has no cooperative matrices
            printf(" - |");
        else if (row->rows && !row->is_mixed)
            printf(" %.0f |", row_percent(row, e, families[f]));
        else
            printf(" %u |", e->cycles);
    }
    printf("\n");
}

void table_print_speed(const struct row *rows, uint32_t row_count, char *const *families,
                       uint32_t family_count)
{
    print_head("product | tile", "---|---", families, family_count);
    for (uint32_t i = 0; i < row_count; i++)
        if (rows[i].rows)
            print_speed(&rows[i], families, family_count);
    printf("\n");
    print_head("kernel", "---", families, family_count);
    for (uint32_t i = 0; i < row_count; i++)
        if (!rows[i].rows)
            print_speed(&rows[i], families, family_count);
}

void table_print_registers(const struct row *rows, uint32_t row_count, char *const *families,
                           uint32_t family_count)
{
    print_head("kernel | tile | form", "---|---|---", families, family_count);
    for (uint32_t i = 0; i < row_count; i++) {
        const struct row *row = &rows[i];
        print_name(row);
        printf("%s %s |", row->rows ? "" : " |", row->by_address ? "address" : "storage");
        for (uint32_t f = 0; f < family_count; f++) {
            const struct estimate *e = &row->estimates[f];
            if (e->cycles == 0) {
                printf(" - |");
                continue;
            }
            printf(" %u/%u %u %u %u", e->vgprs, e->sgprs, e->lds_size, e->subgroups, e->code_size);
            if (e->spilled)
                printf(" **spills %u**", e->spilled);
            printf(" |");
        }
        printf("\n");
    }
}
