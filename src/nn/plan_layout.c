// Responsible for which tensors a pass has and when each of them lives. Time runs over all passes
// of a plan: forward of a pass's nodes, the loss, then backward in reverse.
#include "nn/plan_private.h"
#include "nn/start.h"

#include <stdlib.h>
#include <string.h>

// When things happen in a pass of `count` nodes that starts at `start`, of which the last `back`
// run backward.
struct clockwork {
    uint32_t start, count, back;
};

static uint32_t forward_time(struct clockwork clock, uint32_t node)
{
    return clock.start + 1 + node;
}

static uint32_t loss_time(struct clockwork clock)
{
    return clock.start + 1 + clock.count;
}

static uint32_t backward_time(struct clockwork clock, uint32_t node)
{
    return loss_time(clock) + clock.count - node;
}

static uint32_t end_time(struct clockwork clock)
{
    return loss_time(clock) + clock.back + 1;
}

// ---- Tensors -----------------------------------------------------------------------------------

static vktl_status reserve_tensors(struct plan *plan, struct pass *pass)
{
    const uint32_t per_node = 5 + (plan_accumulates(plan) ? OP_MAX_WEIGHTS : 0), of_ends = 12;
    pass->tensor_capacity = pass->graph.count * per_node + of_ends;
    pass->tensors = calloc(pass->tensor_capacity, sizeof *pass->tensors);
    pass->nodes = calloc(pass->graph.count ? pass->graph.count : 1, sizeof *pass->nodes);
    if (!pass->tensors || !pass->nodes)
        return log_fail(plan->log, VKTL_NO_MEMORY, "out of host memory");
    return VKTL_OK;
}

static uint32_t add_tensor(struct pass *pass, uint64_t size, uint32_t first, uint32_t last)
{
    if (size == 0)
        return NO_TENSOR;
    vktl_assert(pass->tensor_count < pass->tensor_capacity);
    pass->tensors[pass->tensor_count] = (struct tensor){.size = size, .first = first, .last = last};
    return pass->tensor_count++;
}

static void live_at(struct pass *pass, uint32_t tensor, uint32_t time)
{
    struct tensor *found = &pass->tensors[tensor];
    if (time < found->first)
        found->first = time;
    if (time > found->last)
        found->last = time;
}

static uint32_t input_tensor(const struct pass *pass, uint32_t node)
{
    const int32_t input = pass->graph.nodes[node].input;
    return input == GRAPH_INPUT ? pass->input : pass->nodes[input].out;
}

static uint32_t output_tensor(const struct pass *pass)
{
    return pass->graph.count ? pass->nodes[pass->graph.count - 1].out : pass->input;
}

// ---- Forward -----------------------------------------------------------------------------------

static bool is_view(const struct pass *pass, uint32_t node)
{
    const enum op_kind kind = pass->graph.nodes[node].op->kind;
    return kind == OP_VIEW || (kind == OP_TRAINING_ONLY && pass->kind != PASS_TRAIN);
}

// Where backward ends.
static vktl_status set_first_nodes(const struct plan *plan, struct pass *pass)
{
    pass->first_gradient = pass->first_backward = pass->graph.count;
    if (pass->kind == PASS_TRAIN)
        pass->first_gradient = pass->first_backward = graph_first_trainable(&pass->graph);
    if (pass->kind != PASS_CAM)
        return VKTL_OK;
    const int32_t node = graph_node_of(&pass->graph, plan->params.cam_layer);
    if (node == GRAPH_INPUT)
        return log_fail(plan->log, VKTL_USAGE, "%s: '%.80s' only hands the image on",
                        plan->model->name, plan->model->layers[plan->params.cam_layer].name);
    pass->first_gradient = (uint32_t)node;
    pass->first_backward = (uint32_t)node + 1;
    return VKTL_OK;
}

// Whether the gradient of the node's output is wanted.
static bool is_differentiated(const struct pass *pass, uint32_t node)
{
    return node >= pass->first_gradient;
}

// Whether the node's output itself is wanted at the end of the pass.
static bool is_result(const struct pass *pass, uint32_t node)
{
    return pass->kind == PASS_CAM && node == pass->first_gradient;
}

// Whether backward still reads what this node would overwrite.
static bool input_is_needed_later(const struct pass *pass, uint32_t node)
{
    const struct node *self = &pass->graph.nodes[node];
    if (is_differentiated(pass, node) && self->io.backward_reads_in)
        return true;
    for (int32_t before = self->input; before != GRAPH_INPUT;
         before = pass->graph.nodes[before].input) {
        if (is_differentiated(pass, (uint32_t)before) &&
            pass->graph.nodes[before].io.backward_reads_out)
            return true;
        if (is_result(pass, (uint32_t)before))
            return true;
        if (!is_view(pass, (uint32_t)before))
            break;
    }
    return false;
}

static bool may_run_in_place(const struct pass *pass, uint32_t node)
{
    return pass->kind != PASS_LAYERS && pass->graph.nodes[node].op->may_overwrite_in &&
           !input_is_needed_later(pass, node);
}

static void lay_out_forward(struct pass *pass, struct clockwork clock)
{
    const uint32_t end = end_time(clock);
    pass->input = add_tensor(pass, shape_size(&pass->graph.input), clock.start, clock.start);
    for (uint32_t i = 0; i < pass->graph.count; i++) {
        const struct op_io *io = &pass->graph.nodes[i].io;
        struct node_tensors *tensors = &pass->nodes[i];
        const uint32_t now = forward_time(clock, i);
        const uint32_t input = input_tensor(pass, i);
        *tensors = (struct node_tensors){.gradient = NO_TENSOR, .backward_scratch = NO_TENSOR};
        for (uint32_t w = 0; w < OP_MAX_WEIGHTS; w++)
            tensors->weight_gradient[w] = NO_TENSOR;
        live_at(pass, input, now);
        if (is_view(pass, i) || may_run_in_place(pass, i))
            tensors->out = input;
        else
            tensors->out = add_tensor(pass, shape_size(&io->out), now, now);
        if (pass->kind == PASS_LAYERS || is_result(pass, i))
            live_at(pass, tensors->out, end);
        tensors->forward_scratch = add_tensor(pass, io->forward_scratch_size, now, now);
        tensors->saved = add_tensor(pass, is_view(pass, i) ? 0 : io->saved_size, now, now);
    }
}

// ---- Backward ----------------------------------------------------------------------------------

static bool needs_input_gradient(const struct pass *pass, uint32_t node)
{
    const int32_t input = pass->graph.nodes[node].input;
    return input != GRAPH_INPUT && is_differentiated(pass, (uint32_t)input);
}

static void keep_for_backward(struct pass *pass, uint32_t node, uint32_t now)
{
    const struct op_io *io = &pass->graph.nodes[node].io;
    struct node_tensors *tensors = &pass->nodes[node];
    if (is_view(pass, node))
        return;
    if (io->backward_reads_in)
        live_at(pass, input_tensor(pass, node), now);
    if (io->backward_reads_out)
        live_at(pass, tensors->out, now);
    if (tensors->saved != NO_TENSOR)
        live_at(pass, tensors->saved, now);
    tensors->backward_scratch = add_tensor(pass, io->backward_scratch_size, now, now);
}

// Where gradients are summed over several runs, that of one run lives no longer than it takes to
// add it.
static void lay_out_weight_gradients(const struct plan *plan, struct pass *pass, uint32_t node,
                                     uint32_t now)
{
    const struct node *self = &pass->graph.nodes[node];
    if (!plan_accumulates(plan) || !pass_trains(plan, pass, self))
        return;
    for (uint32_t w = 0; w < self->io.weight_count; w++)
        if (self->io.weight[w].trainable)
            pass->nodes[node].weight_gradient[w] =
                add_tensor(pass, shape_size(&self->io.weight[w].shape), now, now);
}

// The gradient of a node's output is made by the node after it (or the loss) and used up by the
// node itself; it is handed on where a node is a view or works in place.
static void lay_out_backward(const struct plan *plan, struct pass *pass, struct clockwork clock)
{
    const uint32_t count = pass->graph.count;
    if (pass->first_gradient == count)
        return;
    pass->nodes[count - 1].gradient = add_tensor(pass, shape_size(graph_output(&pass->graph)),
                                                 loss_time(clock), loss_time(clock));
    for (uint32_t i = count; i-- > pass->first_backward;) {
        const uint32_t now = backward_time(clock, i);
        const uint32_t gradient = pass->nodes[i].gradient;
        keep_for_backward(pass, i, now);
        lay_out_weight_gradients(plan, pass, i, now);
        live_at(pass, gradient, now);
        if (!needs_input_gradient(pass, i))
            continue;
        const struct node *node = &pass->graph.nodes[i];
        uint32_t *input_gradient = &pass->nodes[node->input].gradient;
        vktl_assert(*input_gradient == NO_TENSOR); // one reader a tensor: gradients do not meet
        if (is_view(pass, i) || node->op->may_overwrite_in)
            *input_gradient = gradient;
        else
            *input_gradient = add_tensor(pass, shape_size(&node->io.in[0]), now, now);
    }
    if (pass->kind == PASS_CAM)
        live_at(pass, pass->nodes[pass->first_gradient].gradient, end_time(clock));
}

// ---- The start ---------------------------------------------------------------------------------

// Images come as bytes, and the pass's input is made of them.
static vktl_status lay_out_start(struct plan *plan, struct pass *pass, struct clockwork clock)
{
    const uint32_t now = clock.start;
    const struct start_params start = {
        .batch = plan->params.batch,
        .height = pass->graph.input.dim[1],
        .width = pass->graph.input.dim[2],
        .preprocess = vktl_model_preprocess(plan->model),
        .fill = plan->params.images.fill,
        .constant = plan->params.images.constant,
        .has_shifts = plan->params.images.has_shifts,
    };
    const vktl_status status = start_infer(plan->log, &start, &pass->augment);
    pass->bytes = add_tensor(pass, shape_size(&pass->augment.in[0]), now, now);
    pass->images = add_tensor(pass, shape_size(&pass->augment.in[1]), now, now);
    pass->start_scratch = add_tensor(pass, pass->augment.forward_scratch_size, now, now);
    return status;
}

// ---- The end -----------------------------------------------------------------------------------

static vktl_status infer_end(struct plan *plan, const char *name, const void *params,
                             const struct shape *logits, struct op_io *io)
{
    const unsigned char none[OP_MAX_PARAMS_SIZE] = {0};
    const struct op *op = op_find(name);
    vktl_assert(op);
    *io = (struct op_io){.in = {*logits, shape_1d(logits->dim[0])}, .in_count = 2};
    return op->infer(plan->log, params ? params : none, io);
}

// Smoothing is a part of the loss; weights of classes are a matter of training.
static vktl_status infer_loss(struct plan *plan, struct pass *pass, const struct shape *logits)
{
    vktl_status status = VKTL_OK;
    const struct op *op = op_find("softmax_cross_entropy");
    const double smoothing = plan->params.label_smoothing;
    const double weighted = pass->kind == PASS_TRAIN && plan->class_weights_host;
    _Alignas(8) unsigned char params[OP_MAX_PARAMS_SIZE] = {0};
    fields_init(op->fields, params);
    TRY(field_set_numbers(plan->log, field_find(op->fields, "label_smoothing"), params, &smoothing,
                          1));
    TRY(field_set_numbers(plan->log, field_find(op->fields, "weighted"), params, &weighted, 1));
    TRY(infer_end(plan, op->name, params, logits, &pass->loss));
fail:
    return status;
}

// The operators of the end run one after another and use their scratch within themselves.
static uint64_t end_scratch_size(const struct pass *pass)
{
    const struct op_io *ends[] = {&pass->loss, &pass->metric, &pass->softmax};
    uint64_t size = 0;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size = ends[i]->forward_scratch_size > size ? ends[i]->forward_scratch_size : size;
        size = ends[i]->backward_scratch_size > size ? ends[i]->backward_scratch_size : size;
    }
    return size;
}

static vktl_status lay_out_end(struct plan *plan, struct pass *pass, struct clockwork clock)
{
    vktl_status status = VKTL_OK;
    const struct shape *logits = graph_output(&pass->graph);
    const uint32_t now = loss_time(clock), end = end_time(clock);
    const uint64_t row_size = plan->params.batch * sizeof(float);
    live_at(pass, output_tensor(pass), pass->kind == PASS_FEATURES ? end : now);
    if (!pass_has_loss(pass) && !pass_has_probabilities(pass))
        return VKTL_OK;
    if (logits->rank != 2)
        FAIL(plan->log, VKTL_INPUT, "%s: the classes must come out of a flat layer, not a map",
             plan->model->name);
    if (pass_has_loss(pass)) {
        TRY(infer_loss(plan, pass, logits));
        TRY(infer_end(plan, "accuracy", NULL, logits, &pass->metric));
        pass->labels = add_tensor(pass, row_size, clock.start, now);
        pass->losses = add_tensor(pass, row_size, now, end);
        pass->hits = add_tensor(pass, row_size, now, end);
    }
    if (pass_has_probabilities(pass)) {
        TRY(infer_end(plan, "softmax", NULL, logits, &pass->softmax));
        pass->probabilities = add_tensor(pass, shape_size(logits), now, end);
    }
    pass->end_scratch = add_tensor(pass, end_scratch_size(pass), now, now);
fail:
    return status;
}

vktl_status pass_layout(struct plan *plan, struct pass *pass)
{
    struct clockwork clock = {plan->time, pass->graph.count, 0};
    vktl_status status;
    TRY(reserve_tensors(plan, pass));
    TRY(set_first_nodes(plan, pass));
    clock.back = clock.count - pass->first_backward;
    if (pass_takes_images(plan, pass))
        TRY(lay_out_start(plan, pass, clock));
    lay_out_forward(pass, clock);
    TRY(lay_out_end(plan, pass, clock));
    lay_out_backward(plan, pass, clock);
    pass->start_time = clock.start;
    pass->loss_time = loss_time(clock);
    pass->end_time = end_time(clock);
    plan->time = end_time(clock) + 1;
fail:
    return status;
}
