// What AMD's compiler says of every kernel, generation by generation, with no AMD hardware here:
// RADV compiles on a null device and tells registers, spills, occupancy and cycles.
//
//     amd_estimate [OPTION...] FAMILY...     as RADV_FORCE_FAMILY calls them: navi21
//
//     --registers       the table of assets/conformance/radv.md, instead of that of
//                       assets/bench/amd.md: both forms, registers and occupancy
//     --address         speed over addresses
//     --invocations N   as on a device that runs no more than N invocations a workgroup
//     --module FILE.spv that module alone, of one input and one output buffer, by 64 invocations
//
// Status 1 where a kernel spills registers, 77 where there is no RADV. Those for CPU drivers, which
// no GPU runs, may spill.
#include "estimate.h"
#include "base/files.h"
#include "ops/product.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ROWS = 1024, SKIPPED = 77 };

struct options {
    bool registers, by_address;
    uint32_t invocations;
    const char *module;
    char *const *families;
    uint32_t family_count;
};

struct table {
    struct row rows[MAX_ROWS];
    uint32_t count;
};

static void write_log(void *user, enum vktl_log_level level, const char *sentence)
{
    (void)level, (void)user;
    fprintf(stderr, "%s\n", sentence);
}

static const struct vktl_log standard_error = {.write = write_log};

// ---- Kernels -----------------------------------------------------------------------------------

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

static void add_row(struct table *table, const struct row *row)
{
    vktl_assert(table->count < MAX_ROWS);
    table->rows[table->count++] = *row;
}

static bool has_row(const struct table *table, const struct kernel *kernel, bool by_address)
{
    for (uint32_t i = 0; i < table->count; i++)
        if (table->rows[i].kernel == kernel && table->rows[i].by_address == by_address)
            return true; // operators share some
    return false;
}

// Adds the rows of a kernel: a product has one for each tile, by fours and not.
static void add_rows(struct table *table, const struct kernel *kernel, bool by_address)
{
    struct row row = {.kernel = kernel,
                      .by_address = by_address,
                      .is_mixed = strstr(kernel->spirv->name, matrices) != NULL};
    if (has_row(table, kernel, by_address))
        return;
    if (!is_product(kernel)) {
        add_row(table, &row);
        return;
    }
    for (uint32_t t = 0; t < PRODUCT_TILES; t++)
        for (int by_fours = 1; by_fours >= 0; by_fours--) {
            row.rows = product_tiles[t].rows;
            row.columns = product_tiles[t].columns;
            row.by_fours = by_fours;
            add_row(table, &row);
        }
}

static bool is_for_cpus(const struct kernel *kernel)
{
    return strstr(kernel->spirv->name, "_lanes") != NULL;
}

// Kernels for CPU drivers must compile as well; their speed on GPUs tells nothing.
static bool is_listed(const struct kernel *kernel, const struct options *options)
{
    return kernel->spirv->size[0] > 0 && !strstr(kernel->spirv->name, "_emulated") &&
           (options->registers || !is_for_cpus(kernel));
}

// All that were built, but what stands for matrices in tests.
static void list_kernels(struct table *table, const struct options *options)
{
    for (uint32_t i = 0; i < op_count(); i++)
        for (const struct kernel *const *k = op_at(i)->kernels; k && *k; k++) {
            if (!is_listed(*k, options))
                continue;
            if (options->registers || !options->by_address)
                add_rows(table, *k, false);
            if (options->registers || options->by_address)
                add_rows(table, *k, true);
        }
}

// A module from a file as a kernel of its own; lives as long as the program.
static vktl_status list_module(struct table *table, const char *path)
{
    static struct spirv spirv;
    static const struct kernel kernel = {
        .spirv = &spirv, .access = {ACCESS_READ, ACCESS_WRITE}, .local = {64}};
    vktl_status status = VKTL_OK;
    unsigned char *bytes = NULL;
    size_t size = 0;
    TRY(file_read_all(&standard_error, path, 1 << 24, &bytes, &size));
    spirv = (struct spirv){
        .name = path, .words = {(const uint32_t *)(const void *)bytes}, .size = {(uint32_t)size}};
    add_rows(table, &kernel, false);
fail:
    return status;
}

// ---- Compiling ---------------------------------------------------------------------------------

static bool can_run(const struct vktl_device_info *info, const struct row *row)
{
    const struct product_tile tile = {row->rows, row->columns};
    return row->is_mixed ? info->matrix_rows > 0 && info->max_invocations >= PRODUCT_TILE_LOCAL
                         : row->rows == 0 || product_fits(info, tile);
}

static vktl_status estimate_all(struct vktl_device *device, struct table *table, uint32_t family)
{
    vktl_status status = VKTL_OK;
    const struct vktl_device_info *info = &device->info;
    for (uint32_t i = 0; i < table->count; i++) {
        struct row *row = &table->rows[i];
        const uint32_t constants[] = {row->rows,           row->columns,      row->by_fours,
                                      info->subgroup_size, info->matrix_rows, info->matrix_columns,
                                      info->matrix_depth};
        const uint32_t count = row->is_mixed ? 7 : row->rows ? 3 : 0;
        row->local = gpu_local(info, PRODUCT_TILE_LOCAL);
        if (can_run(info, row))
            TRY(compile_kernel(device, row->kernel, row->by_address, constants, count,
                               &row->estimates[family]));
    }
fail:
    return status;
}

// Prints and counts the kernels that spill.
static uint32_t count_spills(const struct table *table, const struct options *options)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < table->count; i++)
        for (uint32_t f = 0; f < options->family_count; f++) {
            const struct row *row = &table->rows[i];
            if (!row->estimates[f].spilled || is_for_cpus(row->kernel))
                continue;
            fprintf(stderr, "%s, %u x %u, over %s, spills %u registers on %s\n",
                    row->kernel->spirv->name, row->rows, row->columns,
                    row->by_address ? "addresses" : "storage buffers", row->estimates[f].spilled,
                    options->families[f]);
            count++;
        }
    return count;
}

// ---- Command line ------------------------------------------------------------------------------

static bool read_options(int argc, char **argv, struct options *options)
{
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "--registers") == 0)
            options->registers = true;
        else if (strcmp(argv[i], "--address") == 0)
            options->by_address = true;
        else if (strcmp(argv[i], "--invocations") == 0 && i + 1 < argc)
            options->invocations = (uint32_t)strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--module") == 0 && i + 1 < argc)
            options->module = argv[++i];
        else
            return false;
    }
    options->families = argv + i;
    options->family_count = (uint32_t)(argc - i);
    return options->family_count > 0 && options->family_count <= MAX_FAMILIES;
}

int main(int argc, char **argv)
{
    static struct table table;
    struct options options = {0};
    if (!read_options(argc, argv, &options)) {
        fprintf(stderr, "amd_estimate [--registers] [--address] [--invocations N] [--module FILE] "
                        "FAMILY...\n");
        return 2;
    }
    if (!options.module)
        list_kernels(&table, &options);
    else if (list_module(&table, options.module) != VKTL_OK)
        return 1;
    for (uint32_t f = 0; f < options.family_count; f++) {
        struct vktl_device device;
        const vktl_status opened =
            compile_open(&standard_error, options.families[f], options.invocations, &device);
        if (opened == VKTL_OK && options.registers && f == 0)
            printf("Compiler: %s\n\n", device.info.driver);
        const vktl_status status = opened == VKTL_OK ? estimate_all(&device, &table, f) : opened;
        compile_close(&device);
        if (status != VKTL_OK)
            return opened == VKTL_NO_DEVICE ? SKIPPED : 1;
    }
    (options.registers ? table_print_registers : table_print_speed)(
        table.rows, table.count, options.families, options.family_count);
    return count_spills(&table, &options) > 0;
}
