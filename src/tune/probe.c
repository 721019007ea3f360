// Responsible for how long one algorithm takes for one direction of one use of an operator, on
// memory of its own whose content means nothing.
#include "tune/parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

const double probe_limit_seconds = 0.03; // that is aimed at, so that none takes 0.05

enum { REPEATS = 3, HUNDREDTH = 0x3c23d70a }; // 0.01f

// ---- Smaller shapes ----------------------------------------------------------------------------

// Halves the images, where one is left its lines, and these at last in length. False: nothing is
// left to halve.
static bool halve(struct shape *shape)
{
    enum { LEAST = 4 };
    for (uint32_t axis = 0; axis == 0 || axis + 1 < shape->rank; axis++) {
        if (shape->dim[axis] < (axis == 0 ? 2 : 2 * LEAST))
            continue;
        shape->dim[axis] = (shape->dim[axis] + 1) / 2;
        return true;
    }
    return false;
}

uint32_t probe_halvings(const struct plan_work *work)
{
    struct shape shape = work->io->in[0];
    uint32_t count = 0;
    while (halve(&shape))
        count++;
    return count;
}

// The use, halved so often. False: the candidate is not taken for it.
static bool infer(const struct candidate *candidate, uint32_t halvings, struct op_io *io)
{
    const struct plan_work *work = candidate->work;
    const char *taken[OP_MAX_ALGORITHMS] = {""};
    *io = (struct op_io){.in_count = work->io->in_count,
                         .device = work->io->device,
                         .mixed = work->io->mixed};
    memcpy(io->in, work->io->in, sizeof io->in);
    for (uint32_t i = 0; i < halvings; i++)
        halve(&io->in[0]);
    io->wanted[candidate->direction] = candidate->algorithm;
    if (work->op->infer(NULL, work->params, io) != VKTL_OK)
        return false;
    op_suiting(work->op, io, candidate->direction, taken);
    return strcmp(taken[0], candidate->algorithm) == 0;
}

// ---- Memory ------------------------------------------------------------------------------------

enum part {
    PART_IN,
    PART_OUT = PART_IN + OP_MAX_INPUTS,
    PART_WEIGHT,
    PART_PREPARED = PART_WEIGHT + OP_MAX_WEIGHTS,
    PART_SAVED,
    PART_SCRATCH,
    PART_DOUT,
    PART_DIN,
    PART_DWEIGHT,
    PART_COUNT = PART_DWEIGHT + OP_MAX_WEIGHTS,
};

static void size_parts(const struct op_io *io, enum op_direction direction,
                       uint64_t size[PART_COUNT])
{
    const bool is_forward = direction == OP_FORWARD;
    memset(size, 0, PART_COUNT * sizeof *size);
    for (uint32_t i = 0; i < io->in_count; i++)
        size[PART_IN + i] = shape_size(&io->in[i]);
    for (uint32_t i = 0; i < io->weight_count; i++)
        size[PART_WEIGHT + i] = shape_size(&io->weight[i].shape);
    for (uint32_t i = 0; direction == OP_DW && i < io->weight_count; i++)
        size[PART_DWEIGHT + i] = io->weight[i].trainable ? size[PART_WEIGHT + i] : 0;
    size[PART_OUT] = shape_size(&io->out);
    size[PART_PREPARED] = io->prepared_size;
    size[PART_SAVED] = io->saved_size;
    size[PART_SCRATCH] = is_forward ? io->forward_scratch_size : io->backward_scratch_size;
    size[PART_DOUT] = is_forward ? 0 : size[PART_OUT];
    size[PART_DIN] = direction == OP_DX ? size[PART_IN] : 0;
}

struct probe_size probe_size(const struct candidate *candidate, uint32_t halvings)
{
    struct op_io io;
    uint64_t size[PART_COUNT];
    if (!infer(candidate, halvings, &io))
        return (struct probe_size){0};
    struct probe_size found = {.flops = io.flops};
    size_parts(&io, candidate->direction, size);
    for (int i = 0; i < PART_COUNT; i++)
        found.bytes += size[i];
    return found;
}

struct memory {
    struct pool *pool;
    struct slice part[PART_COUNT];
};

// Numbers as they occur in images and weights: zeros might be quicker, NaNs slower.
static vktl_status memory_init(struct vktl_device *device, const uint64_t size[PART_COUNT],
                               struct memory *memory)
{
    vktl_status status;
    struct request requests[PART_COUNT] = {0};
    uint32_t count = 0;
    for (int i = 0; i < PART_COUNT; i++)
        if (size[i])
            requests[count++].size = size[i];
    TRY(pool_create(device, POOL_DEVICE, "tuning", requests, count, &memory->pool));
    count = 0;
    for (int i = 0; i < PART_COUNT; i++) {
        if (!size[i])
            continue;
        memory->part[i] = requests[count++].slice;
        TRY(gpu_fill(device, memory->part[i], HUNDREDTH));
    }
fail:
    return status;
}

// ---- Running -----------------------------------------------------------------------------------

static void record(const struct candidate *candidate, const struct op_io *io,
                   const struct memory *memory, struct recorder *recorder)
{
    const struct slice *part = memory->part;
    const struct op *op = candidate->work->op;
    struct op_call call = {
        .io = io,
        .out = part[PART_OUT],
        .prepared = part[PART_PREPARED],
        .saved = part[PART_SAVED],
        .scratch = part[PART_SCRATCH],
        .dout = part[PART_DOUT],
        .din = {part[PART_DIN]},
    };
    memcpy(call.in, part + PART_IN, sizeof call.in);
    memcpy(call.weight, part + PART_WEIGHT, sizeof call.weight);
    memcpy(call.dweight, part + PART_DWEIGHT, sizeof call.dweight);
    record_label(recorder, "tuning");
    if (candidate->direction != OP_FORWARD) {
        op->backward(recorder, &call);
        return;
    }
    if (io->prepared_size && candidate->work->is_trained)
        op->prepare(recorder, &call);
    op->forward(recorder, &call);
}

// By the device's timestamps, by the host's clock where it has none.
static vktl_status run(struct program *program, double *seconds)
{
    vktl_status status;
    const struct profile_row *rows;
    const double started = clock_seconds();
    double sum = 0;
    TRY(program_run(program));
    *seconds = clock_seconds() - started;
    const uint32_t count = program_profile_rows(program, &rows);
    for (uint32_t i = 0; i < count; i++)
        sum += rows[i].seconds;
    if (sum > 0)
        *seconds = sum;
fail:
    return status;
}

static int compare(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static vktl_status time_program(struct program *program, double enough, double *seconds)
{
    vktl_status status;
    double times[REPEATS];
    TRY(program_profile(program, true));
    TRY(run(program, seconds)); // the first finds cold caches
    for (int i = 0; i < REPEATS; i++) {
        TRY(run(program, &times[i]));
        if (i == 0 && times[i] > enough) {
            *seconds = times[i];
            return VKTL_OK;
        }
    }
    qsort(times, REPEATS, sizeof *times, compare);
    *seconds = times[REPEATS / 2];
fail:
    return status;
}

vktl_status probe_time(const struct vktl_log *log, const struct candidate *candidate,
                       uint32_t halvings, double enough, double *seconds)
{
    vktl_status status = VKTL_OK;
    struct op_io io;
    uint64_t size[PART_COUNT];
    struct memory memory = {0};
    struct recorder *recorder = NULL;
    struct program *program = NULL;
    if (!infer(candidate, halvings, &io))
        FAIL(log, VKTL_FAILED, "tuning: %s does not suit the shape", candidate->algorithm);
    size_parts(&io, candidate->direction, size);
    TRY(memory_init(candidate->device, size, &memory));
    TRY(recorder_create(candidate->device, &recorder));
    record(candidate, &io, &memory, recorder);
    TRY(program_create(&recorder, &program));
    TRY(time_program(program, enough, seconds));
fail:
    program_destroy(&program);
    recorder_destroy(&recorder);
    pool_destroy(&memory.pool);
    return status;
}
