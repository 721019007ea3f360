// What the files of the plan share.
#ifndef NN_PLAN_PRIVATE_H
#define NN_PLAN_PRIVATE_H

#include "nn/graph.h"
#include "nn/plan.h"
#include "abi/augment.h"

// A weight on the device. Passes that use the same host array share one.
struct parameter {
    const float *host;
    uint64_t size; // bytes
    uint32_t layer, weight;
    bool trainable;               // the optimizer changes it
    bool written;                 // forward of PASS_TRAIN changes it: moving statistics
    uint32_t bundle;              // of plan.bundles, where it is trainable
    uint64_t bundle_offset;       // bytes
    struct op_io sum;             // of gradients of several runs; where the plan accumulates
    const struct node *node;      // one that reads it
    uint64_t prepared_size;       // of the form of it that its nodes read, see struct op
    struct slice value, prepared; // of a trainable one, value is a part of its bundle's
    struct slice gradient; // that the update takes: of a run, or summed over several; likewise
};

// Trained tensors that are updated by one dispatch, and so lie side by side, padded to alignment.
// Their state is one tensor after another, each as large as the bundle.
struct bundle {
    float rate_factor;      // of the learning rate, theirs alike
    uint64_t size;          // bytes
    struct op_io optimizer; // inferred for them all
    struct slice value, gradient, state;
    struct slice squares; // parts of the sum of the gradients' squares, in plan.squares
};

// A tensor of a pass while it is laid out: when it lives and where it goes.
struct tensor {
    uint64_t size;
    uint32_t first, last;
    struct slice slice;
    uint64_t address; // as packed, counted over all chunks
};

// The tensors of one node; indices into pass.tensors, or NO_TENSOR.
struct node_tensors {
    uint32_t out, gradient; // of the output; shared with other nodes by views and in-place work
    uint32_t saved, forward_scratch, backward_scratch;
    uint32_t parameter[OP_MAX_WEIGHTS];
    uint32_t weight_gradient[OP_MAX_WEIGHTS]; // of one run, where the plan accumulates
};
#define NO_TENSOR UINT32_MAX

struct pass {
    bool wanted;
    enum plan_pass kind;
    struct graph graph;
    struct node_tensors *nodes;
    struct tensor *tensors;
    uint32_t tensor_count, tensor_capacity;
    uint32_t input, labels, losses, hits, probabilities, end_scratch; // tensors
    uint32_t bytes, images, start_scratch;                            // of a pass that takes images
    struct op_io augment;                                             // of its start
    struct op_io loss, metric, softmax;                               // of the end
    uint32_t start_time, loss_time, end_time; // on the plan's timeline; see pass_layout
    uint32_t first_gradient;                  // the first node whose output's gradient is wanted
    uint32_t first_backward; // the first node that runs backward: the same, but where that gradient
                             // itself is the result
    // One a slot of the plan.
    struct program *program[PLAN_MAX_SLOTS];
    struct program *backward[PLAN_MAX_SLOTS]; // of PASS_CAM, whose end lies between the two
    struct program *update[PLAN_MAX_SLOTS];   // of PASS_TRAIN, where the plan accumulates
};

// What the host writes before a pass and reads after it.
struct plan_slot {
    struct slice bytes, images; // inputs of passes from layer 0
    struct slice cut;           // of those from the cut
    struct slice labels, step, losses, hits, probabilities, logits, features;
    struct slice squares; // the sum of those of all gradients, where they are looked at
    struct slice seed;    // of PASS_CAM
};

enum plan_role {
    ROLE_WEIGHTS,
    ROLE_GRADIENTS,
    ROLE_OPTIMIZER,
    ROLE_ACTIVATIONS,
    ROLE_HOST,
    ROLE_COUNT
};

struct plan {
    const struct vktl_log *log;
    struct vktl_device *device;
    const struct vktl_model *model;
    struct plan_params params;
    unsigned char optimizer_params[OP_MAX_PARAMS_SIZE];
    struct pass passes[PASS_COUNT];
    struct parameter *parameters;
    uint32_t parameter_count;
    struct bundle *bundles;
    uint32_t bundle_count;
    uint32_t time;                  // steps of the timeline that lifetimes are counted in
    uint64_t role_size[ROLE_COUNT]; // bytes as packed
    uint64_t live_size;             // of activations, the most that live at once
    struct pool *pools[ROLE_COUNT];
    struct plan_slot slots[PLAN_MAX_SLOTS];
    uint32_t slot_count;
    uint32_t slot;             // that is written, or recorded, now
    uint32_t results;          // that the last run wrote
    uint32_t running;          // that was submitted last
    float *class_weights_host; // NULL: none
    struct slice class_weights;
    struct slice squares, squares_scratch, squares_total; // of all gradients, to clip them
};

static inline const struct plan_slot *plan_slot(const struct plan *plan)
{
    return &plan->slots[plan->slot];
}

// ---- plan_layout.c: tensors and lifetimes of a pass

vktl_status pass_layout(struct plan *plan, struct pass *pass);

// Whether the layer that owns a node's weights is trained by this pass.
static inline bool pass_trains(const struct plan *plan, const struct pass *pass,
                               const struct node *node)
{
    return pass->kind == PASS_TRAIN && plan->model->layers[node->owner].trainable;
}

// Whether a pass ends in labels, losses and hits; in probabilities.
static inline bool pass_has_loss(const struct pass *pass)
{
    return pass->kind == PASS_EVALUATE || pass->kind == PASS_TRAIN;
}

static inline bool pass_has_probabilities(const struct pass *pass)
{
    return pass->kind == PASS_EVALUATE || pass->kind == PASS_CAM;
}

// ---- plan_record.c: commands of a pass on the slot plan.slot, of PASS_CAM both programs

vktl_status pass_record(struct plan *plan, struct pass *pass);

// Whether the node dispatches anything in this pass.
bool pass_runs(const struct pass *pass, uint32_t node);

// Makes the prepared forms of the weights that stay as they are; these are uploaded already.
vktl_status plan_prepare(struct plan *plan);

// Whether it starts at layer 0, with images as bytes.
bool pass_takes_images(const struct plan *plan, const struct pass *pass);

// ---- plan_update.c: what becomes of gradients

// Puts the trainable parameters into bundles and infers their optimizers.
vktl_status plan_bundle(struct plan *plan);
void plan_place_bundles(struct plan *plan);        // gives the parameters their parts of the slices
vktl_status plan_clear_bundles(struct plan *plan); // gradients and state become 0
uint64_t plan_squares_size(const struct plan *plan); // bytes of plan.squares
void plan_place_squares(struct plan *plan);          // gives every bundle its part of them
void plan_record_update(const struct plan *plan, struct recorder *recorder);

// Adds the gradient that a run has made to the parameter's sum.
void plan_record_sum(const struct parameter *parameter, struct slice gradient,
                     struct recorder *recorder);

// Where the plan accumulates: sets the sums to 0 and records what plan_run_update runs, on the slot
// plan.slot.
vktl_status plan_build_update(struct plan *plan);

// ---- plan_memory.c: requests, figures, pools

vktl_status plan_measure(struct plan *plan);  // fills role_size; refuses what does not fit
vktl_status plan_allocate(struct plan *plan); // makes the pools and places every slice
const char *plan_role_name(enum plan_role role);

#endif
