// Responsible for what is measured, in which order, for how long, and who wins. Timing is
// probe.c's, comparing with the reference gate.c's.
#include "tune/parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "check/judge.h"
#include "gpu/verdicts.h"

static const double usual_limit_seconds = 10;
static const double longest_probe_seconds = 0.05;
static const double hopeless = 1.3;  // times as slow as the best so far
static const double worth_it = 0.97; // of the heuristic's time: less is noise

// ---- One use -----------------------------------------------------------------------------------

struct contest {
    struct tuner *tuner;
    const struct plan_work *work;
    enum op_direction direction;
    const char *names[OP_MAX_ALGORITHMS]; // the heuristic's first
    struct vktl_tune_row rows[OP_MAX_ALGORITHMS];
    uint32_t count;
    uint32_t halvings; // of the shape that is timed
    bool has_halvings;
    double best; // seconds on that shape; INFINITY: none yet
};

static struct candidate candidate_of(const struct contest *contest, uint32_t i)
{
    return (struct candidate){contest->tuner->device, contest->work, contest->direction,
                              contest->names[i]};
}

// A shape that is small enough to be tried blindly, but more than a start and an end.
static uint32_t first_halvings(const struct candidate *candidate)
{
    static const uint64_t least_flops = 4000000;
    uint32_t halvings = probe_halvings(candidate->work);
    while (halvings > 0 && probe_size(candidate, halvings).flops < least_flops)
        halvings--;
    return halvings;
}

static bool may_be_tried(const struct contest *contest, struct probe_size size)
{
    static const uint64_t most_flops = 400000000;
    const struct vktl_device_info *info = vktl_device_info(contest->tuner->device);
    return size.flops && size.flops <= most_flops && size.bytes <= info->memory_available / 4;
}

// The largest shape that should still fit a probe, from what a smaller one took; at most 64 times
// as large, for the smaller one tells little of much larger ones.
static uint32_t larger(const struct contest *contest, const struct candidate *candidate,
                       uint32_t halvings, double seconds)
{
    const struct vktl_device_info *info = vktl_device_info(contest->tuner->device);
    const uint64_t flops = probe_size(candidate, halvings).flops;
    while (halvings > 0) {
        const struct probe_size next = probe_size(candidate, halvings - 1);
        const double times = (double)next.flops / (double)flops;
        if (next.flops == 0 || next.bytes > info->memory_available / 4 || times > 64 ||
            seconds * times > probe_limit_seconds)
            break;
        halvings--;
    }
    return halvings;
}

static vktl_status time_at(const struct contest *contest, const struct candidate *candidate,
                           uint32_t halvings, double enough, double *seconds)
{
    struct tuner *tuner = contest->tuner;
    const struct vktl_log *before = device_redirect_log(tuner->device, NULL);
    const vktl_status status = probe_time(NULL, candidate, halvings, enough, seconds);
    device_redirect_log(tuner->device, before);
    if (status == VKTL_OK || status == VKTL_NO_MEMORY)
        return status;
    return log_fail(tuner->log, status, "tuning: %s %s by %s failed on the device",
                    candidate->work->op->name, op_direction_names[candidate->direction],
                    candidate->algorithm);
}

// Settles the shape for all candidates by this one.
static vktl_status find_shape(struct contest *contest, const struct candidate *candidate,
                              enum vktl_tune_outcome *outcome)
{
    vktl_status status = VKTL_OK;
    uint32_t halvings = first_halvings(candidate), next = halvings;
    *outcome = VKTL_TUNE_TOO_LONG;
    if (!may_be_tried(contest, probe_size(candidate, halvings)))
        return VKTL_OK;
    do {
        double seconds;
        halvings = next;
        TRY(time_at(contest, candidate, halvings, 0, &seconds));
        if (seconds > longest_probe_seconds)
            return VKTL_OK;
        next = larger(contest, candidate, halvings, seconds);
    } while (next < halvings);
    contest->halvings = halvings;
    contest->has_halvings = true;
    *outcome = VKTL_TUNE_MEASURED;
fail:
    return status;
}

// From a sixteenth of the shape: whether the whole of it would take too long, or be hopeless by
// far.
static vktl_status foresee(const struct contest *contest, const struct candidate *candidate,
                           enum vktl_tune_outcome *outcome)
{
    enum { FEWER = 4, TOLERANCE = 3 };
    vktl_status status = VKTL_OK;
    const uint32_t most = first_halvings(candidate);
    const uint32_t halvings = contest->halvings + FEWER < most ? contest->halvings + FEWER : most;
    double seconds;
    *outcome = VKTL_TUNE_TOO_LONG;
    if (!probe_size(candidate, contest->halvings).flops || !probe_size(candidate, halvings).flops)
        return VKTL_OK;
    TRY(time_at(contest, candidate, halvings, 0, &seconds));
    seconds *= (double)probe_size(candidate, contest->halvings).flops /
               (double)probe_size(candidate, halvings).flops;
    *outcome = VKTL_TUNE_MEASURED;
    if (seconds > TOLERANCE * contest->best)
        *outcome = VKTL_TUNE_DROPPED;
    else if (seconds > longest_probe_seconds)
        *outcome = VKTL_TUNE_TOO_LONG;
fail:
    return status;
}

static vktl_status time_candidate(struct contest *contest, const struct candidate *candidate,
                                  struct vktl_tune_row *row)
{
    vktl_status status = VKTL_OK;
    double seconds;
    TRY(contest->has_halvings ? foresee(contest, candidate, &row->outcome)
                              : find_shape(contest, candidate, &row->outcome));
    if (row->outcome != VKTL_TUNE_MEASURED)
        return VKTL_OK;
    TRY(time_at(contest, candidate, contest->halvings, hopeless * contest->best, &seconds));
    if (seconds > hopeless * contest->best)
        row->outcome = VKTL_TUNE_DROPPED;
    if (seconds < contest->best)
        contest->best = seconds;
    const double whole = (double)probe_size(candidate, 0).flops;
    row->part = (double)probe_size(candidate, contest->halvings).flops / whole;
    row->seconds = seconds / row->part;
fail:
    if (status == VKTL_NO_MEMORY) {
        row->outcome = VKTL_TUNE_NO_MEMORY;
        status = VKTL_OK;
    }
    return status;
}

static vktl_status measure_candidate(struct contest *contest, uint32_t i)
{
    vktl_status status;
    struct tuner *tuner = contest->tuner;
    struct vktl_tune_row *row = &contest->rows[i];
    const struct candidate candidate = candidate_of(contest, i);
    enum gate_verdict verdict;
    TRY(gate_check(tuner->log, &candidate, &tuner->gates, &verdict));
    if (verdict == GATE_RIGHT)
        return time_candidate(contest, &candidate, row);
    row->outcome = verdict == GATE_WRONG ? VKTL_TUNE_WRONG : VKTL_TUNE_UNCHECKED;
    if (verdict == GATE_UNKNOWN)
        return VKTL_OK;
    tuner->counts.wrong++;
    log_warning(tuner->log,
                "%s %s by %s does not compute what it should on this device and is not used; "
                "`vktl selftest --op %s` tells more",
                candidate.work->op->name, op_direction_names[candidate.direction],
                candidate.algorithm, candidate.work->op->name);
    TRY(judge_bar(NULL, tuner->device, candidate.work->op, candidate.direction, candidate.algorithm,
                  "found when it was to be measured"));
    gpu_verdicts_write(tuner->device);
fail:
    return status;
}

// ---- Who wins ----------------------------------------------------------------------------------

// The heuristic's where nothing else is clearly faster, or where it cannot be told; never what is
// known to be wrong, unless all is.
static uint32_t choose(const struct contest *contest)
{
    uint32_t best = 0;
    while (best + 1 < contest->count && contest->rows[best].outcome == VKTL_TUNE_WRONG)
        best++;
    if (contest->rows[best].outcome == VKTL_TUNE_WRONG)
        return 0;
    for (uint32_t i = best + 1; i < contest->count; i++) {
        const double factor = best == 0 ? worth_it : 1;
        if (contest->rows[i].outcome == VKTL_TUNE_MEASURED &&
            contest->rows[i].seconds < factor * contest->rows[best].seconds)
            best = i;
    }
    return best;
}

// What something else on the machine slowed down while it was timed must not lose to luck: who is
// to take the heuristic's place has to beat it once more, one right after the other.
static vktl_status confirm(const struct contest *contest, uint32_t *chosen)
{
    vktl_status status = VKTL_OK;
    double usual, other;
    const struct candidate first = candidate_of(contest, 0);
    const struct candidate second = candidate_of(contest, *chosen);
    if (*chosen == 0 || contest->rows[0].outcome == VKTL_TUNE_WRONG || !contest->has_halvings)
        return VKTL_OK;
    TRY(time_at(contest, &first, contest->halvings, INFINITY, &usual));
    TRY(time_at(contest, &second, contest->halvings, INFINITY, &other));
fail:
    if (status != VKTL_OK || other > worth_it * usual)
        *chosen = 0;
    return status == VKTL_NO_MEMORY ? VKTL_OK : status;
}

static bool time_is_up(const struct tuner *tuner)
{
    return tuner->limit_seconds > 0 && clock_seconds() - tuner->started > tuner->limit_seconds;
}

static vktl_status check_stop(const struct tuner *tuner)
{
    if (tuner->should_stop && tuner->should_stop(tuner->progress_user))
        return log_fail(tuner->log, VKTL_INTERRUPTED, "interrupted");
    return VKTL_OK;
}

// The candidates, as the use would be inferred if nothing were asked for.
static vktl_status contest_init(struct tuner *tuner, const struct plan_work *work,
                                enum op_direction direction, const char *shape,
                                struct contest *contest)
{
    struct op_io io = *work->io;
    memset(io.wanted, 0, sizeof io.wanted);
    *contest = (struct contest){.tuner = tuner, .work = work, .direction = direction};
    contest->best = INFINITY;
    const vktl_status status = work->op->infer(tuner->log, work->params, &io);
    if (status != VKTL_OK)
        return status;
    contest->count = op_suiting(work->op, &io, direction, contest->names);
    for (uint32_t i = 0; i < contest->count; i++)
        contest->rows[i] = (struct vktl_tune_row){
            .layer = work->layer,
            .op = work->op->name,
            .direction = op_direction_names[direction],
            .shape = shape,
            .algorithm = contest->names[i],
            .seconds = NAN,
            .outcome = VKTL_TUNE_TOO_LONG,
            .heuristic = i == 0,
        };
    return VKTL_OK;
}

// "4x56x56x64 filters=64" of "conv2d dx 4x56x56x64 filters=64".
static const char *shape_of(const char *key)
{
    return strchr(strchr(key, ' ') + 1, ' ') + 1;
}

vktl_status tuner_measure(struct tuner *tuner, const struct plan_work *work,
                          enum op_direction direction)
{
    vktl_status status;
    struct contest contest;
    char key[OP_KEY_SIZE];
    op_key(work->op, work->params, work->io, direction, work->is_trained, key);
    TRY(contest_init(tuner, work, direction, shape_of(key), &contest));
    for (uint32_t i = 0; i < contest.count; i++) {
        TRY(check_stop(tuner));
        if (i > 0 && time_is_up(tuner))
            break;
        TRY(measure_candidate(&contest, i));
        tuner->counts.candidates++;
    }
    tuner->counts.uses++;
    uint32_t chosen = choose(&contest);
    TRY(confirm(&contest, &chosen));
    contest.rows[chosen].chosen = true;
    for (uint32_t i = 0; tuner->on_row && i < contest.count; i++)
        tuner->on_row(&contest.rows[i], tuner->user);
    if (tuning_set(gpu_tuning(tuner->device), key, contest.names[chosen]) != VKTL_OK)
        FAIL(tuner->log, VKTL_NO_MEMORY, "out of host memory");
fail:
    return status;
}

// ---- All of a plan -----------------------------------------------------------------------------

struct task {
    struct plan_work work;
    enum op_direction direction;
    char key[OP_KEY_SIZE];
};

struct tasks {
    const struct tuner *tuner;
    struct task *list;
    uint32_t count, capacity;
    bool failed;
};

static bool is_known(const struct tasks *tasks, const char *key)
{
    if (!tasks->tuner->measures_anew && tuning_find(gpu_tuning(tasks->tuner->device), key))
        return true;
    for (uint32_t i = 0; i < tasks->count; i++)
        if (strcmp(tasks->list[i].key, key) == 0)
            return true;
    return false;
}

static void add_task(struct tasks *tasks, const struct task *task)
{
    if (tasks->count == tasks->capacity) {
        const uint32_t capacity = tasks->capacity ? 2 * tasks->capacity : 32;
        struct task *grown = realloc(tasks->list, capacity * sizeof *grown);
        tasks->failed = tasks->failed || !grown;
        if (!grown)
            return;
        tasks->list = grown;
        tasks->capacity = capacity;
    }
    tasks->list[tasks->count++] = *task;
}

static void collect(void *user, const struct plan_work *work)
{
    struct tasks *tasks = user;
    for (int direction = 0; direction < OP_DIRECTIONS; direction++) {
        const char *names[OP_MAX_ALGORITHMS];
        struct task task = {*work, direction, ""};
        if (!work->direction[direction] || op_suiting(work->op, work->io, direction, names) < 2)
            continue;
        op_key(work->op, work->params, work->io, direction, work->is_trained, task.key);
        if (!is_known(tasks, task.key))
            add_task(tasks, &task);
    }
}

// The most work first, so that time runs out where it matters least; else in a fixed order.
static int compare_tasks(const void *a, const void *b)
{
    const struct task *left = a, *right = b;
    if (left->work.io->flops != right->work.io->flops)
        return left->work.io->flops < right->work.io->flops ? 1 : -1;
    return strcmp(left->key, right->key);
}

static vktl_status measure_all(struct tuner *tuner, const struct tasks *tasks)
{
    vktl_status status = VKTL_OK;
    uint32_t done = 0;
    for (; done < tasks->count && !time_is_up(tuner); done++) {
        if (tuner->progress)
            tuner->progress(tuner->progress_user, done, tasks->count);
        TRY(tuner_measure(tuner, &tasks->list[done].work, tasks->list[done].direction));
    }
    tuner->counts.left = tasks->count - done;
    // Decided all the same: a later run computes as this one.
    for (; !tuner->measures_anew && done < tasks->count; done++) {
        struct contest contest;
        const struct task *task = &tasks->list[done];
        TRY(contest_init(tuner, &task->work, task->direction, "", &contest));
        if (tuning_set(gpu_tuning(tuner->device), task->key, contest.names[0]) != VKTL_OK)
            FAIL(tuner->log, VKTL_NO_MEMORY, "out of host memory");
    }
    if (tuner->progress)
        tuner->progress(tuner->progress_user, tasks->count, tasks->count);
fail:
    return status;
}

vktl_status tuner_run(struct tuner *tuner, const struct plan *plan)
{
    vktl_status status = VKTL_OK;
    struct tasks tasks = {.tuner = tuner};
    tuner->started = clock_seconds();
    plan_each_work(plan, collect, &tasks);
    if (tasks.failed)
        FAIL(tuner->log, VKTL_NO_MEMORY, "out of host memory");
    if (tasks.count == 0)
        goto fail;
    qsort(tasks.list, tasks.count, sizeof *tasks.list, compare_tasks);
    status = measure_all(tuner, &tasks);
    gpu_tuning_write(tuner->device); // also what was measured before a failure
fail:
    free(tasks.list);
    return status;
}

void tuner_deinit(struct tuner *tuner)
{
    tuning_deinit(&tuner->gates);
}

// ---- Before a plan is made ---------------------------------------------------------------------

static bool measures(struct vktl_device *device)
{
    const enum vktl_tuning_mode mode = gpu_tuning_params(device)->mode;
    return mode == VKTL_TUNING_ON ||
           (mode == VKTL_TUNING_AUTO && op_lanes(vktl_device_info(device)) == 0);
}

vktl_status tune_for_plan(const struct vktl_log *log, struct vktl_device *device,
                          const struct vktl_model *model, const struct plan_params *params)
{
    const struct vktl_tuning_params *wanted = gpu_tuning_params(device);
    struct plan *plan = NULL;
    struct tuner tuner = {
        .log = log,
        .device = device,
        .limit_seconds = wanted->limit_seconds > 0 ? wanted->limit_seconds : usual_limit_seconds,
        .progress = wanted->progress,
        .should_stop = wanted->should_stop,
        .progress_user = wanted->user,
    };
    // What is wrong with the parameters is said when the plan itself is made.
    if (!measures(device) || plan_create(NULL, device, model, params, &plan) != VKTL_OK)
        return VKTL_OK;
    const vktl_status status = tuner_run(&tuner, plan);
    if (status == VKTL_OK && tuner.counts.left)
        log_info(log,
                 "Tuning: %u of %u shapes were not reached in %.0f s and are computed as usual; "
                 "`vktl tune` measures them",
                 tuner.counts.left, tuner.counts.left + tuner.counts.uses, tuner.limit_seconds);
    plan_destroy(&plan);
    tuner_deinit(&tuner);
    return status;
}
