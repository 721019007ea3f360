// Responsible for lowering layers to operator nodes. Where their data lies and how they run is the
// plan's.
#include "nn/graph.h"

#include <stdlib.h>
#include <string.h>

// The work in progress: which node stands for each layer's output.
struct lowering {
    const struct vktl_log *log;
    const struct vktl_model *model;
    const struct graph_params *params;
    struct graph *graph;
    int32_t *node_of; // a layer's output: node, or GRAPH_INPUT
};

static bool is_softmax(const struct op *op)
{
    return op && strcmp(op->name, "softmax") == 0;
}

static struct shape input_shape(const struct lowering *lowering)
{
    struct shape shape = lowering->params->first_layer == 0
                             ? model_input_shape(lowering->model, lowering->params->batch)
                             : lowering->model->layers[lowering->params->first_layer - 1].io.out;
    shape.dim[0] = lowering->params->batch;
    return shape;
}

static int32_t node_before(const struct lowering *lowering, const struct layer *layer)
{
    const int32_t first = (int32_t)lowering->params->first_layer;
    return layer->input < first ? GRAPH_INPUT : lowering->node_of[layer->input - first];
}

// Which statistics batch normalisation takes is the pass's to say, not the architecture's.
static vktl_status choose_statistics(const struct lowering *lowering, struct node *node)
{
    const struct field *field = field_find(node->op->fields, "batch_statistics");
    const double of_batch =
        lowering->params->training && model_learns_statistics(lowering->model, node->layer);
    return field ? field_set_numbers(lowering->log, field, node->params, &of_batch, 1) : VKTL_OK;
}

// Lets the node compute as was measured to be fastest.
static vktl_status infer(const struct lowering *lowering, struct node *node)
{
    node->prepares_anew =
        lowering->params->is_trained && lowering->model->layers[node->owner].trainable;
    for (int direction = 0; direction < OP_DIRECTIONS; direction++) {
        char key[OP_KEY_SIZE];
        if (!node->op->algorithms[direction] || !lowering->params->tuning)
            continue;
        op_key(node->op, node->params, &node->io, direction, node->prepares_anew, key);
        node->io.wanted[direction] =
            op_algorithm_named(node->op, direction, tuning_find(lowering->params->tuning, key));
    }
    return node->op->infer(lowering->log, node->params, &node->io);
}

static vktl_status add_node(struct lowering *lowering, uint32_t layer_index, const struct op *op,
                            const void *params, int32_t input)
{
    struct graph *graph = lowering->graph;
    struct node *node = &graph->nodes[graph->count];
    *node = (struct node){.op = op, .layer = layer_index, .owner = layer_index, .input = input};
    if (params)
        memcpy(node->params, params, OP_MAX_PARAMS_SIZE);
    const vktl_status status = choose_statistics(lowering, node);
    if (status != VKTL_OK)
        return status;
    node->io.in[0] = input == GRAPH_INPUT ? graph->input : graph->nodes[input].io.out;
    node->io.in_count = 1;
    node->io.device = lowering->params->device;
    node->io.mixed = lowering->params->mixed;
    graph->count++;
    return infer(lowering, node);
}

static void take_weights(const struct layer *layer, struct node *node)
{
    for (uint32_t i = 0; i < node->io.weight_count; i++) {
        vktl_assert(layer->weight[i]);
        node->weight[i] = layer->weight[i];
        node->trainable = node->trainable || (layer->trainable && node->io.weight[i].trainable);
    }
}

// Whether the layer can disappear into the node it reads, which nothing else reads.
static struct node *node_to_join(const struct lowering *lowering, const struct layer *layer)
{
    const int32_t before = node_before(lowering, layer);
    if (lowering->params->keep_layers || before == GRAPH_INPUT)
        return NULL;
    struct node *node = &lowering->graph->nodes[before];
    const uint32_t boundary = lowering->params->boundary;
    if ((uint32_t)(layer - lowering->model->layers) >= boundary && node->layer < boundary)
        return NULL;
    return graph_is_linear(node->op, node->params) ? node : NULL;
}

static bool stays_frozen(const struct lowering *lowering, const struct layer *layer)
{
    return !lowering->params->is_trained || !layer->trainable;
}

// Joins `layer` to the node before it where the mathematics allows it.
static vktl_status try_joining(struct lowering *lowering, uint32_t index, bool *joined)
{
    vktl_status status = VKTL_OK;
    const struct layer *layer = &lowering->model->layers[index];
    struct node *node = node_to_join(lowering, layer);
    *joined = false;
    if (!node)
        return VKTL_OK;
    const struct layer *before = &lowering->model->layers[node->layer];
    if (strcmp(layer->op->name, "batchnorm") == 0 && stays_frozen(lowering, layer) &&
        stays_frozen(lowering, before)) {
        TRY(graph_fold(lowering->log, lowering->graph, node, layer));
        *joined = true;
    } else if (strcmp(layer->op->name, "relu") == 0 || strcmp(layer->op->name, "relu6") == 0) {
        TRY(field_set_word(lowering->log, field_find(node->op->fields, "activation"), node->params,
                           layer->op->name));
        TRY(infer(lowering, node));
        *joined = true;
    }
    if (*joined)
        node->layer = index;
fail:
    return status;
}

// A border of zeros right before a node that can take one itself is left to it.
static vktl_status take_border(const struct lowering *lowering, uint32_t index, int32_t *input,
                               void *params)
{
    struct graph *graph = lowering->graph;
    const struct layer *layer = &lowering->model->layers[index];
    const struct field *field = field_find(layer->op->fields, "zero_padding");
    const uint32_t boundary = lowering->params->boundary;
    if (!field || *input == GRAPH_INPUT || lowering->params->keep_layers)
        return VKTL_OK;
    const struct node *border = &graph->nodes[*input];
    vktl_assert(*input == (int32_t)graph->count - 1); // sequential: nothing else reads it
    if (strcmp(border->op->name, "zeropad2d") != 0 ||
        (index >= boundary && border->layer < boundary))
        return VKTL_OK;
    double sides[4];
    const uint32_t *cells = (const uint32_t *)(const void *)border->params;
    for (uint32_t i = 0; i < 4; i++)
        sides[i] = cells[i];
    *input = border->input;
    graph->count--;
    return field_set_numbers(lowering->log, field, params, sides, 4);
}

static vktl_status lower_layer(struct lowering *lowering, uint32_t index)
{
    vktl_status status = VKTL_OK;
    const struct graph_params *params = lowering->params;
    const struct layer *layer = &lowering->model->layers[index];
    int32_t *out = &lowering->node_of[index - params->first_layer];
    const bool is_last = index + 1 == params->end_layer;
    bool joined = false;
    *out = node_before(lowering, layer);
    if (layer->op->kind == OP_TRAINING_ONLY && !params->training && !params->keep_layers)
        return VKTL_OK;
    if (is_last && params->logits && is_softmax(layer->op))
        return VKTL_OK;
    TRY(try_joining(lowering, index, &joined));
    if (!joined) {
        _Alignas(8) unsigned char layer_params[OP_MAX_PARAMS_SIZE];
        memcpy(layer_params, layer->params, sizeof layer_params);
        TRY(take_border(lowering, index, out, layer_params));
        TRY(add_node(lowering, index, layer->op, layer_params, *out));
        take_weights(layer, &lowering->graph->nodes[lowering->graph->count - 1]);
        *out = (int32_t)lowering->graph->count - 1;
    }
    if (layer->activation && !(is_last && params->logits && is_softmax(layer->activation))) {
        TRY(add_node(lowering, index, layer->activation, NULL, *out));
        *out = (int32_t)lowering->graph->count - 1;
    }
fail:
    return status;
}

// The one node that reads `index`; NULL where it is the graph's output.
static struct node *reader_of(struct graph *graph, uint32_t index)
{
    struct node *reader = NULL;
    for (uint32_t i = index + 1; i < graph->count; i++) {
        if (graph->nodes[i].input != (int32_t)index)
            continue;
        if (reader)
            return NULL;
        reader = &graph->nodes[i];
    }
    return reader;
}

// Lets readers undo the activations before them where they can, so that what they read need not
// be kept for it.
static vktl_status hand_over_activations(struct lowering *lowering)
{
    vktl_status status = VKTL_OK;
    struct graph *graph = lowering->graph;
    for (uint32_t i = 0; i < graph->count; i++) {
        struct node *node = &graph->nodes[i], *reader = reader_of(graph, i);
        if (!node->io.activation || !reader || !reader->op->takes_in_activation)
            continue;
        reader->io.in_activation = node->io.activation;
        node->io.activation_taken = true;
        TRY(infer(lowering, node));
        TRY(infer(lowering, reader));
    }
fail:
    return status;
}

static vktl_status check_softmax_end(const struct vktl_log *log, const struct vktl_model *model)
{
    const struct layer *last = &model->layers[model->layer_count - 1];
    if (is_softmax(last->op) || is_softmax(last->activation))
        return VKTL_OK;
    return log_fail(log, VKTL_USAGE,
                    "%s does not end in a softmax (its last layer is %s), so it gives no class "
                    "probabilities; give it a new top with --head, or end it with \"activation\": "
                    "\"softmax\"",
                    model->name, last->name);
}

vktl_status graph_init(const struct vktl_log *log, const struct vktl_model *model,
                       const struct graph_params *params, struct graph *graph)
{
    vktl_status status = VKTL_OK;
    const uint32_t layers = params->end_layer - params->first_layer;
    struct lowering lowering = {.log = log, .model = model, .params = params, .graph = graph};
    vktl_assert(params->first_layer <= params->end_layer &&
                params->end_layer <= model->layer_count && model->layer_count > 0);
    *graph = (struct graph){0};
    if (params->logits)
        TRY(check_softmax_end(log, model));
    graph->input = input_shape(&lowering);
    graph->nodes = calloc(2 * (size_t)layers + 1, sizeof *graph->nodes);
    lowering.node_of = calloc((size_t)layers + 1, sizeof *lowering.node_of);
    TRY_ALLOC(log, graph->nodes);
    TRY_ALLOC(log, lowering.node_of);
    for (uint32_t i = params->first_layer; i < params->end_layer; i++)
        TRY(lower_layer(&lowering, i));
    if (params->training)
        TRY(hand_over_activations(&lowering));
    free(lowering.node_of);
    return VKTL_OK;
fail:
    free(lowering.node_of);
    graph_deinit(graph);
    return status;
}

void graph_deinit(struct graph *graph)
{
    for (uint32_t i = 0; i < graph->folded_count; i++)
        free(graph->folded[i]);
    free(graph->folded);
    free(graph->nodes);
    *graph = (struct graph){0};
}

const struct shape *graph_output(const struct graph *graph)
{
    return graph->count ? &graph->nodes[graph->count - 1].io.out : &graph->input;
}

int32_t graph_node_of(const struct graph *graph, uint32_t layer)
{
    int32_t node = (int32_t)graph->count - 1;
    while (node >= 0 && graph->nodes[node].layer > layer)
        node--;
    return node; // GRAPH_INPUT where none is left
}

uint32_t graph_first_trainable(const struct graph *graph)
{
    for (uint32_t i = 0; i < graph->count; i++)
        if (graph->nodes[i].trainable)
            return i;
    return graph->count;
}
