// Responsible for one step of training and for validation: batches through the plan, and the sums
// of what they give.
#include <inttypes.h>
#include <stdlib.h>

#include "base/rng.h"
#include "train/session.h"

void sums_add(struct sums *total, const struct sums *part)
{
    total->loss += part->loss;
    total->hits += part->hits;
    total->count += part->count;
}

uint32_t session_steps(const struct session *session)
{
    return (session->training_count - 1) / session->params.batch + 1;
}

vktl_status session_begin_epoch(struct session *session, uint32_t epoch, uint32_t done)
{
    vktl_status status = VKTL_OK;
    const uint32_t count = session->training_count;
    vktl_assert(done <= count);
    if (!session->order)
        session->order = calloc(count, sizeof *session->order);
    TRY_ALLOC(session->log, session->order);
    for (uint32_t i = 0; i < count; i++)
        session->order[i] = i;
    if (!session->params.no_shuffle)
        rng_shuffle(session->order, count, session->params.seed, epoch);
    session->epoch = epoch;
    session->done = done;
    session->written = 0;
    TRY(session_refresh_features(session, epoch));
    if (done < count)
        feed_begin(&session->training_feed, session->order + done, count - done, epoch);
fail:
    return status;
}

// Of the run that begins at row `first` of a step of `rows`.
static void set_step(struct session *session, uint32_t first, uint32_t rows)
{
    struct step *step = plan_step(session->plan);
    step->number = (uint32_t)session->step;
    step->seed_low = (uint32_t)session->params.seed;
    step->seed_high = (uint32_t)(session->params.seed >> 32);
    step->rows_inverse = (float)session->loss_scale.value / (float)rows;
    step->loss_scale_inverse = 1.0f / (float)session->loss_scale.value;
    step->first_row = first;
    step->learning_rate = (float)session->learning_rate;
    step->bias_correction =
        plan_bias_correction(session->plan, session->step - session->fresh_step -
                                                session->loss_scale.skipped + 1);
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

// Images of the run that begins at image `at` of the epoch: of its batch, as many as a run takes.
static uint32_t rows_at(const struct session *session, uint32_t at)
{
    const uint32_t left = session->training_count - at;
    const uint32_t of_batch = session->params.batch - at % session->params.batch;
    return smaller(smaller(left, of_batch), session->params.micro_batch);
}

// Writes the images of a run into the plan. That one cannot be read is the business of the step
// that needs it, which may come later.
static void write_run(struct session *session, uint32_t at)
{
    session->written = rows_at(session, at);
    if (session->written > 0)
        session->write_status =
            feed_next(session->log, &session->training_feed, session->plan, PASS_TRAIN,
                      session->order + at, session->written, session->params.micro_batch);
}

// Of the rows of the last run.
static struct sums run_sums(const struct session *session, uint32_t rows)
{
    struct sums sums = {.count = rows};
    for (uint32_t row = 0; row < rows; row++) {
        sums.loss += plan_losses(session->plan)[row];
        sums.hits += plan_hits(session->plan)[row];
    }
    return sums;
}

// The run that begins at row `first` of a step of `step_rows`. What the next run takes is written
// while the device works on this one.
static vktl_status train_part(struct session *session, uint32_t first, uint32_t step_rows,
                              struct sums *batch)
{
    vktl_status status = VKTL_OK;
    const uint32_t at = session->done + first;
    if (session->written == 0)
        write_run(session, at);
    TRY(session->write_status);
    const uint32_t rows = session->written;
    set_step(session, first, step_rows);
    TRY(plan_submit(session->plan, PASS_TRAIN));
    write_run(session, at + rows);
    TRY(plan_wait(session->plan, PASS_TRAIN));
    const struct sums sums = run_sums(session, rows);
    sums_add(batch, &sums);
fail:
    return status;
}

// After the update: where gradients were too large for halves, nothing was learnt, and the next
// step takes half the scale.
static vktl_status follow_gradients(struct session *session)
{
    struct loss_scale *scale = &session->loss_scale;
    const double before = scale->value;
    if (session->params.precision != VKTL_MIXED)
        return VKTL_OK;
    const bool finite = plan_gradients_are_finite(session->plan);
    if (!loss_scale_update(finite, scale))
        return log_fail(session->log, VKTL_DIVERGED,
                        "step %" PRIu64 ": gradients are not finite, at any loss scale; the last "
                        "good weights are in last.safetensors; try a smaller --lr (now %g), or "
                        "--precision fp32",
                        session->step + 1, session->learning_rate);
    if (!finite)
        log_info(session->log,
                 "Step %" PRIu64 " left out: gradients are too large for halves at loss scale %g, "
                 "now %g",
                 session->step + 1, before, scale->value);
    return VKTL_OK;
}

vktl_status session_step(struct session *session, struct sums *batch)
{
    vktl_status status = VKTL_OK;
    vktl_assert(session->done < session->training_count);
    const uint32_t left = session->training_count - session->done;
    const uint32_t rows = smaller(left, session->params.batch);
    *batch = (struct sums){0};
    while (batch->count < rows)
        TRY(train_part(session, (uint32_t)batch->count, rows, batch));
    if (plan_accumulates(session->plan))
        TRY(plan_run_update(session->plan));
    TRY(follow_gradients(session));
    session->done += rows;
    session->step++;
    session->is_fresh = false;
fail:
    return status;
}

struct validating {
    const struct session *session;
    struct sums *sums;
};

static vktl_status take_validated(void *user, uint32_t first, uint32_t rows)
{
    const struct validating *validating = user;
    const struct sums part = run_sums(validating->session, rows);
    (void)first;
    sums_add(validating->sums, &part);
    return VKTL_OK;
}

vktl_status session_validate(struct session *session, struct sums *sums)
{
    vktl_status status = VKTL_OK;
    const uint32_t count = session->validation_count;
    uint32_t *order = calloc(count, sizeof *order);
    TRY_ALLOC(session->log, order);
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    struct validating validating = {session, sums};
    feed_begin(&session->validation_feed, order, count, session->epoch);
    TRY(feed_run(session->log, &session->validation_feed, session->plan,
                 &(struct feed_run){.pass = PASS_EVALUATE,
                                    .order = order,
                                    .count = count,
                                    .batch = session->params.micro_batch,
                                    .take = take_validated,
                                    .user = &validating}));
fail:
    free(order);
    return status;
}
