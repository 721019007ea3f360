// Responsible for what becomes of gradients: bundles of trained tensors, their optimizers, their
// share of the learning rate, the norm of all gradients where they are clipped by it, and their
// sums where a step takes several runs.
#include "nn/plan_private.h"
#include "ops/scratch.h"
#include "ops/sum_squares.h"

#include <stdlib.h>
#include <string.h>

// Whether the norm of all gradients is wanted: to clip them, or to see whether a scaled one is not
// finite.
static bool has_norm(const struct plan *plan)
{
    return plan->params.clip_norm > 0 || plan->params.mixed;
}

// ---- Bundles -----------------------------------------------------------------------------------

static float rate_factor(const struct plan *plan, const struct parameter *parameter)
{
    return plan->params.rate_factors ? plan->params.rate_factors[parameter->layer] : 1;
}

// The last bundle, where the parameter may join it: a storage buffer reaches no further on some
// devices.
static struct bundle *bundle_for(const struct plan *plan, const struct parameter *parameter)
{
    enum { MAX_SIZE = 128 << 20 };
    if (plan->bundle_count == 0)
        return NULL;
    struct bundle *last = &plan->bundles[plan->bundle_count - 1];
    return last->rate_factor == rate_factor(plan, parameter) &&
                   last->size + parameter->size <= MAX_SIZE
               ? last
               : NULL;
}

static vktl_status infer_optimizer(const struct plan *plan, struct bundle *bundle)
{
    vktl_status status = VKTL_OK;
    const struct op *op = plan->params.optimizer;
    const double factor = (double)bundle->rate_factor;
    const uint64_t count = bundle->size / sizeof(float);
    _Alignas(8) unsigned char params[OP_MAX_PARAMS_SIZE];
    memcpy(params, plan->optimizer_params, sizeof params);
    TRY(field_set_numbers(plan->log, field_find(op->fields, "learning_rate_factor"), params,
                          &factor, 1));
    TRY(field_set_numbers(plan->log, field_find(op->fields, "clip_norm"), params,
                          &plan->params.clip_norm, 1));
    TRY(field_set_word(plan->log, field_find(op->fields, "loss_scaled"), params,
                       plan->params.mixed ? "true" : "false"));
    bundle->optimizer =
        (struct op_io){.in = {shape_1d((uint32_t)count), shape_1d(1)}, .in_count = 2};
    TRY(op->infer(plan->log, params, &bundle->optimizer));
fail:
    return status;
}

vktl_status plan_bundle(struct plan *plan)
{
    vktl_status status = VKTL_OK;
    plan->bundles = calloc(plan->parameter_count + (size_t)1, sizeof *plan->bundles);
    TRY_ALLOC(plan->log, plan->bundles);
    for (uint32_t i = 0; i < plan->parameter_count; i++) {
        struct parameter *parameter = &plan->parameters[i];
        if (!parameter->trainable)
            continue;
        struct bundle *bundle = bundle_for(plan, parameter);
        if (!bundle) {
            bundle = &plan->bundles[plan->bundle_count++];
            bundle->rate_factor = rate_factor(plan, parameter);
        }
        parameter->bundle = plan->bundle_count - 1;
        parameter->bundle_offset = bundle->size;
        bundle->size += scratch_align(parameter->size);
    }
    for (uint32_t i = 0; i < plan->bundle_count; i++)
        TRY(infer_optimizer(plan, &plan->bundles[i]));
fail:
    return status;
}

void plan_place_bundles(struct plan *plan)
{
    for (uint32_t i = 0; i < plan->parameter_count; i++) {
        struct parameter *parameter = &plan->parameters[i];
        if (!parameter->trainable)
            continue;
        const struct bundle *bundle = &plan->bundles[parameter->bundle];
        const uint64_t offset = parameter->bundle_offset, size = parameter->size;
        parameter->value = slice_part(bundle->value, offset, size);
        parameter->gradient = slice_part(bundle->gradient, offset, size);
    }
}

// No gradient is written between the tensors: what stands there must not count in the norm.
vktl_status plan_clear_bundles(struct plan *plan)
{
    vktl_status status = VKTL_OK;
    for (uint32_t i = 0; i < plan->bundle_count; i++) {
        const struct bundle *bundle = &plan->bundles[i];
        TRY(gpu_fill(plan->device, bundle->value, 0));
        TRY(gpu_fill(plan->device, bundle->gradient, 0));
        if (slice_exists(bundle->state))
            TRY(gpu_fill(plan->device, bundle->state, 0));
    }
fail:
    return status;
}

// ---- The norm of all gradients -----------------------------------------------------------------

static uint64_t element_count(const struct bundle *bundle)
{
    return bundle->size / sizeof(float);
}

uint64_t plan_squares_size(const struct plan *plan)
{
    uint64_t size = 0;
    for (uint32_t i = 0; i < plan->bundle_count && has_norm(plan); i++)
        size += square_parts_size(element_count(&plan->bundles[i]));
    return size;
}

void plan_place_squares(struct plan *plan)
{
    uint64_t at = 0;
    for (uint32_t i = 0; i < plan->bundle_count && has_norm(plan); i++) {
        struct bundle *bundle = &plan->bundles[i];
        const uint64_t size = square_parts_size(element_count(bundle));
        bundle->squares = slice_part(plan->squares, at, size);
        at += size;
    }
}

static void record_norm(const struct plan *plan, struct recorder *recorder)
{
    record_label(recorder, "norm of the gradients");
    for (uint32_t i = 0; i < plan->bundle_count; i++) {
        const struct bundle *bundle = &plan->bundles[i];
        record_square_parts(recorder, bundle->gradient, element_count(bundle), bundle->squares);
    }
    record_sum_of_squares(recorder, plan->squares, plan->squares_total, plan->squares_scratch);
    record_copy(recorder, plan_slot(plan)->squares, plan->squares_total);
}

void plan_record_update(const struct plan *plan, struct recorder *recorder)
{
    if (has_norm(plan))
        record_norm(plan, recorder);
    record_label(recorder, "update");
    for (uint32_t i = 0; i < plan->bundle_count; i++) {
        const struct bundle *bundle = &plan->bundles[i];
        plan->params.optimizer->forward(recorder, &(struct op_call){
                                                      .io = &bundle->optimizer,
                                                      .in = {{0}, plan->squares_total},
                                                      .weight = {bundle->value},
                                                      .dweight = {bundle->gradient},
                                                      .saved = bundle->state,
                                                      .step = plan_slot(plan)->step,
                                                  });
    }
}

// ---- A step of several runs --------------------------------------------------------------------

void plan_record_sum(const struct parameter *parameter, struct slice gradient,
                     struct recorder *recorder)
{
    op_find("add")->forward(recorder, &(struct op_call){
                                          .io = &parameter->sum,
                                          .in = {parameter->gradient, gradient},
                                          .out = parameter->gradient,
                                      });
}

// The sums are 0 before the first run (plan_clear_bundles), and again after each update.
static void record_clearing(const struct plan *plan, struct recorder *recorder)
{
    record_label(recorder, "clear the gradients");
    for (uint32_t i = 0; i < plan->bundle_count; i++)
        record_fill(recorder, plan->bundles[i].gradient, 0);
}

vktl_status plan_build_update(struct plan *plan)
{
    vktl_status status = VKTL_OK;
    struct recorder *recorder = NULL;
    if (!plan_accumulates(plan) || !plan->passes[PASS_TRAIN].wanted)
        return VKTL_OK;
    TRY(recorder_create(plan->device, &recorder));
    plan_record_update(plan, recorder);
    record_clearing(plan, recorder);
    TRY(program_create(&recorder, &plan->passes[PASS_TRAIN].update[plan->slot]));
fail:
    return status;
}
