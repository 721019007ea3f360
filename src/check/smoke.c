// Responsible for the few cases that a device has to pass before vktl trusts it, and for barring
// what does not pass. How a case runs and what it is compared with is check.c's, where verdicts are
// kept gpu/verdicts.h's.
#include "check/smoke.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "check/judge.h"
#include "check/trial.h"
#include "gpu/verdicts.h"

static const double usual_limit_seconds = 2;

// What most of the work of a run is done by comes first, since time may run out. Together they take
// every algorithm of every operator on GPUs and on CPU drivers.
static const struct smoke_case {
    const char *op, *name; // of the operator's table
} smoke_cases[] = {
    {"conv2d", "3x3 same, 48 to 80, uneven"},
    {"dense", "17 rows, 31 to 129"},
    {"augment", "reflect, 6x9"},
    {"conv2d", "vgg16 block 1 first"},
    {"softmax_cross_entropy", "odd, several parts"},
    {"sgd", "momentum"},
    {"maxpool2d", "2x2, odd image"},
    {"conv2d", "1x1, 127 to 125, tiles not whole"},
    {"depthwise_conv2d", "3x3 same"},
    {"depthwise_conv2d", "3x3 same stride 2, odd"},
    {"relu6", "odd size"},
    {"relu", "odd size"},
    {"global_avgpool", "odd image"},
    {"softmax", "5 classes"},
    {"accuracy", "5 classes"},
    {"dropout", "rate 0.5, odd size"},
    {"conv2d", "3x3 same stride 2, odd"},
    {"dense", "head, sums in parts"},
    {"batchnorm", "odd size"},
    {"zeropad2d", "0 1 0 1, as MobileNet"},
    {"sum_squares", "several parts"},
    {"adam", "betas"},
    {"adamw", "decay as it is"},
    {"batchnorm", "batch: odd size"},
    {"avgpool2d", "2x2, odd image"},
    {"global_maxpool", "odd image"},
    {"add", "odd size"},
};

enum { SMOKE_CASES = sizeof smoke_cases / sizeof *smoke_cases };

struct smoke {
    const struct vktl_log *log;
    struct vktl_device *device;
    bool training;
    const struct op *(*find)(const char *name);
};

// ---- One way of computing ----------------------------------------------------------------------

static void take_row(const struct vktl_selftest_row *row, void *user)
{
    char *reason = user;
    if (!row->pass && !*reason)
        judge_reason(row, reason);
}

// The driver's own words, where it refuses.
static void take_message(void *user, enum vktl_log_level level, const char *sentence)
{
    char *reason = user;
    if (level == VKTL_LOG_ERROR)
        snprintf(reason, JUDGE_REASON_SIZE, "%s", sentence);
}

static vktl_status tell_lost(const struct smoke *smoke, const struct check *check)
{
    return log_fail(smoke->log, VKTL_DEVICE_LOST,
                    "%s: the driver gave up on %s while it was checked. It is barred now: try "
                    "again, and another kernel takes its place. If that was an accident, "
                    "`vktl selftest` lifts the bar",
                    vktl_device_info(smoke->device)->name, check->op->name);
}

// Judges the algorithms that are asked for, which are `name` in `direction`, where nothing else
// than they can be to blame. A driver that refuses a kernel is as bad as one that computes it
// wrongly.
static vktl_status judge(const struct smoke *smoke, struct check check,
                         const char *const wanted[OP_DIRECTIONS], enum op_direction direction,
                         const char *name)
{
    char reason[JUDGE_REASON_SIZE] = "";
    const struct vktl_log log = {take_message, reason};
    const struct vktl_log *before = device_redirect_log(smoke->device, &log);
    check.log = &log;
    check.on_row = take_row;
    check.user = reason;
    vktl_status status = check_algorithms(&check, wanted);
    device_redirect_log(smoke->device, before);
    if (status != VKTL_OK && status != VKTL_FAILED && status != VKTL_DEVICE_LOST)
        return log_fail(smoke->log, status, "%s", reason);
    if (status != VKTL_OK && !*reason)
        snprintf(reason, sizeof reason, "%s", vktl_status_text(status));
    if (!*reason)
        return VKTL_OK;
    const bool is_lost = status == VKTL_DEVICE_LOST;
    status =
        judge_bar(is_lost ? NULL : smoke->log, smoke->device, check.op, direction, name, reason);
    return is_lost ? tell_lost(smoke, &check) : status;
}

static bool has_failed(const struct smoke *smoke)
{
    return gpu_verdict(smoke->device) == VERDICT_FAILED;
}

// ---- One case ----------------------------------------------------------------------------------

static vktl_status find_algorithms(const struct check *check, enum op_direction direction,
                                   const char *names[OP_MAX_ALGORITHMS], uint32_t *count)
{
    static const char *const any[OP_DIRECTIONS] = {NULL};
    struct trial trial;
    const vktl_status status = trial_init(check, any, &trial);
    if (status != VKTL_OK)
        return status;
    *count = op_suiting(check->op, &trial.io, direction, names);
    trial_deinit(&trial);
    return VKTL_OK;
}

// Every algorithm by itself, the other gradient left out, and forward by what passed.
static vktl_status judge_direction(const struct smoke *smoke, struct check check,
                                   enum op_direction direction)
{
    vktl_status status;
    const char *names[OP_MAX_ALGORITHMS];
    uint32_t count;
    check.left_out[OP_DX] = direction != OP_DX;
    check.left_out[OP_DW] = direction != OP_DW;
    TRY(find_algorithms(&check, direction, names, &count));
    for (uint32_t i = 0; i < count && !has_failed(smoke); i++) {
        const char *wanted[OP_DIRECTIONS] = {NULL};
        if (check.mixed && strcmp(names[i], "matrices") != 0)
            continue; // seen without
        wanted[direction] = names[i];
        TRY(judge(smoke, check, wanted, direction, names[i]));
    }
fail:
    return status;
}

static vktl_status judge_case(const struct smoke *smoke, const struct check *check)
{
    static const char *const everything[OP_DIRECTIONS] = {"", "", ""};
    vktl_status status = VKTL_OK;
    if (!check->op->algorithms[OP_FORWARD]) {
        struct check only = *check;
        only.left_out[OP_DX] = only.left_out[OP_DW] = !smoke->training;
        return judge(smoke, only, everything, OP_FORWARD, "");
    }
    TRY(judge_direction(smoke, *check, OP_FORWARD));
    if (smoke->training && !has_failed(smoke))
        TRY(judge_direction(smoke, *check, OP_DX));
    if (smoke->training && !has_failed(smoke))
        TRY(judge_direction(smoke, *check, OP_DW));
fail:
    return status;
}

static const struct check_case *find_case(const struct smoke_case *wanted)
{
    const struct check_table *table = check_table_find(wanted->op);
    uint32_t i = 0;
    vktl_assert(table);
    while (i < table->count && strcmp(table->cases[i].name, wanted->name) != 0)
        i++;
    vktl_assert(i < table->count);
    return &table->cases[i];
}

static bool is_for_training(const struct op *op)
{
    return op->kind == OP_OPTIMIZER || op->kind == OP_REDUCTION || op->kind == OP_TRAINING_ONLY;
}

// ---- All of them -------------------------------------------------------------------------------

// Products of halves after all else: --precision mixed asks for them, nothing takes them by itself.
// From the `done`-th on, which were done before.
static vktl_status judge_kernels(const struct smoke *smoke, uint32_t done, double until)
{
    vktl_status status = VKTL_OK;
    const bool has_halves = vktl_device_info(smoke->device)->matrix_rows > 0;
    const uint32_t total = (1u + has_halves) * SMOKE_CASES, first = done;
    char reached[64];
    for (; done < total && (done == first || clock_seconds() < until); done++) {
        const struct smoke_case *wanted = &smoke_cases[done % SMOKE_CASES];
        const struct check check = {
            .device = smoke->device,
            .op = smoke->find(wanted->op),
            .reference = reference_find(wanted->op),
            .test = find_case(wanted),
            .mixed = done >= SMOKE_CASES,
        };
        if ((check.mixed && !check.op->multiplies_halves) ||
            (is_for_training(check.op) && !smoke->training))
            continue;
        TRY(judge_case(smoke, &check));
        if (has_failed(smoke))
            return VKTL_OK;
    }
    snprintf(reached, sizeof reached, done < total ? "but %u of %u" : "%u of %u", done, total);
    status =
        gpu_set_verdict(smoke->device, smoke->training ? VERDICT_ALL : VERDICT_FORWARD, reached);
    if (status != VKTL_OK)
        FAIL(smoke->log, status, "out of host memory");
fail:
    return status;
}

// The next kind of kernels, with a warning; an error where there is none.
static vktl_status take_other_kernels(const struct smoke *smoke)
{
    const struct vktl_device_info *info = vktl_device_info(smoke->device);
    const char *before = gpu_kernels_name(info), *reason = gpu_verdict_reason(smoke->device);
    if (!gpu_take_other_kernels(smoke->device))
        return log_fail(smoke->log, VKTL_FAILED,
                        "%s (%s): %s, and no other kernel can take its place. Try a newer driver, "
                        "or another --device (`vktl devices` lists them); `vktl selftest` tells "
                        "more",
                        info->name, info->driver, reason);
    log_warning(smoke->log,
                "%s (%s): %s; so the kernels \"%s\" are not used there, and \"%s\" take their "
                "place. A newer driver may help; `vktl selftest` tells more",
                info->name, info->driver, reason, before, gpu_kernels_name(info));
    return VKTL_OK;
}

// Of those that have been checked for as much as the verdict says; 0: all of them.
static uint32_t cases_done(const struct vktl_device *device)
{
    uint32_t done = 0;
    sscanf(gpu_verdict_reason(device), "but %u of", &done);
    return done;
}

vktl_status smoke_run(const struct vktl_log *log, struct vktl_device *device,
                      const struct vktl_smoke_params *params,
                      const struct op *(*find)(const char *name))
{
    vktl_status status = VKTL_OK;
    const struct smoke smoke = {log, device, params->training, find};
    const double limit = params->limit_seconds > 0 ? params->limit_seconds : usual_limit_seconds;
    const enum gpu_verdict wanted = params->training ? VERDICT_ALL : VERDICT_FORWARD;
    bool is_judged = false, has_judged = false; // these kernels; any
    while (!is_judged || has_failed(&smoke)) {
        const enum gpu_verdict verdict = gpu_verdict(device);
        if (verdict == VERDICT_FAILED) {
            TRY(take_other_kernels(&smoke));
            is_judged = false;
            continue;
        }
        const uint32_t done = verdict == wanted ? cases_done(device) : 0;
        if (verdict >= wanted && done == 0)
            break;
        if (!has_judged)
            log_info(log, "Checking the kernels on this device, once%s",
                     done ? ": the next of them" : "");
        is_judged = has_judged = true;
        TRY(judge_kernels(&smoke, done, clock_seconds() + limit));
    }
fail:
    if (has_judged)
        gpu_verdicts_write(device); // also what was found before a failure
    return status;
}

vktl_status vktl_smoke(const struct vktl_log *log, struct vktl_device *device,
                       const struct vktl_smoke_params *params)
{
    return smoke_run(log, device, params, op_find);
}
