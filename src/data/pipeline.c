// Responsible for the threads, the ring of slots and the order of results. What the work is, the
// caller says.
//
// Position p of the order lives in slot p % slot_count. Positions go through four stages, and three
// counters part them:   taken <= handed out <= claimed <= count. A thread may claim the next one
// while claimed - taken < slot_count.
#include "data/pipeline.h"

#include <stdlib.h>
#include <string.h>

#include "base/threads.h"

struct slot {
    unsigned char *bytes;
    vktl_status status;
    bool is_ready;
    char message[PIPELINE_MESSAGE_SIZE];
};

struct pipeline {
    struct pipeline_params params;
    struct slot *slots;
    struct thread **threads;
    uint32_t thread_count;

    // What follows is guarded by the mutex.
    struct mutex *mutex;
    struct condition *claimable; // for threads: there may be something to do
    struct condition *ready;     // for the consumer: something is done
    const uint32_t *order;
    uint32_t count;
    uint32_t claimed;
    uint32_t handed_out;
    uint32_t taken;
    uint32_t at_work; // positions that threads are producing now
    bool is_ending;
};

// ---- The threads' side

static void keep_message(void *user, enum vktl_log_level level, const char *sentence)
{
    (void)level;
    struct slot *slot = user;
    size_t length = strlen(sentence);
    if (length >= PIPELINE_MESSAGE_SIZE)
        length = PIPELINE_MESSAGE_SIZE - 1;
    memcpy(slot->message, sentence, length);
    slot->message[length] = '\0';
}

static bool can_claim(const struct pipeline *pipeline)
{
    return pipeline->claimed < pipeline->count &&
           pipeline->claimed - pipeline->taken < pipeline->params.slot_count;
}

static void work(void *user)
{
    struct pipeline *pipeline = user;
    mutex_lock(pipeline->mutex);
    for (;;) {
        while (!pipeline->is_ending && !can_claim(pipeline))
            condition_wait(pipeline->claimable, pipeline->mutex);
        if (pipeline->is_ending)
            break;
        uint32_t position = pipeline->claimed++;
        uint32_t item = pipeline->order[position];
        struct slot *slot = &pipeline->slots[position % pipeline->params.slot_count];
        pipeline->at_work++;
        mutex_unlock(pipeline->mutex);

        slot->message[0] = '\0';
        const struct vktl_log log = {keep_message, slot};
        vktl_status status =
            pipeline->params.produce(pipeline->params.user, &log, item, slot->bytes);

        mutex_lock(pipeline->mutex);
        slot->status = status;
        slot->is_ready = true;
        pipeline->at_work--;
        condition_wake_one(pipeline->ready);
    }
    mutex_unlock(pipeline->mutex);
}

// ---- The consumer's side

void pipeline_begin(struct pipeline *pipeline, const uint32_t *order, uint32_t count)
{
    mutex_lock(pipeline->mutex);
    pipeline->count = pipeline->claimed; // nothing more of the earlier order is claimed
    while (pipeline->at_work > 0)
        condition_wait(pipeline->ready, pipeline->mutex);
    for (uint32_t i = 0; i < pipeline->params.slot_count; i++)
        pipeline->slots[i].is_ready = false;
    pipeline->order = order;
    pipeline->count = count;
    pipeline->claimed = pipeline->handed_out = pipeline->taken = 0;
    condition_wake_all(pipeline->claimable);
    mutex_unlock(pipeline->mutex);
}

bool pipeline_next(struct pipeline *pipeline, struct pipeline_result *result)
{
    bool is_left;
    mutex_lock(pipeline->mutex);
    if (pipeline->taken < pipeline->handed_out) { // the caller is through with the one before
        pipeline->slots[pipeline->taken % pipeline->params.slot_count].is_ready = false;
        pipeline->taken++;
        condition_wake_one(pipeline->claimable);
    }
    is_left = pipeline->handed_out < pipeline->count;
    if (is_left) {
        uint32_t position = pipeline->handed_out++;
        struct slot *slot = &pipeline->slots[position % pipeline->params.slot_count];
        while (!slot->is_ready)
            condition_wait(pipeline->ready, pipeline->mutex);
        *result = (struct pipeline_result){pipeline->order[position], slot->status, slot->message,
                                           slot->bytes};
    }
    mutex_unlock(pipeline->mutex);
    return is_left;
}

// ---- Life cycle

static void end_threads(struct pipeline *pipeline)
{
    if (pipeline->thread_count == 0)
        return;
    mutex_lock(pipeline->mutex);
    pipeline->is_ending = true;
    condition_wake_all(pipeline->claimable);
    mutex_unlock(pipeline->mutex);
    for (uint32_t i = 0; i < pipeline->thread_count; i++)
        thread_join(&pipeline->threads[i]);
}

void pipeline_destroy(struct pipeline **pipeline)
{
    struct pipeline *ended = *pipeline;
    if (!ended)
        return;
    end_threads(ended);
    for (uint32_t i = 0; ended->slots && i < ended->params.slot_count; i++)
        free(ended->slots[i].bytes);
    free(ended->slots);
    free(ended->threads);
    condition_destroy(&ended->ready);
    condition_destroy(&ended->claimable);
    mutex_destroy(&ended->mutex);
    free(ended);
    *pipeline = NULL;
}

static bool start_threads(struct pipeline *pipeline)
{
    while (pipeline->thread_count < pipeline->params.thread_count &&
           thread_create(&pipeline->threads[pipeline->thread_count], work, pipeline))
        pipeline->thread_count++;
    return pipeline->thread_count > 0;
}

vktl_status pipeline_create(const struct vktl_log *log, const struct pipeline_params *params,
                            struct pipeline **pipeline)
{
    vktl_status status = VKTL_OK;
    vktl_assert(params->thread_count > 0 && params->slot_count > 0 && params->slot_size > 0);
    *pipeline = calloc(1, sizeof **pipeline);
    TRY_ALLOC(log, *pipeline);
    struct pipeline *created = *pipeline;
    created->params = *params;
    created->slots = calloc(params->slot_count, sizeof *created->slots);
    TRY_ALLOC(log, created->slots);
    for (uint32_t i = 0; i < params->slot_count; i++) {
        created->slots[i].bytes = malloc(params->slot_size);
        TRY_ALLOC(log, created->slots[i].bytes);
    }
    created->threads = calloc(params->thread_count, sizeof *created->threads);
    TRY_ALLOC(log, created->threads);
    if (!mutex_create(&created->mutex) || !condition_create(&created->claimable) ||
        !condition_create(&created->ready) || !start_threads(created))
        FAIL(log, VKTL_NO_MEMORY, "no thread could be started to read images");
    return VKTL_OK;
fail:
    pipeline_destroy(pipeline);
    return status;
}
