// Responsible for telling whether a candidate computes the right thing: on a small shape, against
// the reference, as the selftest would. A tuner that did not ask could make a wrong kernel the
// default.
#include "tune/parts.h"

#include <stdio.h>
#include <string.h>

#include "check/check.h"
#include "reference/reference.h"

// How small. Plain C takes about a second for 1e9 operations.
static const struct scale {
    uint32_t images, rows, cells, channels; // at most
} scales[] = {{3, 48, 14, 48}, {3, 80, 30, 144}, {4, 144, 40, 272}};

enum { SCALES = sizeof scales / sizeof *scales };
static const uint64_t most_flops = 300000000;

// Not larger than `most`, with the same remainder by what kernels tile by, or at least as odd.
static uint32_t capped(uint32_t size, uint32_t most)
{
    const uint32_t tile = most >= 32 ? 16 : 2;
    return size <= most ? size : most / tile * tile - tile + size % tile;
}

// The field of output channels or units, where the operator has one, follows the inputs.
static void scale_outputs(const struct op *op, void *params, uint32_t most)
{
    static const char *const names[] = {"filters", "units"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct field *field = field_find(op->fields, names[i]);
        if (!field)
            continue;
        uint32_t count;
        memcpy(&count, (char *)params + field->offset, sizeof count);
        count = capped(count, most);
        memcpy((char *)params + field->offset, &count, sizeof count);
    }
}

struct small {
    _Alignas(8) unsigned char params[OP_MAX_PARAMS_SIZE];
    struct op_io io;
};

// Whether the candidate would be taken for the use, scaled down so.
static bool scale_down(const struct candidate *candidate, const struct scale *scale,
                       struct small *small)
{
    const struct plan_work *work = candidate->work;
    *small = (struct small){
        .io = {.in_count = work->io->in_count,
               .device = vktl_device_info(candidate->device),
               .mixed = work->io->mixed}};
    memcpy(small->params, work->params, sizeof small->params);
    for (uint32_t i = 0; i < work->io->in_count; i++) {
        struct shape *shape = &small->io.in[i];
        *shape = work->io->in[i];
        const bool is_image = shape->rank == 4;
        for (uint32_t axis = 1; axis + 1 < shape->rank; axis++)
            shape->dim[axis] = capped(shape->dim[axis], scale->cells);
        shape->dim[shape->rank - 1] = capped(shape->dim[shape->rank - 1], scale->channels);
        const uint32_t rows = is_image ? scale->images : scale->rows;
        shape->dim[0] = shape->dim[0] < rows ? shape->dim[0] : rows;
    }
    scale_outputs(work->op, small->params, scale->channels);
    small->io.wanted[candidate->direction] = candidate->algorithm;
    if (work->op->infer(NULL, small->params, &small->io) != VKTL_OK || small->io.flops > most_flops)
        return false;
    const char *taken[OP_MAX_ALGORITHMS] = {""};
    op_suiting(work->op, &small->io, candidate->direction, taken);
    return strcmp(taken[0], candidate->algorithm) == 0;
}

static void take_row(const struct vktl_selftest_row *row, void *user)
{
    enum gate_verdict *verdict = user;
    if (!row->pass)
        *verdict = GATE_WRONG;
}

static vktl_status compare(const struct vktl_log *log, const struct candidate *candidate,
                           const struct small *small, enum gate_verdict *verdict)
{
    const char *wanted[OP_DIRECTIONS] = {[OP_FORWARD] = NULL};
    struct check_case test = {.name = "tuning"};
    wanted[candidate->direction] = candidate->algorithm;
    memcpy(test.in, small->io.in, sizeof test.in);
    *verdict = GATE_RIGHT;
    return check_algorithms(
        &(struct check){
            .log = log,
            .device = candidate->device,
            .op = candidate->work->op,
            .reference = reference_find(candidate->work->op->name),
            .test = &test,
            .on_row = take_row,
            .user = verdict,
            .params = small->params,
            .mixed = small->io.mixed,
        },
        wanted);
}

vktl_status gate_check(const struct vktl_log *log, const struct candidate *candidate,
                       struct tuning *known, enum gate_verdict *verdict)
{
    vktl_status status;
    struct small small;
    char key[OP_KEY_SIZE], full[OP_KEY_SIZE + 128];
    uint32_t i = 0;
    *verdict = GATE_UNKNOWN;
    while (i < SCALES && !scale_down(candidate, &scales[i], &small))
        i++;
    if (i == SCALES)
        return VKTL_OK;
    op_key(candidate->work->op, small.params, &small.io, candidate->direction, false, key);
    snprintf(full, sizeof full, "%s by %s", key, candidate->algorithm);
    const char *before = tuning_find(known, full);
    if (before) {
        *verdict = strcmp(before, "right") == 0 ? GATE_RIGHT : GATE_WRONG;
        return VKTL_OK;
    }
    TRY(compare(log, candidate, &small, verdict));
    tuning_set(known, full, *verdict == GATE_RIGHT ? "right" : "wrong"); // else asked again
fail:
    return status;
}
