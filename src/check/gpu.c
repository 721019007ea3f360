// Responsible for running a case on the device, in every way in which an operator may be called.
#include "check/trial.h"

#include <string.h>

#include "gpu/record.h"

enum { NAN_WORD = 0x7fc00000 };

// How the operator is called. A frugal call is what a plan does to save memory: in place where the
// operator allows it, and only some of the gradients.
enum style { STYLE_PLAIN, STYLE_FRUGAL };

struct gpu_trial {
    struct trial *trial;
    struct request requests[TENSOR_COUNT]; // of the tensors that exist, in order
    struct slice slice[TENSOR_COUNT];
    struct pool *pool;
};

static vktl_status make_tensors(struct gpu_trial *gpu)
{
    const struct check *check = gpu->trial->check;
    uint32_t count = 0;
    vktl_status status;
    for (int i = 0; i < TENSOR_COUNT; i++)
        if (gpu->trial->size[i])
            gpu->requests[count++].size = gpu->trial->size[i];
    TRY(pool_create(check->device, POOL_DEVICE, "selftest", gpu->requests, count, &gpu->pool));
    count = 0;
    for (int i = 0; i < TENSOR_COUNT; i++)
        if (gpu->trial->size[i])
            gpu->slice[i] = gpu->requests[count++].slice;
    return VKTL_OK;
fail:
    return status;
}

// What is given is written; all else is NaN, so that what a kernel leaves out is seen.
static vktl_status set_tensors(struct gpu_trial *gpu)
{
    const struct trial *trial = gpu->trial;
    struct vktl_device *device = trial->check->device;
    vktl_status status;
    for (int i = 0; i < TENSOR_COUNT; i++) {
        if (trial->is_given[i])
            TRY(gpu_upload(device, gpu->slice[i], trial->host[i], trial->size[i]));
        else if (trial->size[i])
            TRY(gpu_fill(device, gpu->slice[i], NAN_WORD));
    }
    return VKTL_OK;
fail:
    return status;
}

static vktl_status get_results(struct gpu_trial *gpu, void **result)
{
    const struct trial *trial = gpu->trial;
    vktl_status status;
    for (int i = 0; i < TENSOR_COUNT; i++)
        if (trial->is_result[i])
            TRY(gpu_download(trial->check->device, result[i], gpu->slice[i], trial->size[i]));
    return VKTL_OK;
fail:
    return status;
}

// ---- Calls -------------------------------------------------------------------------------------

static struct op_call call_of(const struct gpu_trial *gpu)
{
    const struct slice *slice = gpu->slice;
    struct op_call call = {
        .io = &gpu->trial->io,
        .out = slice[TENSOR_OUT],
        .prepared = slice[TENSOR_PREPARED],
        .saved = slice[TENSOR_SAVED],
        .scratch = slice[TENSOR_FORWARD_SCRATCH],
        .step = slice[TENSOR_STEP],
        .stream = CHECK_STREAM,
        .dout = slice[TENSOR_DOUT],
    };
    memcpy(call.in, slice + TENSOR_IN, sizeof call.in);
    memcpy(call.weight, slice + TENSOR_WEIGHT, sizeof call.weight);
    memcpy(call.din, slice + TENSOR_DIN, sizeof call.din);
    memcpy(call.dweight, slice + TENSOR_DWEIGHT, sizeof call.dweight);
    return call;
}

static void record_plain(const struct gpu_trial *gpu, struct recorder *recorder)
{
    const struct op *op = gpu->trial->check->op;
    struct op_call call = call_of(gpu);
    if (gpu->trial->io.prepared_size)
        op->prepare(recorder, &call);
    op->forward(recorder, &call);
    call.scratch = gpu->slice[TENSOR_BACKWARD_SCRATCH];
    if (gpu->trial->has_backward)
        op->backward(recorder, &call);
}

// Only what `keep` names of the gradients is wanted.
static void record_gradient(const struct gpu_trial *gpu, struct recorder *recorder,
                            const struct op_call *all, int keep)
{
    struct op_call call = *all;
    for (int i = 0; i < OP_MAX_INPUTS; i++)
        if (keep != TENSOR_DIN + i)
            call.din[i] = (struct slice){0};
    for (int i = 0; i < OP_MAX_WEIGHTS; i++)
        if (keep != TENSOR_DWEIGHT + i)
            call.dweight[i] = (struct slice){0};
    if (slice_exists(call.scratch))
        record_fill(recorder, call.scratch, NAN_WORD);
    gpu->trial->check->op->backward(recorder, &call);
}

static void record_frugal(const struct gpu_trial *gpu, struct recorder *recorder)
{
    const struct op *op = gpu->trial->check->op;
    const bool overwrites = op->may_overwrite_in && gpu->trial->size[TENSOR_IN] > 0;
    const bool overwrites_in = overwrites && !gpu->trial->io.backward_reads_in;
    struct op_call call = call_of(gpu);
    if (overwrites_in)
        call.out = call.in[0];
    if (gpu->trial->io.prepared_size)
        op->prepare(recorder, &call);
    op->forward(recorder, &call);
    if (overwrites_in)
        record_copy(recorder, gpu->slice[TENSOR_OUT], call.out);
    if (!gpu->trial->has_backward)
        return;
    call.scratch = gpu->slice[TENSOR_BACKWARD_SCRATCH];
    for (int i = TENSOR_COMPARED - 1; i > TENSOR_DIN; i--) // the first input last: see below
        if (gpu->trial->size[i])
            record_gradient(gpu, recorder, &call, i);
    if (overwrites && slice_exists(call.dout))
        call.din[0] = call.dout;
    record_gradient(gpu, recorder, &call, TENSOR_DIN);
    if (overwrites && slice_exists(call.dout))
        record_copy(recorder, gpu->slice[TENSOR_DIN], call.dout);
}

static vktl_status make_program(const struct gpu_trial *gpu, enum style style,
                                struct program **program)
{
    struct recorder *recorder = NULL;
    vktl_status status;
    TRY(recorder_create(gpu->trial->check->device, &recorder));
    record_label(recorder, gpu->trial->check->op->name);
    if (style == STYLE_PLAIN)
        record_plain(gpu, recorder);
    else
        record_frugal(gpu, recorder);
    return program_create(&recorder, program);
fail:
    return status;
}

// ---- Runs --------------------------------------------------------------------------------------

static vktl_status make_results(struct trial *trial, void **result)
{
    vktl_status status;
    for (int i = 0; i < TENSOR_COUNT; i++) {
        if (!trial->is_result[i])
            continue;
        result[i] = arena_alloc(&trial->arena, trial->size[i]);
        TRY_ALLOC(trial->check->log, result[i]);
    }
    return VKTL_OK;
fail:
    return status;
}

static vktl_status run_once(struct gpu_trial *gpu, struct program *program, void **result)
{
    vktl_status status;
    TRY(set_tensors(gpu));
    TRY(program_run(program));
    TRY(get_results(gpu, result));
fail:
    return status;
}

static bool same_bits(const struct trial *trial, void *const *a, void *const *b)
{
    for (int i = 0; i < TENSOR_COUNT; i++)
        if (trial->is_result[i] && memcmp(a[i], b[i], trial->size[i]) != 0)
            return false;
    return true;
}

vktl_status trial_run_gpu(struct trial *trial, struct gpu_outcome *outcome)
{
    struct gpu_trial gpu = {.trial = trial};
    struct program *plain = NULL, *frugal = NULL;
    void *again[TENSOR_COUNT] = {0};
    vktl_status status;
    *outcome = (struct gpu_outcome){0};
    TRY(make_results(trial, outcome->result));
    TRY(make_results(trial, again));
    TRY(make_tensors(&gpu));
    TRY(make_program(&gpu, STYLE_PLAIN, &plain));
    TRY(make_program(&gpu, STYLE_FRUGAL, &frugal));
    TRY(run_once(&gpu, plain, outcome->result));
    TRY(run_once(&gpu, plain, again));
    outcome->repeats = same_bits(trial, outcome->result, again);
    TRY(run_once(&gpu, frugal, again));
    outcome->repeats = outcome->repeats && same_bits(trial, outcome->result, again);
    status = pool_check_guards(gpu.pool);
    outcome->guarded = status == VKTL_OK;
    if (status == VKTL_FAILED) // which is a result
        status = VKTL_OK;
fail:
    program_destroy(&frugal);
    program_destroy(&plain);
    pool_destroy(&gpu.pool);
    return status;
}
