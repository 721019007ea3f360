// Responsible for the commands of a pass: inputs, forward, loss, backward, results. Updates are
// plan_update.c's.
#include "nn/plan_private.h"

#include <stdio.h>

static struct slice tensor_slice(const struct pass *pass, uint32_t tensor)
{
    return tensor == NO_TENSOR ? (struct slice){0} : pass->tensors[tensor].slice;
}

// A tensor of a pass seen as the shape that one reader gives it: views share bytes.
static struct slice node_output(const struct pass *pass, int32_t node)
{
    const uint32_t tensor = node == GRAPH_INPUT ? pass->input : pass->nodes[node].out;
    return tensor_slice(pass, tensor);
}

bool pass_runs(const struct pass *pass, uint32_t node)
{
    const enum op_kind kind = pass->graph.nodes[node].op->kind;
    return kind != OP_VIEW && !(kind == OP_TRAINING_ONLY && pass->kind != PASS_TRAIN);
}

static void label_node(const struct plan *plan, const struct node *node, struct recorder *recorder,
                       const char *direction)
{
    char label[256];
    snprintf(label, sizeof label, "%s %s %s", plan->model->layers[node->layer].name, node->op->name,
             direction);
    record_label(recorder, label);
}

static struct op_call node_call(const struct plan *plan, const struct pass *pass, uint32_t index)
{
    const struct node *node = &pass->graph.nodes[index];
    const struct node_tensors *tensors = &pass->nodes[index];
    struct op_call call = {
        .io = &node->io,
        .in = {node_output(pass, node->input)},
        .out = tensor_slice(pass, tensors->out),
        .saved = tensor_slice(pass, tensors->saved),
        .step = plan_slot(plan)->step,
        .stream = node->layer,
    };
    for (uint32_t i = 0; i < node->io.weight_count; i++)
        call.weight[i] = plan->parameters[tensors->parameter[i]].value;
    if (node->io.weight_count)
        call.prepared = plan->parameters[tensors->parameter[0]].prepared;
    return call;
}

// Whether the prepared form of its weights must be made anew in every run: they are trained.
static bool node_prepares(const struct plan *plan, const struct pass *pass, uint32_t index)
{
    return pass->graph.nodes[index].io.prepared_size &&
           plan->parameters[pass->nodes[index].parameter[0]].trainable;
}

// Of a parameter that stays as it is.
static bool is_prepared_once(const struct parameter *parameter)
{
    return parameter->prepared_size && !parameter->trainable;
}

static bool needs_preparing(const struct plan *plan)
{
    for (uint32_t i = 0; i < plan->parameter_count; i++)
        if (is_prepared_once(&plan->parameters[i]))
            return true;
    return false;
}

vktl_status plan_prepare(struct plan *plan)
{
    vktl_status status = VKTL_OK;
    struct recorder *recorder = NULL;
    struct program *program = NULL;
    if (!needs_preparing(plan))
        return VKTL_OK;
    TRY(recorder_create(plan->device, &recorder));
    for (uint32_t i = 0; i < plan->parameter_count; i++) {
        const struct parameter *parameter = &plan->parameters[i];
        if (!is_prepared_once(parameter))
            continue;
        parameter->node->op->prepare(recorder, &(struct op_call){
                                                   .io = &parameter->node->io,
                                                   .weight = {parameter->value},
                                                   .prepared = parameter->prepared,
                                               });
    }
    TRY(program_create(&recorder, &program));
    TRY(program_run(program));
fail:
    recorder_destroy(&recorder);
    program_destroy(&program);
    return status;
}

static void record_forward(const struct plan *plan, struct pass *pass, struct recorder *recorder)
{
    for (uint32_t i = 0; i < pass->graph.count; i++) {
        if (!pass_runs(pass, i))
            continue;
        struct op_call call = node_call(plan, pass, i);
        call.scratch = tensor_slice(pass, pass->nodes[i].forward_scratch);
        label_node(plan, &pass->graph.nodes[i], recorder, "forward");
        if (node_prepares(plan, pass, i))
            pass->graph.nodes[i].op->prepare(recorder, &call);
        pass->graph.nodes[i].op->forward(recorder, &call);
    }
}

// ---- The start ---------------------------------------------------------------------------------

static void record_start(const struct plan *plan, const struct pass *pass,
                         struct recorder *recorder)
{
    record_label(recorder, "input");
    if (!pass_takes_images(plan, pass)) {
        record_copy(recorder, tensor_slice(pass, pass->input), plan_slot(plan)->cut);
        return;
    }
    const struct op_call call = {
        .io = &pass->augment,
        .in = {tensor_slice(pass, pass->bytes), tensor_slice(pass, pass->images)},
        .out = tensor_slice(pass, pass->input),
        .scratch = tensor_slice(pass, pass->start_scratch),
        .step = plan_slot(plan)->step,
    };
    record_copy(recorder, call.in[0], plan_slot(plan)->bytes);
    record_copy(recorder, call.in[1], plan_slot(plan)->images);
    op_find("augment")->forward(recorder, &call);
}

// ---- The end -----------------------------------------------------------------------------------

static struct op_call end_call(const struct plan *plan, const struct pass *pass,
                               const struct op_io *io, uint32_t out)
{
    return (struct op_call){
        .io = io,
        .in = {node_output(pass, (int32_t)pass->graph.count - 1), tensor_slice(pass, pass->labels)},
        .out = tensor_slice(pass, out),
        .weight = {io->weight_count ? plan->class_weights : (struct slice){0}},
        .scratch = tensor_slice(pass, pass->end_scratch),
        .step = plan_slot(plan)->step,
    };
}

static void record_probabilities(const struct plan *plan, const struct pass *pass,
                                 struct recorder *recorder)
{
    const struct op_call softmax = end_call(plan, pass, &pass->softmax, pass->probabilities);
    op_find("softmax")->forward(recorder, &softmax);
    record_copy(recorder, plan_slot(plan)->probabilities, softmax.out);
    record_copy(recorder, plan_slot(plan)->logits, softmax.in[0]);
}

static void record_loss(const struct plan *plan, struct pass *pass, struct recorder *recorder)
{
    struct op_call loss = end_call(plan, pass, &pass->loss, pass->losses);
    const struct op_call metric = end_call(plan, pass, &pass->metric, pass->hits);
    record_label(recorder, "loss");
    op_find("softmax_cross_entropy")->forward(recorder, &loss);
    op_find("accuracy")->forward(recorder, &metric);
    if (pass->nodes[pass->graph.count - 1].gradient != NO_TENSOR) {
        loss.din[0] = tensor_slice(pass, pass->nodes[pass->graph.count - 1].gradient);
        op_find("softmax_cross_entropy")->backward(recorder, &loss);
    }
    record_copy(recorder, plan_slot(plan)->losses, loss.out);
    record_copy(recorder, plan_slot(plan)->hits, metric.out);
}

// ---- Backward ----------------------------------------------------------------------------------

// Where the gradient of a node's w-th weight is written.
static struct slice gradient_of_weight(const struct plan *plan, const struct pass *pass,
                                       uint32_t node, uint32_t w)
{
    const struct node_tensors *tensors = &pass->nodes[node];
    if (pass->kind != PASS_TRAIN)
        return (struct slice){0};
    if (tensors->weight_gradient[w] != NO_TENSOR)
        return tensor_slice(pass, tensors->weight_gradient[w]);
    return plan->parameters[tensors->parameter[w]].gradient;
}

static void record_sums(const struct plan *plan, const struct pass *pass, uint32_t node,
                        struct recorder *recorder)
{
    const struct node_tensors *tensors = &pass->nodes[node];
    for (uint32_t w = 0; w < pass->graph.nodes[node].io.weight_count; w++)
        if (tensors->weight_gradient[w] != NO_TENSOR)
            plan_record_sum(&plan->parameters[tensors->parameter[w]],
                            tensor_slice(pass, tensors->weight_gradient[w]), recorder);
}

static void record_backward(const struct plan *plan, struct pass *pass, struct recorder *recorder)
{
    for (uint32_t i = pass->graph.count; i-- > pass->first_backward;) {
        const struct node *node = &pass->graph.nodes[i];
        const struct node_tensors *tensors = &pass->nodes[i];
        if (!pass_runs(pass, i))
            continue;
        struct op_call call = node_call(plan, pass, i);
        call.scratch = tensor_slice(pass, tensors->backward_scratch);
        call.dout = tensor_slice(pass, tensors->gradient);
        if (node->input != GRAPH_INPUT)
            call.din[0] = tensor_slice(pass, pass->nodes[node->input].gradient);
        for (uint32_t w = 0; w < node->io.weight_count; w++)
            call.dweight[w] = gradient_of_weight(plan, pass, i, w);
        label_node(plan, node, recorder, "backward");
        node->op->backward(recorder, &call);
        record_sums(plan, pass, i, recorder);
    }
}

// The part of PASS_CAM that runs after the caller has seen the probabilities.
static vktl_status record_from_seed(const struct plan *plan, struct pass *pass)
{
    struct recorder *recorder = NULL;
    const vktl_status status = recorder_create(plan->device, &recorder);
    if (status != VKTL_OK)
        return status;
    record_label(recorder, "seed");
    record_copy(recorder, tensor_slice(pass, pass->nodes[pass->graph.count - 1].gradient),
                plan_slot(plan)->seed);
    record_backward(plan, pass, recorder);
    return program_create(&recorder, &pass->backward[plan->slot]);
}

vktl_status pass_record(struct plan *plan, struct pass *pass)
{
    struct recorder *recorder = NULL;
    vktl_status status = recorder_create(plan->device, &recorder);
    if (status != VKTL_OK)
        return status;
    record_start(plan, pass, recorder);
    if (pass_has_loss(pass))
        record_copy(recorder, tensor_slice(pass, pass->labels), plan_slot(plan)->labels);
    record_forward(plan, pass, recorder);
    if (pass_has_loss(pass))
        record_loss(plan, pass, recorder);
    if (pass_has_probabilities(pass))
        record_probabilities(plan, pass, recorder);
    if (pass->kind == PASS_TRAIN) {
        record_backward(plan, pass, recorder);
        if (!plan_accumulates(plan))
            plan_record_update(plan, recorder);
    }
    if (pass->kind == PASS_FEATURES)
        record_copy(recorder, plan_slot(plan)->features,
                    node_output(pass, (int32_t)pass->graph.count - 1));
    TRY(program_create(&recorder, &pass->program[plan->slot]));
    if (pass->kind == PASS_CAM)
        TRY(record_from_seed(plan, pass));
fail:
    return status;
}
