// Responsible for one step of training and for validation: batches through the plan, and the sums
// of what they give.
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

static void set_step(struct session *session)
{
    struct step *step = plan_step(session->plan);
    step->number = (uint32_t)session->step;
    step->seed_low = (uint32_t)session->params.seed;
    step->seed_high = (uint32_t)(session->params.seed >> 32);
    step->learning_rate = (float)session->learning_rate;
    step->bias_correction =
        plan_bias_correction(session->plan, session->step - session->fresh_step + 1);
}

static uint32_t rows_of(const struct session *session, uint32_t left)
{
    return left < session->params.batch ? left : session->params.batch;
}

// Writes the batch of a step into the plan, from the image `done` of the epoch on. That an image
// cannot be read is the business of the step that needs it, which may come later.
static void write_batch(struct session *session, uint32_t done)
{
    const uint32_t rows = rows_of(session, session->training_count - done);
    session->written = rows;
    if (rows > 0)
        session->write_status =
            feed_next(session->log, &session->training_feed, session->plan, PASS_TRAIN,
                      session->order + done, rows, session->params.batch);
}

static struct sums batch_sums(const struct session *session, uint32_t rows)
{
    struct sums sums = {.count = rows};
    for (uint32_t row = 0; row < rows; row++) {
        sums.loss += plan_losses(session->plan)[row];
        sums.hits += plan_hits(session->plan)[row];
    }
    return sums;
}

// The next step's batch is written while the device works on this one.
vktl_status session_step(struct session *session, struct sums *batch)
{
    vktl_status status = VKTL_OK;
    vktl_assert(session->done < session->training_count);
    if (session->written == 0)
        write_batch(session, session->done);
    TRY(session->write_status);
    const uint32_t rows = session->written;
    set_step(session);
    TRY(plan_submit(session->plan, PASS_TRAIN));
    write_batch(session, session->done + rows);
    TRY(plan_wait(session->plan, PASS_TRAIN));
    *batch = batch_sums(session, rows);
    session->done += rows;
    session->step++;
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
    const struct sums part = batch_sums(validating->session, rows);
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
                                    .batch = session->params.batch,
                                    .take = take_validated,
                                    .user = &validating}));
fail:
    free(order);
    return status;
}
