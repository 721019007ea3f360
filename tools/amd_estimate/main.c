// What AMD's compiler says of every kernel, generation by generation, with no AMD hardware here:
// RADV compiles on a null device and tells registers, spills, occupancy and cycles. Prints the
// tables of assets/bench/amd.md.
//
//     amd_estimate [--address] [--check] FAMILY...     as RADV_FORCE_FAMILY calls them: navi21
//
// --check prints nothing and fails where a product spills; status 77 where there is no RADV.
#include "estimate.h"
#include "ops/product.h"

#include <stdio.h>
#include <string.h>

enum { MAX_ROWS = 512, SKIPPED = 77 };

static void write_log(void *user, enum vktl_log_level level, const char *sentence)
{
    (void)level, (void)user;
    fprintf(stderr, "%s\n", sentence);
}

// Ends the names of products of halves.
static const char matrices[] = "_matrices";

static bool is_product(const struct kernel *kernel)
{
    static const char *const names[] = {"conv2d_fwd",       "conv2d_dx",  "conv2d_dw",
                                        "dense_fwd",        "dense_dx",   "dense_dw",
                                        "winograd_product", "winograd_du"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const size_t length = strlen(names[i]);
        const char *rest = kernel->spirv->name + length;
        if (strncmp(kernel->spirv->name, names[i], length) == 0 &&
            (*rest == '\0' || strcmp(rest, matrices) == 0))
            return true;
    }
    return false;
}

// Adds the rows of a kernel: a product has one for each tile, by fours and not.
static uint32_t add_rows(struct row *rows, uint32_t count, const struct kernel *kernel)
{
    for (uint32_t i = 0; i < count; i++)
        if (rows[i].kernel == kernel)
            return count; // operators share some
    if (!is_product(kernel)) {
        rows[count] = (struct row){.kernel = kernel};
        return count + 1;
    }
    for (uint32_t t = 0; t < PRODUCT_TILES; t++)
        for (int by_fours = 1; by_fours >= 0; by_fours--)
            rows[count++] = (struct row){.kernel = kernel,
                                         .rows = product_tiles[t].rows,
                                         .columns = product_tiles[t].columns,
                                         .by_fours = by_fours,
                                         .is_mixed = strstr(kernel->spirv->name, matrices) != NULL};
    return count;
}

static bool is_for_gpus(const struct kernel *kernel)
{
    const char *name = kernel->spirv->name;
    return !strstr(name, "_lanes") && !strstr(name, "_emulated") && kernel->spirv->size[0] > 0;
}

// All but those for CPU drivers, and those that were not built.
static uint32_t list_rows(struct row *rows)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < op_count(); i++)
        for (const struct kernel *const *k = op_at(i)->kernels; k && *k; k++)
            if (is_for_gpus(*k)) {
                vktl_assert(count + 2 * PRODUCT_TILES <= MAX_ROWS);
                count = add_rows(rows, count, *k);
            }
    return count;
}

static vktl_status estimate_all(struct vktl_device *device, bool by_address, struct row *rows,
                                uint32_t count, uint32_t family)
{
    vktl_status status = VKTL_OK;
    for (uint32_t i = 0; i < count; i++) {
        const struct row *row = &rows[i];
        const struct vktl_device_info *info = &device->info;
        const uint32_t constants[] = {row->rows,           row->columns,      row->by_fours,
                                      info->subgroup_size, info->matrix_rows, info->matrix_columns,
                                      info->matrix_depth};
        if (row->is_mixed && !info->matrix_rows)
            continue;
        TRY(compile_kernel(device, row->kernel, by_address, constants,
                           row->is_mixed ? 7
                           : row->rows   ? 3
                                         : 0,
                           &rows[i].estimates[family]));
    }
fail:
    return status;
}

// Prints and counts the products that spill.
static uint32_t count_spills(const struct row *rows, uint32_t row_count, char *const *families,
                             uint32_t family_count)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < row_count; i++)
        for (uint32_t f = 0; f < family_count; f++)
            if (rows[i].rows && rows[i].estimates[f].spilled) {
                fprintf(stderr, "%s of %u x %u spills %u registers on %s\n",
                        rows[i].kernel->spirv->name, rows[i].rows, rows[i].columns,
                        rows[i].estimates[f].spilled, families[f]);
                count++;
            }
    return count;
}

int main(int argc, char **argv)
{
    static struct row rows[MAX_ROWS];
    const struct vktl_log log = {.write = write_log};
    bool by_address = false, check = false;
    int first = 1;
    for (; first < argc && argv[first][0] == '-'; first++) {
        by_address = by_address || strcmp(argv[first], "--address") == 0;
        check = check || strcmp(argv[first], "--check") == 0;
    }
    const uint32_t family_count = (uint32_t)(argc - first), row_count = list_rows(rows);
    char *const *families = argv + first;
    if (family_count == 0 || family_count > MAX_FAMILIES) {
        fprintf(stderr, "amd_estimate [--address] [--check] FAMILY...   (at most %d)\n",
                MAX_FAMILIES);
        return 2;
    }
    for (uint32_t f = 0; f < family_count; f++) {
        struct vktl_device device;
        const vktl_status opened = compile_open(&log, families[f], &device);
        const vktl_status status =
            opened == VKTL_OK ? estimate_all(&device, by_address, rows, row_count, f) : opened;
        compile_close(&device);
        if (status != VKTL_OK)
            return opened == VKTL_NO_DEVICE ? SKIPPED : 1;
    }
    if (!check)
        table_print(rows, row_count, families, family_count);
    return check && count_spills(rows, row_count, families, family_count) > 0;
}
