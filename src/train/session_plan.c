// Responsible for the plan of a session: what is asked of it, how many images a step takes where
// that is to be found, and how many of them a run takes where memory does not hold them all.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/verdicts.h"
#include "nn/plan_map.h"
#include "train/optimizer.h"
#include "train/session.h"
#include "tune/tune.h"

// ---- What is asked -----------------------------------------------------------------------------

static vktl_status check_trainable(const struct session *session)
{
    for (uint32_t i = 0; i < session->model->layer_count; i++)
        if (layer_trainable_parameters(&session->model->layers[i]) > 0)
            return VKTL_OK;
    return log_fail(
        session->log, VKTL_USAGE,
        "nothing to train: every layer with weights is frozen; lower --freeze or give a "
        "--head");
}

// Plan parameters with what they point at; released by free of rate_factors.
struct wish {
    struct plan_params params;
    _Alignas(8) unsigned char optimizer_params[OP_MAX_PARAMS_SIZE];
    float *rate_factors;
};

// For the model as it is now, in steps of `batch` images and runs of `micro_batch`.
static vktl_status wish_init(const struct session *session, uint32_t batch, uint32_t micro_batch,
                             struct wish *wish)
{
    vktl_status status = VKTL_OK;
    const struct vktl_optimizer *optimizer = &session->params.optimizer;
    const struct op *op;
    const uint32_t cut = session_cut(session);
    *wish = (struct wish){0};
    TRY(check_trainable(session));
    TRY(optimizer_prepare(session->log, optimizer, &op, wish->optimizer_params));
    TRY(optimizer_rate_factors(session->log, optimizer, session->model, &wish->rate_factors));
    wish->params = (struct plan_params){
        .batch = micro_batch,
        .step_rows = batch,
        .passes = {[PASS_FEATURES] = cut > 0,
                   [PASS_EVALUATE] = session->validation != NULL,
                   [PASS_TRAIN] = true},
        .cut = cut,
        .mixed = session->params.precision == VKTL_MIXED,
        .slots = 2,
        .optimizer = op,
        .optimizer_params = wish->optimizer_params,
        .images = {.fill = session->params.augment.fill,
                   .constant = (float)session->params.augment.constant,
                   .has_shifts = session->params.augment.channel_shift_range != 0},
        .clip_norm = optimizer->clip_norm,
        .rate_factors = wish->rate_factors,
        .class_weights = session->class_weights,
        .label_smoothing = optimizer->label_smoothing,
    };
fail:
    return status;
}

// ---- Both phases -------------------------------------------------------------------------------

vktl_status session_unfreeze(struct session *session)
{
    struct vktl_model *model = session->model;
    const char *from = session->params.fine_tune.unfreeze_from;
    const int32_t index = model_find(model, from);
    if (index < 0)
        return log_fail(session->log, VKTL_USAGE,
                        "--unfreeze-from: %s has no layer '%.80s'; `vktl summary` lists them",
                        model->name, from);
    uint32_t unfrozen = 0;
    for (uint32_t i = (uint32_t)index; i < model->layer_count; i++) {
        struct layer *layer = &model->layers[i];
        if (layer->trainable)
            continue;
        layer->trainable = true;
        unfrozen += layer_trainable_parameters(layer) > 0;
    }
    if (unfrozen)
        return VKTL_OK;
    return log_fail(session->log, VKTL_USAGE,
                    "--unfreeze-from '%.80s' unfreezes nothing: name a layer of the frozen base",
                    from);
}

// Calls `visit` for the model as it is now and, before the first phase of two, as the second will
// have it.
static vktl_status for_each_phase(struct session *session, bool is_first,
                                  vktl_status (*visit)(struct session *session, void *user),
                                  void *user)
{
    struct vktl_model *model = session->model;
    vktl_status status = visit(session, user);
    if (status != VKTL_OK || !is_first || !session->params.fine_tune.epochs)
        return status;
    bool *trainable = calloc(model->layer_count, sizeof *trainable);
    TRY_ALLOC(session->log, trainable);
    for (uint32_t i = 0; i < model->layer_count; i++)
        trainable[i] = model->layers[i].trainable;
    status = session_unfreeze(session);
    if (status == VKTL_OK)
        status = visit(session, user);
    for (uint32_t i = 0; i < model->layer_count; i++)
        model->layers[i].trainable = trainable[i];
fail:
    free(trainable);
    return status;
}

// ---- How many images ---------------------------------------------------------------------------

enum { MOST_FOUND = 256 }; // images that a batch is found to be, at most

// Bytes that may be taken. What CPUs and integrated GPUs use is everybody's memory.
static uint64_t room(const struct session *session)
{
    const struct vktl_device_info *info = vktl_device_info(session->device);
    const bool is_shared = info->type == VKTL_DEVICE_CPU || info->type == VKTL_DEVICE_INTEGRATED;
    return info->memory_available / 10 * (is_shared ? 5 : 9);
}

struct trial {
    uint32_t batch;
    bool fits;
};

static vktl_status try_batch(struct session *session, void *user)
{
    vktl_status status;
    struct trial *trial = user;
    struct plan *plan = NULL;
    struct wish wish;
    TRY(wish_init(session, trial->batch, trial->batch, &wish));
    status = plan_create(NULL, session->device, session->model, &wish.params, &plan);
    trial->fits = trial->fits && status == VKTL_OK && plan_size(plan) <= room(session);
    plan_destroy(&plan);
    status = VKTL_OK; // what else may be wrong is said when the plan is made
fail:
    free(wish.rate_factors);
    return status;
}

// The largest power of two that fits, up to the images that there are.
static vktl_status find_batch(struct session *session, bool is_first)
{
    vktl_status status = VKTL_OK;
    struct trial trial = {.batch = MOST_FOUND};
    while (trial.batch > session->training_count)
        trial.batch /= 2;
    for (;; trial.batch /= 2) {
        trial.fits = true;
        TRY(for_each_phase(session, is_first, try_batch, &trial));
        if (trial.fits || trial.batch == 1)
            break;
    }
    session->params.batch = session->params.micro_batch = trial.batch;
    session->params.find_batch = false;
    log_info(session->log, "Batch: %" PRIu32 " images, the largest power of two that fits",
             trial.batch);
fail:
    return status;
}

static vktl_status fit_phase(struct session *session, void *user)
{
    vktl_status status;
    struct vktl_train_params *params = &session->params;
    struct wish wish;
    (void)user;
    TRY(wish_init(session, params->batch, params->micro_batch, &wish));
    TRY(plan_fit(session->log, session->device, session->model, &wish.params));
    params->micro_batch = wish.params.batch;
fail:
    free(wish.rate_factors);
    return status;
}

static vktl_status tune_phase(struct session *session, void *user)
{
    vktl_status status;
    const struct vktl_train_params *params = &session->params;
    struct wish wish;
    (void)user;
    TRY(wish_init(session, params->batch, params->micro_batch, &wish));
    TRY(tune_for_plan(session->log, session->device, session->model, &wish.params));
fail:
    free(wish.rate_factors);
    return status;
}

vktl_status session_settle_batch(struct session *session, bool is_first)
{
    vktl_status status = VKTL_OK;
    struct vktl_train_params *params = &session->params;
    if (params->find_batch)
        TRY(find_batch(session, is_first));
    TRY(for_each_phase(session, is_first, fit_phase, NULL));
    if (!params->dry_run && session->tuning.count == 0)
        TRY(for_each_phase(session, is_first, tune_phase, NULL));
fail:
    return status;
}

// ---- The plan ----------------------------------------------------------------------------------

static vktl_status tell_plan(void *user, const struct plan *plan)
{
    vktl_status status = VKTL_OK;
    const struct session *session = user;
    struct text text;
    char *summary = NULL;
    text_init(&text);
    if (session->params.dry_run) {
        TRY(vktl_model_summary(session->log, session->model, &summary));
        text_append(&text, summary);
    }
    plan_describe(plan, &text);
    if (session->params.dry_run)
        TRY(plan_map_describe(plan, &text));
    if (text.failed && !session->params.dry_run)
        goto fail; // a note, which the run can do without
    TRY(text_status(session->log, &text));
    struct vktl_train_progress progress = session_progress(session, VKTL_TRAIN_PLAN);
    progress.plan = text.data;
    session_tell(session, &progress);
fail:
    text_deinit(&text);
    free(summary);
    return status;
}

vktl_status session_take_tuning(struct session *session, const struct tuning *tuning)
{
    vktl_status status = VKTL_OK;
    const struct vktl_device_info *info = vktl_device_info(session->device);
    struct tuning *known = gpu_tuning(session->device);
    bool is_new = false, is_barred = false;
    for (uint32_t i = 0; i < tuning->count; i++) {
        const struct tuning_choice *choice = &tuning->choices[i];
        const char *now = tuning_find(known, choice->key);
        if (gpu_bars_choice(info, choice->key, choice->value)) {
            is_barred = true;
            continue;
        }
        is_new = is_new || (now && strcmp(now, choice->value) != 0);
        TRY(tuning_set(known, choice->key, choice->value));
        TRY(tuning_set(&session->tuning, choice->key, choice->value));
    }
    if (is_barred)
        log_warning(session->log,
                    "the run was computed by kernels that are barred on this device by now; it "
                    "goes on with others, whose last bits may differ");
    if (is_new)
        log_info(session->log, "The device has been tuned anew since the run was started; the run "
                               "goes on with the kernels that it had");
    return VKTL_OK;
fail:
    return log_fail(session->log, status, "out of host memory");
}

// A failure leaves a run whose bits depend on a later tuning: not worth ending it.
static void note_algorithms(void *user, const struct plan_work *work)
{
    struct session *session = user;
    for (int direction = 0; direction < OP_DIRECTIONS; direction++) {
        const char *names[OP_MAX_ALGORITHMS];
        char key[OP_KEY_SIZE];
        if (!work->direction[direction] || op_suiting(work->op, work->io, direction, names) < 2)
            continue;
        op_key(work->op, work->params, work->io, direction, work->is_trained, key);
        tuning_set(&session->tuning, key, names[0]);
    }
}

static bool is_fine_tuning(const struct session *session)
{
    const struct vktl_model *model = session->model;
    if (!session->params.fine_tune.epochs)
        return false;
    const int32_t from = model_find(model, session->params.fine_tune.unfreeze_from);
    for (uint32_t i = (uint32_t)from; i < model->layer_count; i++)
        if (!model->layers[i].trainable)
            return false;
    return true;
}

// FILE.svg, or FILE-fine-tune.svg for the second phase; the caller frees it.
static vktl_status name_picture(const struct session *session, char **path)
{
    static const char dense[] = "@2x";
    const char *whole = session->params.plan_picture, *end = strrchr(whole, '.');
    const size_t suffix = sizeof dense - 1;
    struct text text;
    text_init(&text);
    end = end ? end : whole + strlen(whole);
    if ((size_t)(end - whole) > suffix && strncmp(end - suffix, dense, suffix) == 0)
        end -= suffix;
    text_append_bytes(&text, whole, (size_t)(end - whole));
    text_format(&text, "%s%s", is_fine_tuning(session) ? "-fine-tune" : "", end);
    *path = text.data;
    return text_status(session->log, &text);
}

static vktl_status draw_plan(const struct session *session)
{
    vktl_status status;
    struct plan_map map;
    struct vktl_picture *picture = NULL;
    char title[256], *path = NULL;
    TRY(plan_map_init(session->plan, &map));
    snprintf(title, sizeof title, "Activations of %.100s in memory, %" PRIu32 " images at once",
             vktl_model_name(session->model), session->params.micro_batch);
    map.memory.title = title;
    TRY(vktl_draw_memory(session->log, &map.memory, VKTL_LIGHT, &picture));
    TRY(name_picture(session, &path));
    TRY(vktl_picture_save(session->log, picture, path));
fail:
    free(path);
    vktl_picture_destroy(&picture);
    plan_map_deinit(&map);
    return status;
}

vktl_status session_plan(struct session *session)
{
    vktl_status status = VKTL_OK;
    struct wish wish = {0};
    // What is about to be allocated is told before; a dry run also wants the submits, known after.
    const struct plan_listener listener = {session->params.dry_run ? NULL : tell_plan, session};
    plan_destroy(&session->plan);
    session_warn_of_cache(session);
    TRY(wish_init(session, session->params.batch, session->params.micro_batch, &wish));
    TRY(plan_open(session->log, session->device, session->model, &wish.params, &listener,
                  &session->plan));
    session->params.micro_batch = wish.params.batch;
    session->is_fresh = true;
    plan_each_work(session->plan, note_algorithms, session);
    if (session->params.dry_run)
        TRY(tell_plan(session, session->plan));
    if (session->params.dry_run && session->params.plan_picture)
        TRY(draw_plan(session));
fail:
    free(wish.rate_factors);
    return status;
}

bool session_may_shrink(const struct session *session)
{
    for (uint32_t i = 0; i < session->model->layer_count; i++)
        if (model_learns_statistics(session->model, i))
            return false; // which takes whole batches
    return session->is_fresh && session->params.micro_batch > 1;
}

vktl_status session_shrink(struct session *session)
{
    const uint32_t asked = session->params.micro_batch;
    session->params.micro_batch = asked / 2 + asked % 2;
    log_warning(session->log,
                "memory ran out in the first step; so each batch is trained on in parts of %" PRIu32
                ", whose gradients are summed: the result is that of batches of %" PRIu32
                ", up to rounding",
                session->params.micro_batch, session->params.batch);
    return session_plan(session);
}
