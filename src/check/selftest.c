// Responsible for the selftest as a whole: which cases run, and how many failed.
#include <vktl/selftest.h>

#include <string.h>

#include "check/check.h"

struct selftest {
    const struct vktl_log *log;
    struct vktl_device *device;
    const struct vktl_selftest_params *params;
    void (*on_row)(const struct vktl_selftest_row *row, void *user);
    void *user;
    struct vktl_selftest_counts *counts;
};

static void count_row(const struct vktl_selftest_row *row, void *user)
{
    struct selftest *test = user;
    test->counts->rows++;
    test->counts->failed += !row->pass;
    if (test->on_row)
        test->on_row(row, test->user);
}

static vktl_status run_table(struct selftest *test, const struct op *op, bool mixed)
{
    const struct check_table *table = check_table_find(op->name);
    vktl_status status = VKTL_OK;
    vktl_assert(table && table->count > 0);
    for (uint32_t i = 0; i < table->count; i++) {
        if (table->cases[i].slow && test->params->quick)
            continue;
        TRY(check_run(&(struct check){
            .log = test->log,
            .device = test->device,
            .op = op,
            .reference = reference_find(op->name),
            .test = &table->cases[i],
            .on_row = count_row,
            .user = test,
            .mixed = mixed,
        }));
    }
fail:
    return status;
}

vktl_status vktl_selftest(const struct vktl_log *log, struct vktl_device *device,
                          const struct vktl_selftest_params *params,
                          void (*on_row)(const struct vktl_selftest_row *row, void *user),
                          void *user, struct vktl_selftest_counts *counts)
{
    struct selftest test = {log, device, params, on_row, user, counts};
    vktl_status status = VKTL_OK;
    *counts = (struct vktl_selftest_counts){0};
    if (params->op && !op_find(params->op))
        FAIL(log, VKTL_USAGE, "there is no operator \"%s\"", params->op);
    for (uint32_t i = 0; i < op_count(); i++) {
        const struct op *op = op_at(i);
        if (params->op && strcmp(op->name, params->op) != 0)
            continue;
        TRY(run_table(&test, op, false));
        if (op->multiplies_halves && vktl_device_info(device)->matrix_rows > 0)
            TRY(run_table(&test, op, true));
    }
    if (counts->failed)
        FAIL(log, VKTL_FAILED, "%u of %u comparisons failed on %s; try a newer driver",
             counts->failed, counts->rows, vktl_device_info(device)->name);
fail:
    return status;
}
