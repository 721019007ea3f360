// Responsible for the life of a plan: making its passes, sharing weights between them, running
// them, and carrying weights to and from the model. Layout, memory and commands have files of their
// own.
#include "nn/model_parts.h"
#include "nn/plan_private.h"
#include "abi/strict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// ---- Making ------------------------------------------------------------------------------------

static struct graph_params lowering_of(const struct plan *plan, enum plan_pass kind)
{
    const uint32_t layers = plan->model->layer_count;
    const bool whole = kind == PASS_LAYERS || kind == PASS_FEATURES || kind == PASS_CAM;
    return (struct graph_params){
        .first_layer = whole ? 0 : plan->params.cut,
        .end_layer = kind == PASS_FEATURES ? plan->params.cut : layers,
        .batch = plan->params.batch,
        .device = vktl_device_info(plan->device),
        .tuning = gpu_tuning(plan->device),
        .mixed = plan->params.mixed,
        .training = kind == PASS_TRAIN,
        .is_trained = plan->params.passes[PASS_TRAIN],
        .keep_layers = kind == PASS_LAYERS,
        .logits = kind == PASS_EVALUATE || kind == PASS_TRAIN || kind == PASS_CAM,
        .boundary = kind == PASS_CAM ? plan->params.cam_layer + 1 : 0,
    };
}

static uint32_t find_parameter(const struct plan *plan, const float *host)
{
    uint32_t i = 0;
    while (i < plan->parameter_count && plan->parameters[i].host != host)
        i++;
    return i;
}

// Takes down what training with this pass does to the w-th weight of a node.
static vktl_status note_change(const struct plan *plan, const struct pass *pass,
                               const struct node *node, uint32_t w, struct parameter *parameter)
{
    const struct op_weight *weight = &node->io.weight[w];
    if (!pass_trains(plan, pass, node))
        return VKTL_OK;
    if (weight->written && plan_accumulates(plan))
        return log_fail(plan->log, VKTL_USAGE,
                        "%s: '%.80s' learns the statistics of whole batches, so they cannot be "
                        "trained on in parts; take a smaller --batch, and no --micro-batch",
                        plan->model->name, plan->model->layers[node->owner].name);
    parameter->trainable = weight->trainable;
    parameter->written = weight->written;
    parameter->sum = (struct op_io){.in = {weight->shape, weight->shape}, .in_count = 2};
    return weight->trainable ? op_find("add")->infer(plan->log, NULL, &parameter->sum) : VKTL_OK;
}

// Registers the weights of a pass; those that another pass has already are shared.
static vktl_status take_parameters(struct plan *plan, struct pass *pass)
{
    vktl_status status = VKTL_OK;
    const size_t room = plan->parameter_count + (size_t)pass->graph.count * OP_MAX_WEIGHTS + 1;
    struct parameter *grown = realloc(plan->parameters, room * sizeof *grown);
    TRY_ALLOC(plan->log, grown);
    plan->parameters = grown;
    for (uint32_t i = 0; i < pass->graph.count; i++) {
        const struct node *node = &pass->graph.nodes[i];
        for (uint32_t w = 0; w < node->io.weight_count; w++) {
            const uint32_t index = find_parameter(plan, node->weight[w]);
            pass->nodes[i].parameter[w] = index;
            if (index == plan->parameter_count)
                plan->parameters[plan->parameter_count++] =
                    (struct parameter){.host = node->weight[w],
                                       .size = shape_size(&node->io.weight[w].shape),
                                       .layer = node->owner,
                                       .weight = w};
            struct parameter *parameter = &plan->parameters[index];
            if (!parameter->node || (w == 0 && node->io.prepared_size))
                parameter->node = node;
            if (w == 0 && node->io.prepared_size)
                parameter->prepared_size = node->io.prepared_size;
            TRY(note_change(plan, pass, node, w, parameter));
        }
    }
fail:
    return status;
}

static vktl_status plan_pass_make(struct plan *plan, enum plan_pass kind)
{
    vktl_status status = VKTL_OK;
    struct pass *pass = &plan->passes[kind];
    const struct graph_params lowering = lowering_of(plan, kind);
    pass->wanted = true;
    pass->kind = kind;
    TRY(graph_init(plan->log, plan->model, &lowering, &pass->graph));
    TRY(pass_layout(plan, pass));
    TRY(take_parameters(plan, pass));
fail:
    return status;
}

static vktl_status copy_class_weights(struct plan *plan)
{
    const uint64_t size = (uint64_t)model_output_count(plan->model) * sizeof(float);
    if (!plan->params.class_weights)
        return VKTL_OK;
    plan->class_weights_host = malloc(size);
    if (!plan->class_weights_host)
        return log_fail(plan->log, VKTL_NO_MEMORY, "out of host memory");
    memcpy(plan->class_weights_host, plan->params.class_weights, size);
    return VKTL_OK;
}

vktl_status plan_create(const struct vktl_log *log, struct vktl_device *device,
                        const struct vktl_model *model, const struct plan_params *params,
                        struct plan **out)
{
    vktl_status status = VKTL_OK;
    struct plan *plan = calloc(1, sizeof *plan);
    TRY_ALLOC(log, plan);
    vktl_assert(params->batch > 0 && params->cut <= model->layer_count);
    plan->log = log;
    plan->device = device;
    plan->model = model;
    plan->params = *params;
    plan->slot_count = params->slots ? params->slots : 1;
    vktl_assert(plan->slot_count <= PLAN_MAX_SLOTS);
    if (params->optimizer)
        memcpy(plan->optimizer_params, params->optimizer_params, params->optimizer->params_size);
    TRY(copy_class_weights(plan));
    for (int kind = 0; kind < PASS_COUNT; kind++)
        if (params->passes[kind])
            TRY(plan_pass_make(plan, (enum plan_pass)kind));
    TRY(plan_bundle(plan));
    TRY(plan_measure(plan));
    *out = plan;
    return VKTL_OK;
fail:
    plan_destroy(&plan);
    return status;
}

bool pass_takes_images(const struct plan *plan, const struct pass *pass)
{
    return pass->kind == PASS_FEATURES || pass->kind == PASS_LAYERS || pass->kind == PASS_CAM ||
           plan->params.cut == 0;
}

// Records every pass on the slot plan.slot.
static vktl_status build_slot(struct plan *plan)
{
    vktl_status status = VKTL_OK;
    const struct plan_slot *slot = plan_slot(plan);
    TRY(plan_build_update(plan));
    for (int kind = 0; kind < PASS_COUNT; kind++)
        if (plan->passes[kind].wanted)
            TRY(pass_record(plan, &plan->passes[kind]));
    memset(slice_host(slot->labels), 0, slot->labels.size);
    if (slice_exists(slot->images))
        memset(slice_host(slot->images), 0, slot->images.size);
    memset(plan_step(plan), 0, sizeof(struct step));
fail:
    return status;
}

// Strict kernels take numbers as strict kernels store them (shaders/lib/strict.glsl), and files
// hold others.
static vktl_status upload_settled(struct plan *plan, const struct parameter *parameter,
                                  const float *host)
{
    vktl_status status = VKTL_OK;
    float *values = malloc(parameter->size);
    TRY_ALLOC(plan->log, values);
    for (size_t i = 0; i < parameter->size / sizeof *values; i++)
        values[i] = fabsf(host[i]) < STRICT_LEAST ? 0 : host[i];
    status = gpu_upload(plan->device, parameter->value, values, parameter->size);
fail:
    free(values);
    return status;
}

static vktl_status upload(struct plan *plan, const struct parameter *parameter, const float *host)
{
    if (vktl_device_info(plan->device)->strict)
        return upload_settled(plan, parameter, host);
    return gpu_upload(plan->device, parameter->value, host, parameter->size);
}

vktl_status plan_build(struct plan *plan)
{
    vktl_status status = VKTL_OK;
    TRY(plan_allocate(plan));
    TRY(plan_clear_bundles(plan));
    for (uint32_t i = 0; i < plan->parameter_count; i++)
        TRY(upload(plan, &plan->parameters[i], plan->parameters[i].host));
    if (plan->class_weights_host)
        TRY(gpu_upload(plan->device, plan->class_weights, plan->class_weights_host,
                       plan->class_weights.size));
    TRY(plan_prepare(plan));
    for (plan->slot = plan->slot_count; plan->slot-- > 0;)
        TRY(build_slot(plan));
    plan->slot = 0;
fail:
    return status;
}

void plan_destroy(struct plan **out)
{
    struct plan *plan = *out;
    if (!plan)
        return;
    for (int kind = 0; kind < PASS_COUNT; kind++) {
        struct pass *pass = &plan->passes[kind];
        for (int slot = 0; slot < PLAN_MAX_SLOTS; slot++) {
            program_destroy(&pass->program[slot]);
            program_destroy(&pass->backward[slot]);
            program_destroy(&pass->update[slot]);
        }
        graph_deinit(&pass->graph);
        free(pass->nodes);
        free(pass->tensors);
    }
    for (int role = 0; role < ROLE_COUNT; role++)
        pool_destroy(&plan->pools[role]);
    free(plan->parameters);
    free(plan->bundles);
    free(plan->class_weights_host);
    free(plan);
    *out = NULL;
}

// ---- Figures -----------------------------------------------------------------------------------

bool plan_has_pass(const struct plan *plan, enum plan_pass pass)
{
    return plan->passes[pass].wanted;
}

uint64_t plan_size(const struct plan *plan)
{
    uint64_t size = 0;
    for (int role = 0; role < ROLE_COUNT; role++)
        size += plan->role_size[role];
    return size;
}

static uint64_t pass_flops(const struct pass *pass)
{
    uint64_t flops = 0;
    for (uint32_t i = 0; i < pass->graph.count; i++)
        flops += pass->graph.nodes[i].io.flops;
    return flops;
}

static void describe_pass(const struct plan *plan, const struct pass *pass, struct text *text)
{
    static const char *const names[] = {"features", "evaluate", "train", "layers", "cam"};
    char shape[2][SHAPE_TEXT_SIZE];
    text_format(text, "%s: %u operators, %s -> %s, %.2f GFLOP forward", names[pass->kind],
                pass->graph.count, shape_text(&pass->graph.input, shape[0]),
                shape_text(graph_output(&pass->graph), shape[1]), (double)pass_flops(pass) * 1e-9);
    if (pass->kind == PASS_TRAIN) {
        const uint32_t first = graph_first_trainable(&pass->graph);
        if (first < pass->graph.count)
            text_format(text, ", differentiated from %s on",
                        plan->model->layers[pass->graph.nodes[first].layer].name);
    }
    if (pass->program[0])
        text_format(text, ", %u submits of %.2f GFLOP in all",
                    program_submit_count(pass->program[0]),
                    (double)program_flops(pass->program[0]) * 1e-9);
    text_append(text, "\n");
}

void plan_describe(const struct plan *plan, struct text *text)
{
    for (int kind = 0; kind < PASS_COUNT; kind++)
        if (plan->passes[kind].wanted)
            describe_pass(plan, &plan->passes[kind], text);
    text_format(text, "memory for batches of %u", plan->params.batch);
    if (plan_accumulates(plan) && plan->passes[PASS_TRAIN].wanted)
        text_format(text, ", parts of those of %u that are trained on", plan->params.step_rows);
    text_append(text, ":");
    for (int role = 0; role < ROLE_COUNT; role++)
        text_format(text, " %s %.1f MiB,", plan_role_name((enum plan_role)role),
                    (double)plan->role_size[role] / 1048576);
    text_format(text, " in all %.1f MiB\n", (double)plan_size(plan) / 1048576);
}

// ---- A step ------------------------------------------------------------------------------------

bool plan_takes_images(const struct plan *plan, enum plan_pass pass)
{
    return pass_takes_images(plan, &plan->passes[pass]);
}

unsigned char *plan_pixels(struct plan *plan, uint32_t row)
{
    vktl_assert(row < plan->params.batch);
    const uint64_t stride = plan_slot(plan)->bytes.size / plan->params.batch;
    return (unsigned char *)slice_host(plan_slot(plan)->bytes) + row * stride;
}

struct augment_image *plan_image(struct plan *plan, uint32_t row)
{
    vktl_assert(row < plan->params.batch);
    return (struct augment_image *)slice_host(plan_slot(plan)->images) + row;
}

float *plan_input(struct plan *plan, enum plan_pass pass)
{
    vktl_assert(!plan_takes_images(plan, pass));
    return slice_host(plan_slot(plan)->cut);
}

uint64_t plan_input_count(const struct plan *plan, enum plan_pass pass)
{
    return shape_count(&plan->passes[pass].graph.input) / plan->params.batch;
}

uint32_t *plan_labels(struct plan *plan)
{
    return slice_host(plan_slot(plan)->labels);
}

struct step *plan_step(struct plan *plan)
{
    return slice_host(plan_slot(plan)->step);
}

float plan_bias_correction(const struct plan *plan, uint64_t number)
{
    const struct op *op = plan->params.optimizer;
    return op->bias_correction ? (float)op->bias_correction(plan->optimizer_params, number) : 1;
}

vktl_status plan_run(struct plan *plan, enum plan_pass pass)
{
    vktl_assert(plan->passes[pass].wanted);
    plan->results = plan->slot;
    return program_run(plan->passes[pass].program[plan->slot]);
}

vktl_status plan_submit(struct plan *plan, enum plan_pass pass)
{
    vktl_assert(plan->passes[pass].wanted && plan->slot_count == 2);
    plan->running = plan->slot;
    plan->slot = 1 - plan->slot;
    return program_submit(plan->passes[pass].program[plan->running]);
}

vktl_status plan_wait(struct plan *plan, enum plan_pass pass)
{
    plan->results = plan->running;
    return program_wait(plan->passes[pass].program[plan->running]);
}

bool plan_accumulates(const struct plan *plan)
{
    return plan->params.step_rows > plan->params.batch;
}

vktl_status plan_run_update(struct plan *plan)
{
    vktl_assert(plan_accumulates(plan));
    return program_run(plan->passes[PASS_TRAIN].update[plan->results]);
}

static const struct plan_slot *results(const struct plan *plan)
{
    return &plan->slots[plan->results];
}

bool plan_gradients_are_finite(const struct plan *plan)
{
    return isfinite(*(const float *)slice_host(results(plan)->squares));
}

const float *plan_losses(const struct plan *plan)
{
    return slice_host(results(plan)->losses);
}

const float *plan_hits(const struct plan *plan)
{
    return slice_host(results(plan)->hits);
}

const float *plan_probabilities(const struct plan *plan)
{
    return slice_host(results(plan)->probabilities);
}

const float *plan_logits(const struct plan *plan)
{
    return slice_host(results(plan)->logits);
}

const float *plan_features(const struct plan *plan)
{
    return slice_host(results(plan)->features);
}

uint64_t plan_feature_count(const struct plan *plan)
{
    return shape_count(graph_output(&plan->passes[PASS_FEATURES].graph)) / plan->params.batch;
}

vktl_status plan_read_layer(struct plan *plan, uint32_t layer, float *values)
{
    const struct pass *pass = &plan->passes[PASS_LAYERS];
    const uint64_t size = shape_size(&plan->model->layers[layer].io.out);
    struct slice found = {0};
    for (uint32_t i = 0; i < pass->graph.count; i++)
        if (pass->graph.nodes[i].layer == layer) // the last one: after the activation
            found = pass->tensors[pass->nodes[i].out].slice;
    vktl_assert(slice_exists(found));
    return gpu_download(plan->device, values, slice_part(found, 0, size), size);
}

// ---- What a score changes with
// -------------------------------------------------------------------

float *plan_seed(struct plan *plan)
{
    return slice_host(results(plan)->seed);
}

vktl_status plan_run_backward(struct plan *plan)
{
    vktl_assert(plan->passes[PASS_CAM].wanted);
    return program_run(plan->passes[PASS_CAM].backward[plan->results]);
}

vktl_status plan_read_cam(struct plan *plan, float *output, float *gradient)
{
    vktl_status status;
    const struct pass *pass = &plan->passes[PASS_CAM];
    const struct node *node = &pass->graph.nodes[pass->first_gradient];
    const struct node_tensors *tensors = &pass->nodes[pass->first_gradient];
    const uint64_t size = shape_size(&node->io.out);
    TRY(gpu_download(plan->device, output, pass->tensors[tensors->out].slice, size));
    TRY(gpu_download(plan->device, gradient, pass->tensors[tensors->gradient].slice, size));
fail:
    return status;
}

// ---- Profiles ----------------------------------------------------------------------------------

vktl_status plan_profile(struct plan *plan, enum plan_pass pass, bool on)
{
    return program_profile(plan->passes[pass].program[0], on);
}

uint32_t plan_profile_rows(const struct plan *plan, enum plan_pass pass,
                           const struct profile_row **rows)
{
    return program_profile_rows(plan->passes[pass].program[0], rows);
}

double plan_busy_seconds(const struct plan *plan)
{
    double seconds = 0;
    for (int kind = 0; kind < PASS_COUNT; kind++)
        for (uint32_t slot = 0; slot < plan->slot_count; slot++) {
            const struct pass *pass = &plan->passes[kind];
            struct program *const programs[] = {pass->program[slot], pass->backward[slot],
                                                pass->update[slot]};
            for (int i = 0; i < 3; i++)
                seconds += programs[i] ? program_busy_seconds(programs[i]) : 0;
        }
    return seconds;
}

// ---- Weights -----------------------------------------------------------------------------------

static bool is_changed(const struct parameter *parameter)
{
    return parameter->trainable || parameter->written;
}

static float *model_weight(const struct vktl_model *model, const struct parameter *parameter)
{
    return model->layers[parameter->layer].weight[parameter->weight];
}

vktl_status plan_read_weights(struct plan *plan, struct vktl_model *model)
{
    vktl_status status = VKTL_OK;
    for (uint32_t i = 0; i < plan->parameter_count; i++)
        if (is_changed(&plan->parameters[i]))
            TRY(gpu_download(plan->device, model_weight(model, &plan->parameters[i]),
                             plan->parameters[i].value, plan->parameters[i].size));
fail:
    return status;
}

vktl_status plan_write_weights(struct plan *plan)
{
    vktl_status status = VKTL_OK;
    for (uint32_t i = 0; i < plan->parameter_count; i++)
        if (is_changed(&plan->parameters[i]))
            TRY(upload(plan, &plan->parameters[i],
                       model_weight(plan->model, &plan->parameters[i])));
fail:
    return status;
}

// The index-th parameter that training changes. A handful of tensors: a walk is quick enough.
static const struct parameter *trained_parameter(const struct plan *plan, uint32_t index)
{
    for (uint32_t i = 0; i < plan->parameter_count; i++)
        if (is_changed(&plan->parameters[i]) && index-- == 0)
            return &plan->parameters[i];
    return NULL;
}

uint32_t plan_trained_count(const struct plan *plan)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < plan->parameter_count; i++)
        count += is_changed(&plan->parameters[i]);
    return count;
}

// Tensors of the optimizer's state that belong to the parameter: as many as the bundle has.
static uint32_t state_count(const struct plan *plan, const struct parameter *parameter)
{
    if (!parameter->trainable)
        return 0;
    const struct bundle *bundle = &plan->bundles[parameter->bundle];
    return (uint32_t)(bundle->state.size / bundle->size);
}

static struct slice state_of(const struct plan *plan, const struct parameter *parameter,
                             uint32_t index)
{
    const struct bundle *bundle = &plan->bundles[parameter->bundle];
    return slice_part(bundle->state, index * bundle->size + parameter->bundle_offset,
                      parameter->size);
}

struct plan_trained plan_trained(const struct plan *plan, uint32_t index)
{
    const struct parameter *parameter = trained_parameter(plan, index);
    vktl_assert(parameter);
    return (struct plan_trained){parameter->layer, parameter->weight,
                                 state_count(plan, parameter) * parameter->size};
}

const char *const *plan_state_names(const struct plan *plan)
{
    return plan->params.optimizer ? plan->params.optimizer->state_names : NULL;
}

vktl_status plan_read_state(struct plan *plan, uint32_t index, void *state)
{
    vktl_status status = VKTL_OK;
    const struct parameter *parameter = trained_parameter(plan, index);
    vktl_assert(parameter);
    for (uint32_t i = 0; i < state_count(plan, parameter); i++)
        TRY(gpu_download(plan->device, (char *)state + i * parameter->size,
                         state_of(plan, parameter, i), parameter->size));
fail:
    return status;
}

vktl_status plan_write_state(struct plan *plan, uint32_t index, const void *state)
{
    vktl_status status = VKTL_OK;
    const struct parameter *parameter = trained_parameter(plan, index);
    vktl_assert(parameter);
    for (uint32_t i = 0; i < state_count(plan, parameter); i++)
        TRY(gpu_upload(plan->device, state_of(plan, parameter, i),
                       (const char *)state + i * parameter->size, parameter->size));
fail:
    return status;
}
