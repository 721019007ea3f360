// Responsible for predictions of images, and for the activations of one image. Figures made from
// predictions are evaluate.c's, training is trainer.c's.
#include <vktl/evaluate.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "data/loader.h"
#include "formats/npy.h"
#include "nn/plan.h"
#include "train/predict.h"
#include "tune/tune.h"

enum { DEFAULT_BATCH = 16 };

vktl_status predict_check_weights(const struct vktl_log *log, const struct vktl_model *model)
{
    if (vktl_model_has_weights(model))
        return VKTL_OK;
    return log_fail(log, VKTL_USAGE,
                    "%s is an architecture without weights; name a trained model (a run folder or "
                    "a .safetensors file), or give its weights with --weights",
                    vktl_model_name(model));
}

static vktl_status open_loader(const struct vktl_log *log, const struct vktl_model *model,
                               const struct vktl_dataset *dataset, uint32_t thread_count,
                               struct loader **loader)
{
    return loader_create(log, dataset,
                         &(struct loader_params){
                             .image_size = vktl_model_image_size(model),
                             .interpolation = vktl_model_interpolation(model),
                             .thread_count = thread_count,
                         },
                         loader);
}

// ---- Predictions -------------------------------------------------------------------------------

struct predictor {
    const struct vktl_log *log;
    const struct vktl_model *model;
    const struct vktl_dataset *dataset;
    const struct vktl_infer_params *params;
    struct plan *plan;
    bool overlaps; // the next rows are loaded while the device works on these
    struct loader *loader;
    uint32_t *order;
    uint32_t batch;
    struct vktl_predictions *predictions;
};

static vktl_status predictions_init(const struct predictor *predictor)
{
    vktl_status status = VKTL_OK;
    struct vktl_predictions *predictions = predictor->predictions;
    const uint32_t count = vktl_dataset_count(predictor->dataset);
    const uint32_t classes = vktl_model_class_count(predictor->model);
    predictions->count = count;
    predictions->class_count = classes;
    predictions->probabilities = calloc((size_t)count * classes, sizeof(float));
    predictions->logits = calloc((size_t)count * classes, sizeof(float));
    predictions->statuses = calloc(count, sizeof *predictions->statuses);
    TRY_ALLOC(predictor->log, predictions->probabilities);
    TRY_ALLOC(predictor->log, predictions->logits);
    TRY_ALLOC(predictor->log, predictions->statuses);
    if (vktl_dataset_class_count(predictor->dataset) > 0) {
        predictions->losses = calloc(count, sizeof(float));
        TRY_ALLOC(predictor->log, predictions->losses);
    }
fail:
    return status;
}

uint32_t vktl_predictions_class(const struct vktl_predictions *predictions, uint32_t image)
{
    const uint32_t classes = predictions->class_count;
    const float *probabilities = predictions->probabilities + (size_t)image * classes;
    uint32_t best = 0;
    for (uint32_t i = 1; i < classes; i++)
        if (probabilities[i] > probabilities[best])
            best = i;
    return best;
}

void vktl_predictions_free(struct vktl_predictions *predictions)
{
    free(predictions->probabilities);
    free(predictions->logits);
    free(predictions->losses);
    free(predictions->statuses);
    *predictions = (struct vktl_predictions){0};
}

// An unreadable image leaves a row of black, so that the others are not disturbed.
static vktl_status load_rows(const struct predictor *predictor, uint32_t start, uint32_t rows)
{
    const uint64_t size = plan_input_count(predictor->plan, PASS_EVALUATE);
    if (rows == 0)
        return VKTL_OK;
    for (uint32_t row = 0; row < predictor->batch; row++)
        memset(plan_pixels(predictor->plan, row), 0, size);
    for (uint32_t row = 0; row < rows; row++) {
        uint32_t item = 0;
        const vktl_status status =
            loader_next(predictor->loader, plan_pixels(predictor->plan, row), &item,
                        &predictor->predictions->statuses[start + row]);
        if (status != VKTL_OK)
            return status;
        plan_labels(predictor->plan)[row] = vktl_dataset_class(predictor->dataset, start + row);
    }
    plan_step(predictor->plan)->rows = rows;
    plan_step(predictor->plan)->rows_inverse = 1.0f / (float)rows;
    return VKTL_OK;
}

static void take_rows(const struct predictor *predictor, uint32_t start, uint32_t rows)
{
    struct vktl_predictions *predictions = predictor->predictions;
    const uint32_t classes = predictions->class_count;
    for (uint32_t row = 0; row < rows; row++) {
        const bool readable = predictions->statuses[start + row] == VKTL_OK;
        const size_t from = (size_t)row * classes, to = (size_t)(start + row) * classes;
        for (uint32_t i = 0; i < classes; i++) {
            predictions->probabilities[to + i] =
                readable ? plan_probabilities(predictor->plan)[from + i] : NAN;
            predictions->logits[to + i] = readable ? plan_logits(predictor->plan)[from + i] : NAN;
        }
        if (predictions->losses)
            predictions->losses[start + row] = readable ? plan_losses(predictor->plan)[row] : NAN;
        predictions->unreadable += !readable;
    }
}

static uint32_t rows_at(const struct predictor *predictor, uint32_t start)
{
    const uint32_t left = predictor->predictions->count - start;
    return left < predictor->batch ? left : predictor->batch;
}

// Runs the rows that are loaded, and loads those that come next: meanwhile, where there are slots
// for both.
static vktl_status run_rows(const struct predictor *predictor, uint32_t next)
{
    vktl_status status = VKTL_OK, loaded = VKTL_OK;
    struct plan *plan = predictor->plan;
    if (predictor->overlaps) {
        TRY(plan_submit(plan, PASS_EVALUATE));
        loaded = load_rows(predictor, next, rows_at(predictor, next));
        TRY(plan_wait(plan, PASS_EVALUATE));
    } else {
        TRY(plan_run(plan, PASS_EVALUATE));
        loaded = load_rows(predictor, next, rows_at(predictor, next));
    }
    status = loaded;
fail:
    return status;
}

static vktl_status predict_all(const struct predictor *predictor)
{
    vktl_status status = VKTL_OK;
    const uint32_t count = predictor->predictions->count;
    const struct vktl_infer_params *params = predictor->params;
    loader_begin(predictor->loader, predictor->order, count);
    TRY(load_rows(predictor, 0, rows_at(predictor, 0)));
    for (uint32_t done = 0; done < count;) {
        const uint32_t rows = rows_at(predictor, done);
        TRY(run_rows(predictor, done + rows));
        take_rows(predictor, done, rows);
        done += rows;
        if (params->progress)
            params->progress(params->user, done, count);
        if (params->should_stop && params->should_stop(params->user))
            FAIL(predictor->log, VKTL_INTERRUPTED, "interrupted");
    }
fail:
    return status;
}

static vktl_status predictor_prepare(struct predictor *predictor, struct vktl_device *device)
{
    vktl_status status = VKTL_OK;
    const uint32_t count = vktl_dataset_count(predictor->dataset);
    const uint32_t wanted = predictor->params->batch ? predictor->params->batch : DEFAULT_BATCH;
    predictor->batch = count < wanted ? count : wanted;
    TRY(predict_check_weights(predictor->log, predictor->model));
    predictor->order = calloc(count, sizeof *predictor->order);
    TRY_ALLOC(predictor->log, predictor->order);
    for (uint32_t i = 0; i < count; i++)
        predictor->order[i] = i;
    TRY(open_loader(predictor->log, predictor->model, predictor->dataset,
                    predictor->params->thread_count, &predictor->loader));
    predictor->overlaps = count > predictor->batch;
    struct plan_params params = {.batch = predictor->batch,
                                 .passes = {[PASS_EVALUATE] = true},
                                 .slots = predictor->overlaps ? 2 : 1};
    TRY(tune_for_plan(predictor->log, device, predictor->model, &params));
    TRY(plan_open(predictor->log, device, predictor->model, &params, NULL, &predictor->plan));
    predictor->batch = params.batch;
    TRY(predictions_init(predictor));
fail:
    return status;
}

vktl_status vktl_predict(const struct vktl_log *log, struct vktl_device *device,
                         const struct vktl_model *model, const struct vktl_dataset *dataset,
                         const struct vktl_infer_params *params,
                         struct vktl_predictions *predictions)
{
    vktl_status status = VKTL_OK;
    const struct vktl_infer_params defaults = {0};
    const double started = clock_seconds();
    struct predictor predictor = {
        .log = log,
        .model = model,
        .dataset = dataset,
        .params = params ? params : &defaults,
        .predictions = predictions,
    };
    *predictions = (struct vktl_predictions){0};
    TRY(predictor_prepare(&predictor, device));
    TRY(predict_all(&predictor));
    predictions->temperature = 1;
    if (vktl_model_temperature(model) != 1)
        vktl_predictions_set_temperature(dataset, vktl_model_temperature(model), predictions);
    predictions->seconds = clock_seconds() - started;
fail:
    loader_destroy(&predictor.loader);
    plan_destroy(&predictor.plan);
    free(predictor.order);
    if (status != VKTL_OK)
        vktl_predictions_free(predictions);
    return status;
}

// ---- Activations -------------------------------------------------------------------------------

vktl_status predict_load_image(const struct vktl_log *log, const struct vktl_model *model,
                               const char *image_path, struct plan *plan)
{
    vktl_status status = VKTL_OK, read = VKTL_OK;
    struct vktl_dataset *dataset = NULL;
    struct loader *loader = NULL;
    const uint32_t order = 0;
    uint32_t item = 0;
    TRY(vktl_dataset_from_paths(log, &image_path, 1, &dataset));
    if (vktl_dataset_count(dataset) != 1)
        FAIL(log, VKTL_USAGE, "%s: one image is needed, not a folder", image_path);
    TRY(open_loader(log, model, dataset, 1, &loader));
    loader_begin(loader, &order, 1);
    TRY(loader_next(loader, plan_pixels(plan, 0), &item, &read));
    if (read != VKTL_OK)
        FAIL(log, read, "%s cannot be read", image_path);
    plan_step(plan)->rows = 1;
    plan_step(plan)->rows_inverse = 1;
fail:
    loader_destroy(&loader);
    vktl_dataset_destroy(&dataset);
    return status;
}

static vktl_status visit_layer(const struct vktl_log *log, const struct vktl_model *model,
                               struct plan *plan, uint32_t index,
                               vktl_status (*visit)(void *, const struct vktl_feature_map *),
                               void *user)
{
    vktl_status status = VKTL_OK;
    const struct layer *layer = &model->layers[index];
    float *values = malloc(shape_size(&layer->io.out));
    TRY_ALLOC(log, values);
    TRY(plan_read_layer(plan, index, values));
    struct vktl_feature_map map = {.layer_index = index,
                                   .layer_name = layer->name,
                                   .rank = layer->io.out.rank,
                                   .values = values};
    memcpy(map.shape, layer->io.out.dim, sizeof map.shape);
    TRY(visit(user, &map));
fail:
    free(values);
    return status;
}

vktl_status vktl_features(const struct vktl_log *log, struct vktl_device *device,
                          const struct vktl_model *model, const char *image_path,
                          const char *layer_name,
                          vktl_status (*visit)(void *user, const struct vktl_feature_map *map),
                          void *user)
{
    vktl_status status = VKTL_OK;
    struct plan *plan = NULL;
    const struct plan_params params = {.batch = 1, .passes = {[PASS_LAYERS] = true}};
    if (layer_name && model_find(model, layer_name) < 0)
        FAIL(log, VKTL_USAGE, "%s has no layer '%s'; `vktl summary` lists its layers",
             vktl_model_name(model), layer_name);
    TRY(predict_check_weights(log, model));
    TRY(tune_for_plan(log, device, model, &params));
    TRY(plan_create(log, device, model, &params, &plan));
    TRY(plan_build(plan));
    TRY(predict_load_image(log, model, image_path, plan));
    TRY(plan_run(plan, PASS_LAYERS));
    for (uint32_t i = 0; i < model->layer_count; i++)
        if (!layer_name || strcmp(model->layers[i].name, layer_name) == 0)
            TRY(visit_layer(log, model, plan, i, visit, user));
fail:
    plan_destroy(&plan);
    return status;
}

vktl_status vktl_write_npy(const struct vktl_log *log, const char *path, const float *values,
                           const uint32_t *shape, uint32_t rank)
{
    struct shape npy = {.rank = rank};
    vktl_assert(rank >= 1 && rank <= SHAPE_MAX_RANK);
    memcpy(npy.dim, shape, rank * sizeof *shape);
    return npy_write(log, path, &npy, values);
}
