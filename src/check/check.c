// Responsible for the verdict on one case: runs it everywhere, compares, reports rows.
#include "check/check.h"
#include "check/compare.h"
#include "check/trial.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "abi/strict.h"

enum { DETAIL_SIZE = 256, DIRECTION_SIZE = 48 };

static const double gradient_tolerance = 0.02; // of finite differences

// ---- Tolerance ---------------------------------------------------------------------------------

static double last_axis(const struct shape *shape)
{
    return shape->rank ? shape->dim[shape->rank - 1] : 1;
}

// The longest sum behind an element of the tensor, from the shapes alone.
static double reduction_of(const struct trial *trial, int tensor)
{
    const struct op_io *io = &trial->io;
    if (trial->check->test->reduction)
        return (double)trial->check->test->reduction;
    if (trial->check->op->kind == OP_OPTIMIZER)
        return 1; // an element of the weight has to do with itself alone
    const double in = (double)shape_count(&io->in[0]);
    const double out = (double)(io->out.rank ? shape_count(&io->out) : shape_count(&io->in[0]));
    const double weights = (double)trial_count(trial, TENSOR_WEIGHT);
    if (tensor >= TENSOR_DWEIGHT && tensor < TENSOR_COMPARED)
        return out / last_axis(&io->out);
    if (tensor >= TENSOR_DIN && tensor < TENSOR_DWEIGHT)
        return fmax(out / in, weights / last_axis(&io->in[0]));
    return fmax(in / out, weights / last_axis(&io->out));
}

// Rounding errors of a sum grow with the root of its length; what exp and log of a driver lose is
// in the first term.
static double tolerance_of(const struct trial *trial, int tensor)
{
    return 4e-6 + 5e-7 * sqrt(fmax(1, reduction_of(trial, tensor)));
}

// A device may take a number for 0, or make 0 of it, that is none of float's normal ones; a strict
// one does so with all numbers below another. What an
// operator does to such numbers otherwise makes them no more than four times as large.
static double flushed_of(const struct trial *trial, int tensor)
{
    const double least = trial->io.device->strict ? STRICT_LEAST : FLT_MIN;
    return 4 * least * fmax(1, reduction_of(trial, tensor));
}

// ---- Rows --------------------------------------------------------------------------------------

static void direction_text(const struct trial *trial, int tensor, char text[DIRECTION_SIZE])
{
    const struct op_weight *weight = trial->io.weight;
    if (tensor >= TENSOR_DWEIGHT && tensor < TENSOR_COMPARED)
        snprintf(text, DIRECTION_SIZE, "dw:%s", weight[tensor - TENSOR_DWEIGHT].name);
    else if (tensor > TENSOR_DIN && tensor < TENSOR_DWEIGHT)
        snprintf(text, DIRECTION_SIZE, "dx:%d", tensor - TENSOR_DIN);
    else if (tensor == TENSOR_DIN)
        snprintf(text, DIRECTION_SIZE, "dx");
    else if (tensor >= TENSOR_WEIGHT && tensor < TENSOR_SAVED && trial->io.out.rank)
        snprintf(text, DIRECTION_SIZE, "w:%s", weight[tensor - TENSOR_WEIGHT].name);
    else if (tensor == TENSOR_SAVED)
        snprintf(text, DIRECTION_SIZE, "state");
    else
        snprintf(text, DIRECTION_SIZE, "forward");
}

static enum op_direction direction_of(int tensor)
{
    if (tensor >= TENSOR_DWEIGHT && tensor < TENSOR_COMPARED)
        return OP_DW;
    return tensor >= TENSOR_DIN && tensor < TENSOR_DWEIGHT ? OP_DX : OP_FORWARD;
}

// What the tensor was computed by, where there are several ways; else "".
static const char *algorithm_of(const struct trial *trial, int tensor)
{
    const enum op_direction direction = direction_of(tensor);
    const struct op_algorithm *list = trial->check->op->algorithms[direction];
    return list ? list[trial->io.algorithm[direction]].name : "";
}

static void report(const struct trial *trial, struct vktl_selftest_row row)
{
    row.op = trial->check->op->name;
    row.name = trial->check->test->name;
    row.precision = trial->check->mixed ? "mixed" : trial->io.device->strict ? "strict" : "fp32";
    check_describe(vktl_device_info(trial->check->device), &row);
    trial->check->on_row(&row, trial->check->user);
}

static void report_tensor(const struct trial *trial, const struct gpu_outcome *outcome, int tensor,
                          double seconds)
{
    const float *gpu = outcome->result[tensor], *reference = trial->host[tensor];
    const double tolerance = tolerance_of(trial, tensor);
    const struct comparison found =
        check_compare(gpu, reference, trial_count(trial, tensor), flushed_of(trial, tensor));
    const bool close = found.worst <= tolerance;
    char detail[DETAIL_SIZE] = "", direction[DIRECTION_SIZE], bits[CHECK_BITS_SIZE];
    if (!close)
        snprintf(detail, sizeof detail, "element %llu is %.9g, the reference says %.9g",
                 (unsigned long long)found.index, gpu[found.index], reference[found.index]);
    else if (!outcome->repeats)
        snprintf(detail, sizeof detail, "not the same bits in every run");
    else if (!outcome->guarded)
        snprintf(detail, sizeof detail, "memory beside the tensors was written");
    direction_text(trial, tensor, direction);
    check_fingerprint(gpu, trial_count(trial, tensor), bits);
    report(trial, (struct vktl_selftest_row){
                      .direction = direction,
                      .algorithm = algorithm_of(trial, tensor),
                      .worst = found.worst,
                      .tolerance = tolerance,
                      .largest = found.largest,
                      .ulp = found.ulp,
                      .seconds = seconds,
                      .bits = bits,
                      .pass = !*detail,
                      .detail = detail,
                  });
}

static vktl_status report_gradient(struct trial *trial)
{
    double error;
    vktl_status status;
    TRY(trial_gradient_error(trial, &error));
    if (error < 0)
        return VKTL_OK;
    const bool pass = error <= gradient_tolerance;
    report(trial, (struct vktl_selftest_row){
                      .direction = "reference",
                      .worst = error,
                      .tolerance = gradient_tolerance,
                      .pass = pass,
                      .detail = pass ? NULL : "the reference's gradient is not that of its forward",
                  });
fail:
    return status;
}

// A view runs nothing, but must keep every element.
static void report_view(const struct trial *trial)
{
    const bool pass = shape_count(&trial->io.in[0]) == shape_count(&trial->io.out);
    report(trial, (struct vktl_selftest_row){
                      .direction = "shape",
                      .pass = pass,
                      .detail = pass ? NULL : "elements are lost or made up",
                  });
}

// ---- Runs --------------------------------------------------------------------------------------

// Where there is one, the n-th algorithm of each direction after the heuristic's; whether any is.
static bool further_algorithms(const struct trial *first, uint32_t n,
                               const char *wanted[OP_DIRECTIONS])
{
    bool any = false;
    for (int direction = 0; direction < OP_DIRECTIONS; direction++) {
        const char *names[OP_MAX_ALGORITHMS];
        const uint32_t count = op_suiting(first->check->op, &first->io, direction, names);
        wanted[direction] = n < count ? names[n] : NULL;
        any = any || n < count;
    }
    return any;
}

// Where a gradient goes is decided by comparing numbers, which a device may take for 0 first.
static bool is_undecided(const struct trial *trial, int tensor)
{
    return trial->check->test->forward_only && direction_of(tensor) != OP_FORWARD;
}

// Compares every result, or where `is_further` those of algorithms that were asked for.
static vktl_status compare_results(struct trial *trial, bool is_further)
{
    struct gpu_outcome outcome;
    bool is_compared[TENSOR_COMPARED];
    uint32_t count = 0;
    vktl_status status;
    const double start = clock_seconds();
    TRY(trial_run_gpu(trial, &outcome));
    const double seconds = clock_seconds() - start;
    trial_run_reference(trial, outcome.result[TENSOR_OUT]);
    for (int i = 0; i < TENSOR_COMPARED; i++) {
        is_compared[i] = trial->is_result[i] && !is_undecided(trial, i) &&
                         (!is_further || trial->io.wanted[direction_of(i)]);
        count += is_compared[i];
    }
    for (int i = 0; i < TENSOR_COMPARED; i++)
        if (is_compared[i])
            report_tensor(trial, &outcome, i, seconds / count);
fail:
    return status;
}

vktl_status check_algorithms(const struct check *check, const char *const wanted[OP_DIRECTIONS])
{
    struct trial trial;
    vktl_status status;
    TRY(trial_init(check, wanted, &trial));
    status = compare_results(&trial, true);
    trial_deinit(&trial);
fail:
    return status;
}

vktl_status check_run(const struct check *check)
{
    struct trial trial;
    const char *wanted[OP_DIRECTIONS] = {NULL};
    vktl_status status = trial_init(check, wanted, &trial);
    if (status != VKTL_OK)
        return status;
    if (check->op->kind == OP_VIEW) {
        report_view(&trial);
        goto fail;
    }
    TRY(compare_results(&trial, false));
    if (check->mixed)
        goto fail; // the rest was seen without
    TRY(report_gradient(&trial));
    for (uint32_t n = 1; further_algorithms(&trial, n, wanted); n++)
        TRY(check_algorithms(check, wanted));
fail:
    trial_deinit(&trial);
    return status;
}
