// Responsible for what a case consists of: params, shapes, sizes, memory on the host.
#include "check/trial.h"

#include <string.h>

static vktl_status set_params(const struct check *check, void *params)
{
    vktl_status status;
    if (check->params) {
        memcpy(params, check->params, OP_MAX_PARAMS_SIZE);
        return VKTL_OK;
    }
    fields_init(check->op->fields, params);
    for (uint32_t i = 0; i < CHECK_MAX_SETTINGS; i++) {
        const struct check_setting *setting = &check->test->settings[i];
        if (!setting->field)
            break;
        const struct field *field = field_find(check->op->fields, setting->field);
        vktl_assert(field);
        if (setting->word)
            TRY(field_set_word(check->log, field, params, setting->word));
        else
            TRY(field_set_numbers(check->log, field, params, setting->number, setting->count));
    }
    return VKTL_OK;
fail:
    return status;
}

static void size_tensors(struct trial *trial)
{
    const struct op_io *io = &trial->io;
    uint64_t *size = trial->size;
    const enum op_kind kind = trial->check->op->kind;
    for (uint32_t i = kind == OP_OPTIMIZER; i < io->in_count; i++) // its first is its weight
        size[TENSOR_IN + i] = shape_size(&io->in[i]);
    size[TENSOR_OUT] = io->out.rank ? shape_size(&io->out) : 0;
    size[TENSOR_SAVED] = io->saved_size;
    size[TENSOR_STEP] = sizeof(struct step);
    size[TENSOR_PREPARED] = io->prepared_size;
    size[TENSOR_FORWARD_SCRATCH] = io->forward_scratch_size;
    for (uint32_t i = 0; i < io->weight_count; i++)
        size[TENSOR_WEIGHT + i] = shape_size(&io->weight[i].shape);
    if (kind == OP_OPTIMIZER)
        size[TENSOR_DWEIGHT] = size[TENSOR_WEIGHT];
    if (!trial->has_backward)
        return;
    size[TENSOR_DOUT] = kind == OP_LOSS ? 0 : size[TENSOR_OUT];
    size[TENSOR_BACKWARD_SCRATCH] = io->backward_scratch_size;
    const bool *left_out = trial->check->left_out;
    for (uint32_t i = 0; i < io->in_count && !left_out[OP_DX]; i++)
        if (kind != OP_LOSS || i == 0) // labels have no gradient
            size[TENSOR_DIN + i] = size[TENSOR_IN + i];
    for (uint32_t i = 0; i < io->weight_count && !left_out[OP_DW]; i++)
        if (io->weight[i].trainable)
            size[TENSOR_DWEIGHT + i] = size[TENSOR_WEIGHT + i];
}

static void sort_tensors(struct trial *trial)
{
    const bool optimizes = trial->check->op->kind == OP_OPTIMIZER;
    for (int i = 0; i < TENSOR_COUNT; i++) {
        const bool is_weight = i >= TENSOR_WEIGHT && i < TENSOR_SAVED;
        const bool is_gradient = i >= TENSOR_DIN && i < TENSOR_COMPARED;
        bool given = i < TENSOR_OUT || is_weight || i == TENSOR_DOUT || i == TENSOR_STEP;
        const bool written = is_weight && trial->io.weight[i - TENSOR_WEIGHT].written;
        bool result = i == TENSOR_OUT || is_gradient || written;
        if (optimizes) {
            given = given || i == TENSOR_SAVED || is_gradient;
            result = is_weight || i == TENSOR_SAVED;
        }
        trial->is_given[i] = given && trial->size[i] > 0;
        trial->is_result[i] = result && trial->size[i] > 0;
    }
}

vktl_status trial_init(const struct check *check, const char *const wanted[OP_DIRECTIONS],
                       struct trial *trial)
{
    _Alignas(8) unsigned char params[OP_MAX_PARAMS_SIZE] = {0};
    vktl_status status;
    *trial = (struct trial){.check = check};
    trial->has_backward =
        check->op->backward && !(check->left_out[OP_DX] && check->left_out[OP_DW]);
    TRY(set_params(check, params));
    for (uint32_t i = 0; i < OP_MAX_INPUTS && check->test->in[i].rank; i++)
        trial->io.in[trial->io.in_count++] = check->test->in[i];
    trial->io.in_activation = check->test->in_activation;
    trial->io.activation_taken = check->test->activation_taken;
    trial->io.device = vktl_device_info(check->device);
    trial->io.mixed = check->mixed;
    memcpy(trial->io.wanted, wanted, sizeof trial->io.wanted);
    TRY(check->op->infer(check->log, params, &trial->io));
    size_tensors(trial);
    sort_tensors(trial);
    for (int i = 0; i < TENSOR_COUNT; i++) {
        if (!trial->size[i])
            continue;
        trial->host[i] = arena_alloc(&trial->arena, trial->size[i]);
        TRY_ALLOC(check->log, trial->host[i]);
    }
    trial_fill_inputs(trial);
    return VKTL_OK;
fail:
    trial_deinit(trial);
    return status;
}

void trial_deinit(struct trial *trial)
{
    arena_deinit(&trial->arena);
}

uint64_t trial_count(const struct trial *trial, int tensor)
{
    return trial->size[tensor] / sizeof(float);
}
