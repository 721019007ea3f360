// Responsible for what becomes of gradients: the optimizer of each trained tensor, its share of the
// learning rate, the norm of all gradients where they are clipped by it, and their sums where a
// step takes several runs.
#include "nn/plan_private.h"
#include "ops/sum_squares.h"

#include <string.h>

static bool is_clipped(const struct plan *plan)
{
    return plan->params.clip_norm > 0;
}

static uint64_t element_count(const struct parameter *parameter)
{
    return parameter->size / sizeof(float);
}

vktl_status plan_infer_update(const struct plan *plan, const struct shape *shape,
                              struct parameter *parameter)
{
    vktl_status status = VKTL_OK;
    const struct op *op = plan->params.optimizer;
    const float *factors = plan->params.rate_factors;
    const double factor = factors ? (double)factors[parameter->layer] : 1;
    _Alignas(8) unsigned char params[OP_MAX_PARAMS_SIZE];
    memcpy(params, plan->optimizer_params, sizeof params);
    TRY(field_set_numbers(plan->log, field_find(op->fields, "learning_rate_factor"), params,
                          &factor, 1));
    TRY(field_set_numbers(plan->log, field_find(op->fields, "clip_norm"), params,
                          &plan->params.clip_norm, 1));
    parameter->optimizer = (struct op_io){.in = {*shape, shape_1d(1)}, .in_count = 2};
    TRY(op->infer(plan->log, params, &parameter->optimizer));
    parameter->sum = (struct op_io){.in = {*shape, *shape}, .in_count = 2};
    TRY(op_find("add")->infer(plan->log, NULL, &parameter->sum));
fail:
    return status;
}

// ---- The norm of all gradients -----------------------------------------------------------------

uint64_t plan_squares_size(const struct plan *plan)
{
    uint64_t size = 0;
    for (uint32_t i = 0; i < plan->parameter_count && is_clipped(plan); i++)
        if (plan->parameters[i].trainable)
            size += square_parts_size(element_count(&plan->parameters[i]));
    return size;
}

void plan_place_squares(struct plan *plan)
{
    uint64_t at = 0;
    for (uint32_t i = 0; i < plan->parameter_count && is_clipped(plan); i++) {
        struct parameter *parameter = &plan->parameters[i];
        if (!parameter->trainable)
            continue;
        const uint64_t size = square_parts_size(element_count(parameter));
        parameter->squares = slice_part(plan->squares, at, size);
        at += size;
    }
}

static void record_norm(const struct plan *plan, struct recorder *recorder)
{
    record_label(recorder, "norm of the gradients");
    for (uint32_t i = 0; i < plan->parameter_count; i++) {
        const struct parameter *parameter = &plan->parameters[i];
        if (parameter->trainable)
            record_square_parts(recorder, parameter->gradient, element_count(parameter),
                                parameter->squares);
    }
    record_sum_of_squares(recorder, plan->squares, plan->squares_total, plan->squares_scratch);
}

void plan_record_update(const struct plan *plan, struct recorder *recorder)
{
    if (is_clipped(plan))
        record_norm(plan, recorder);
    record_label(recorder, "update");
    for (uint32_t i = 0; i < plan->parameter_count; i++) {
        const struct parameter *parameter = &plan->parameters[i];
        if (!parameter->trainable)
            continue;
        plan->params.optimizer->forward(recorder, &(struct op_call){
                                                      .io = &parameter->optimizer,
                                                      .in = {{0}, plan->squares_total},
                                                      .weight = {parameter->value},
                                                      .dweight = {parameter->gradient},
                                                      .saved = parameter->state,
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

// The sums are 0 before the first run, and again after each update.
static vktl_status clear_sums(struct plan *plan)
{
    vktl_status status = VKTL_OK;
    for (uint32_t i = 0; i < plan->parameter_count; i++)
        if (plan->parameters[i].trainable)
            TRY(gpu_fill(plan->device, plan->parameters[i].gradient, 0));
fail:
    return status;
}

static void record_clearing(const struct plan *plan, struct recorder *recorder)
{
    record_label(recorder, "clear the gradients");
    for (uint32_t i = 0; i < plan->parameter_count; i++)
        if (plan->parameters[i].trainable)
            record_fill(recorder, plan->parameters[i].gradient, 0);
}

vktl_status plan_build_update(struct plan *plan)
{
    vktl_status status = VKTL_OK;
    struct recorder *recorder = NULL;
    if (!plan_accumulates(plan) || !plan->passes[PASS_TRAIN].wanted)
        return VKTL_OK;
    TRY(clear_sums(plan));
    TRY(recorder_create(plan->device, &recorder));
    plan_record_update(plan, recorder);
    record_clearing(plan, recorder);
    TRY(program_create(&recorder, &plan->passes[PASS_TRAIN].update[plan->slot]));
fail:
    return status;
}
