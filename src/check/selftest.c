// Responsible for the selftest as a whole: which cases run, and how many failed.
#include <vktl/selftest.h>

#include <string.h>

#include "check/check.h"
#include "check/judge.h"
#include "gpu/verdicts.h"

struct selftest {
    const struct vktl_log *log;
    struct vktl_device *device;
    const struct vktl_selftest_params *params;
    void (*on_row)(const struct vktl_selftest_row *row, void *user);
    void *user;
    struct vktl_selftest_counts *counts;
    uint32_t done, total; // cases
    const struct op *op;  // at work, and whether its rows are about numbers that training meets
    bool judges;
    vktl_status judged; // the first that is not VKTL_OK
};

// A kernel that passes a NaN on in another way than the reference may be used all the same.
static bool is_ordinary(enum check_data data)
{
    return data == CHECK_UNIFORM || data == CHECK_TIES || data == CHECK_LARGE;
}

static bool is_whole(const struct vktl_selftest_params *params)
{
    return !params->op && !params->quick;
}

static void count_row(const struct vktl_selftest_row *row, void *user)
{
    struct selftest *test = user;
    test->counts->rows++;
    test->counts->failed += !row->pass;
    if (test->judges && test->judged == VKTL_OK)
        test->judged = judge_row(test->log, test->device, test->op, row);
    if (test->on_row)
        test->on_row(row, test->user);
}

static vktl_status run_case(struct selftest *test, const struct op *op,
                            const struct check_case *one, bool mixed)
{
    const struct vktl_selftest_params *params = test->params;
    if (params->should_stop && params->should_stop(test->user))
        return VKTL_INTERRUPTED;
    if (params->progress)
        params->progress(test->user, test->done, test->total);
    test->done++;
    test->op = op;
    test->judges = is_ordinary(one->data);
    return check_run(&(struct check){
        .log = test->log,
        .device = test->device,
        .op = op,
        .reference = reference_find(op->name),
        .test = one,
        .on_row = count_row,
        .user = test,
        .mixed = mixed,
    });
}

// Runs all cases of an operator, or counts them.
static vktl_status run_table(struct selftest *test, const struct op *op, bool mixed, bool counts)
{
    const struct check_table *table = check_table_find(op->name);
    vktl_status status = VKTL_OK;
    vktl_assert(table && table->count > 0);
    for (uint32_t i = 0; i < table->count; i++) {
        if (table->cases[i].slow && test->params->quick)
            continue;
        if (counts)
            test->total++;
        else
            TRY(run_case(test, op, &table->cases[i], mixed));
    }
fail:
    return status;
}

static vktl_status run_tables(struct selftest *test, bool counts)
{
    vktl_status status = VKTL_OK;
    for (uint32_t i = 0; i < op_count(); i++) {
        const struct op *op = op_at(i);
        if (test->params->op && strcmp(op->name, test->params->op) != 0)
            continue;
        if (!counts && !test->params->quick)
            gpu_lift_bars(test->device, op->name); // until they are found again
        TRY(run_table(test, op, false, counts));
        if (op->multiplies_halves && vktl_device_info(test->device)->matrix_rows > 0)
            TRY(run_table(test, op, true, counts));
    }
fail:
    return status;
}

// What is left of a run: the bars that its rows made, and where all was run, that it was.
static vktl_status keep_verdict(const struct selftest *test)
{
    vktl_status status = test->judged;
    const bool failed = gpu_verdict(test->device) == VERDICT_FAILED;
    if (failed)
        log_warning(test->log,
                    "%s; so the kernels \"%s\" are not used on this device any more: others take "
                    "their place, where it has any",
                    gpu_verdict_reason(test->device),
                    gpu_kernels_name(vktl_device_info(test->device)));
    if (status == VKTL_OK && is_whole(test->params) && !failed)
        status = gpu_set_verdict(test->device, VERDICT_ALL, "");
    gpu_verdicts_write(test->device);
    return status;
}

vktl_status vktl_selftest(const struct vktl_log *log, struct vktl_device *device,
                          const struct vktl_selftest_params *params,
                          void (*on_row)(const struct vktl_selftest_row *row, void *user),
                          void *user, struct vktl_selftest_counts *counts)
{
    struct selftest test = {log, device, params, on_row, user, counts, .op = NULL};
    vktl_status status = VKTL_OK;
    *counts = (struct vktl_selftest_counts){0};
    if (params->op && !op_find(params->op))
        FAIL(log, VKTL_USAGE, "there is no operator \"%s\"", params->op);
    TRY(run_tables(&test, true));
    if (is_whole(params))
        TRY(gpu_set_verdict(device, VERDICT_NONE, ""));
    TRY(run_tables(&test, false));
    TRY(keep_verdict(&test));
    if (counts->failed)
        FAIL(log, VKTL_FAILED, "%u of %u comparisons failed on %s; try a newer driver",
             counts->failed, counts->rows, vktl_device_info(device)->name);
fail:
    return status;
}
