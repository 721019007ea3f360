// Responsible for what becomes of gradients: the optimizer of each trained tensor, its share of the
// learning rate, and the norm of all gradients where they are clipped by it.
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
                                                      .step = plan->step_host,
                                                  });
    }
}
