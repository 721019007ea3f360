// Responsible for the arithmetic of folding frozen batch normalisation into the layer before it.
#include "nn/graph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static float float_field(const struct op *op, const void *params, const char *name)
{
    const struct field *field = field_find(op->fields, name);
    float value;
    vktl_assert(field && field->type == FIELD_F32);
    memcpy(&value, (const char *)params + field->offset, sizeof value);
    return value;
}

static const float *find_weight(const struct layer *layer, const char *name)
{
    for (uint32_t i = 0; i < layer->io.weight_count; i++)
        if (strcmp(layer->io.weight[i].name, name) == 0)
            return layer->weight[i];
    return NULL; // without scale or center there is no gamma or beta
}

bool graph_is_linear(const struct op *op, const void *params)
{
    const struct field *activation = field_find(op->fields, "activation");
    uint32_t choice;
    if (!activation || !field_find(op->fields, "use_bias"))
        return false;
    memcpy(&choice, (const char *)params + activation->offset, sizeof choice);
    return choice == 0;
}

static float *new_folded(struct graph *graph, uint64_t count)
{
    float **folded = realloc(graph->folded, (graph->folded_count + 1) * sizeof *folded);
    if (!folded)
        return NULL;
    graph->folded = folded;
    float *values = calloc(count, sizeof *values);
    if (values)
        graph->folded[graph->folded_count++] = values;
    return values;
}

static vktl_status give_bias(const struct vktl_log *log, struct node *node)
{
    const double yes = 1;
    vktl_status status =
        field_set_numbers(log, field_find(node->op->fields, "use_bias"), node->params, &yes, 1);
    return status == VKTL_OK ? node->op->infer(log, node->params, &node->io) : status;
}

vktl_status graph_fold(const struct vktl_log *log, struct graph *graph, struct node *node,
                       const struct layer *norm)
{
    vktl_status status = VKTL_OK;
    const float *kernel = node->weight[0], *bias = node->weight[1];
    const float *gamma = find_weight(norm, "gamma"), *beta = find_weight(norm, "beta");
    const float *mean = find_weight(norm, "moving_mean");
    const float *variance = find_weight(norm, "moving_variance");
    const double epsilon = float_field(norm->op, norm->params, "epsilon");
    TRY(give_bias(log, node));

    const uint64_t count = shape_count(&node->io.weight[0].shape);
    const uint64_t channels = shape_count(&node->io.weight[1].shape);
    float *new_kernel = new_folded(graph, count);
    float *new_bias = new_folded(graph, channels);
    TRY_ALLOC(log, new_kernel);
    TRY_ALLOC(log, new_bias);
    for (uint64_t c = 0; c < channels; c++) {
        const double scale = (gamma ? gamma[c] : 1) / sqrt(variance[c] + epsilon);
        new_bias[c] = (float)(((bias ? bias[c] : 0) - mean[c]) * scale + (beta ? beta[c] : 0));
        for (uint64_t i = c; i < count; i += channels)
            new_kernel[i] = (float)(kernel[i] * scale);
    }
    node->weight[0] = new_kernel;
    node->weight[1] = new_bias;
fail:
    return status;
}
