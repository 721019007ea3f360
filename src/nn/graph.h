// A part of a model lowered to operators for one batch: what a pass of a plan runs.
//
// A layer becomes one node, or two where its activation is an operator of its own; frozen batch
// normalisation disappears into the convolution before it.
#ifndef NN_GRAPH_H
#define NN_GRAPH_H

#include "gpu/tuning.h"
#include "nn/model.h"

enum { GRAPH_INPUT = -1 };

struct node {
    const struct op *op;
    _Alignas(8) unsigned char params[OP_MAX_PARAMS_SIZE];
    uint32_t layer; // of the model: the one whose output this is
    uint32_t owner; // of the model: the one whose weights these are
    int32_t input;  // the node it reads, or GRAPH_INPUT
    struct op_io io;
    const float *weight[OP_MAX_WEIGHTS]; // host values: the model's arrays, or folded ones
    bool trainable;                      // has weights that training changes
    bool prepares_anew;                  // this very training: see is_trained of op_key
};

struct graph {
    struct node *nodes; // every node after its input
    uint32_t count;
    struct shape input;
    float **folded; // weights that the graph made and owns
    uint32_t folded_count;
};

struct graph_params {
    uint32_t first_layer, end_layer; // layers [first, end)
    uint32_t batch;
    const struct vktl_device_info *device; // that it will run on, see struct op_io
    const struct tuning *tuning;           // algorithms by op_key; NULL: none was measured
    bool mixed;                            // likewise
    bool training;                         // training-only operators stay
    bool is_trained;   // trainable weights will change: nothing made of them is folded
    bool keep_layers;  // every layer keeps a node of its own: nothing is folded or fused
    bool logits;       // leave out the softmax that ends the last layer
    uint32_t boundary; // no layer from this one on joins one before it: so that the output of the
                       // layer before the boundary can be seen; 0: none is looked for
};

// Lowers. The model must have shapes and all weights, and outlive the graph. VKTL_USAGE when
// `logits` is asked of a model that does not end in softmax.
vktl_status graph_init(const struct vktl_log *log, const struct vktl_model *model,
                       const struct graph_params *params, struct graph *graph);
void graph_deinit(struct graph *graph);

// The graph's output: of its last node, or its input where it has none.
const struct shape *graph_output(const struct graph *graph);

// The node whose output is that of `layer`, which lies within the graph: where it left no node of
// its own, the one that stands for it. GRAPH_INPUT: it is the graph's input.
int32_t graph_node_of(const struct graph *graph, uint32_t layer);

// The first node with trainable weights, or `count`.
uint32_t graph_first_trainable(const struct graph *graph);

// ---- graph_fold.c

// Folds batch normalisation `norm` into `node`, whose kernel's last axes are its output channels:
// w' = w * s and b' = (b - mean) * s + beta, with s = gamma / sqrt(variance + epsilon).
vktl_status graph_fold(const struct vktl_log *log, struct graph *graph, struct node *node,
                       const struct layer *norm);

// Whether `op` computes a linear function with an optional bias and no activation as `params` say,
// so that normalisation and ReLU can join it.
bool graph_is_linear(const struct op *op, const void *params);

#endif
