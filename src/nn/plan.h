// A model planned for one device and batch: everything that can fail or allocate happens when a
// plan is made; a step writes its inputs, submits recorded commands and waits.
//
// A plan has up to five passes over the model. They share the weights, and since only one runs at a
// time, the memory of their activations.
//
//     PASS_FEATURES  layers [0, cut): the frozen base, whose output is worth keeping
//     PASS_EVALUATE  layers [cut, end) without dropout: loss, hits, probabilities
//     PASS_TRAIN     layers [cut, end): loss, hits, gradients, update
//     PASS_LAYERS    all layers, each output kept
//     PASS_CAM       all layers without dropout: probabilities; then, as a step of its own, what a
//                    score changes with at the output of one layer. No weight is differentiated
//
// Used from one thread, the device's.
#ifndef NN_PLAN_H
#define NN_PLAN_H

#include "abi/augment.h"
#include "abi/step.h"
#include "base/hash.h"
#include "base/text.h"
#include "nn/model.h"

enum plan_pass { PASS_FEATURES, PASS_EVALUATE, PASS_TRAIN, PASS_LAYERS, PASS_CAM, PASS_COUNT };
enum { PLAN_MAX_SLOTS = 2 };

struct plan_params {
    uint32_t batch;     // rows of a run
    uint32_t step_rows; // of a step of PASS_TRAIN. More than a run's: every run adds its gradients
                        // to those of earlier ones, of whose sum plan_run_update makes a step
    bool passes[PASS_COUNT]; // those wanted
    uint32_t cut;            // layers that PASS_FEATURES takes, 0 without
    uint32_t cam_layer;      // of PASS_CAM: the layer looked at
    bool mixed;              // products of halves, where the device has matrices for them
    uint32_t slots;          // of inputs and results: 2 where plan_submit is used; 0 counts as 1
    // For PASS_TRAIN. Pointers are borrowed until plan_create returns.
    const struct op *optimizer;
    const void *optimizer_params; // but for clip_norm and learning_rate_factor, which are set here
    double clip_norm;             // largest norm of all gradients together; 0: not clipped
    const float *rate_factors;    // of each layer's learning rate; NULL: 1
    const float *class_weights;   // what a sample of each class counts; NULL: 1
    double label_smoothing;       // of the loss, in PASS_EVALUATE too
    // How images may be distorted on their way in; zeroed where none is.
    struct plan_images {
        uint32_t fill; // of abi/augment.h
        float constant;
        bool has_shifts; // plan_image's AUGMENT_SHIFT may be set
    } images;
};

struct plan;

// Plans the model: lowers its passes, lays out memory, and refuses with VKTL_NO_MEMORY and the
// figures where it does not fit. Nothing is allocated on the device yet. The model must outlive the
// plan, have shapes and all weights. VKTL_USAGE: a step cannot take several runs, since
// statistics of batches are learnt.
vktl_status plan_create(const struct vktl_log *log, struct vktl_device *device,
                        const struct vktl_model *model, const struct plan_params *params,
                        struct plan **plan);

// Allocates, uploads the model's weights and records every pass.
vktl_status plan_build(struct plan *plan);

// Halves params->batch until plan_create finds no lack of memory, and says so as a warning.
// VKTL_NO_MEMORY: not even one row fits, or PASS_TRAIN learns statistics of whole batches.
vktl_status plan_fit(const struct vktl_log *log, struct vktl_device *device,
                     const struct vktl_model *model, struct plan_params *params);

// plan_fit, plan_create and plan_build, which halve params->batch as well where memory runs out
// while the plan is built. `tell`, which may be NULL, is called with every plan before it is built.
struct plan_listener {
    vktl_status (*tell)(void *user, const struct plan *plan);
    void *user;
};
vktl_status plan_open(const struct vktl_log *log, struct vktl_device *device,
                      const struct vktl_model *model, struct plan_params *params,
                      const struct plan_listener *listener, struct plan **plan);
void plan_destroy(struct plan **plan);

// What a plan computes in several ways or one: every node that runs, in the order of passes.
struct plan_work {
    const char *layer;
    const struct op *op;
    const void *params;
    const struct op_io *io;
    bool is_trained;                // as op_key wants to know it
    bool direction[OP_DIRECTIONS]; // those that run
};
void plan_each_work(const struct plan *plan,
                    void (*visit)(void *user, const struct plan_work *work), void *user);

bool plan_has_pass(const struct plan *plan, enum plan_pass pass);

// Bytes of device memory, and of mapped host memory, that the plan takes.
uint64_t plan_size(const struct plan *plan);

// Appends lines that tell the plan: layers, memory by role, work; after plan_build also the
// submits.
void plan_describe(const struct plan *plan, struct text *text);

// ---- A step: write these, run a pass, read those. Mapped memory, valid as long as the plan. -----

// A pass from layer 0 takes images: for each row of the batch (H, W, 3) bytes of RGB, and what is
// done to them on the way in, which is zeroed (nothing) at first and stays as it is written.
bool plan_takes_images(const struct plan *plan, enum plan_pass pass);
unsigned char *plan_pixels(struct plan *plan, uint32_t row);
struct augment_image *plan_image(struct plan *plan, uint32_t row);

float *plan_input(struct plan *plan, enum plan_pass pass); // (batch, ...) as from the cut; others
uint64_t plan_input_count(const struct plan *plan, enum plan_pass pass); // numbers of one sample
uint32_t *plan_labels(struct plan *plan);                                // (batch)
struct step *plan_step(struct plan *plan); // rows and rows_inverse too; rows past them are ignored

// step.bias_correction for update `number` of PASS_TRAIN since the optimizer's state was 0, from 1.
float plan_bias_correction(const struct plan *plan, uint64_t number);

// Runs what was written; that stays as it is, and may be run again.
vktl_status plan_run(struct plan *plan, enum plan_pass pass);

// The same in two halves. From plan_submit on the functions above give another slot, so that the
// next run is written while the device works on this one: all of it, for what is in there is two
// runs old. After plan_wait the functions below give what was submitted, until the next plan_submit
// or plan_run. In between another pass may be run by plan_run. Nothing is allocated by either but
// where submits are cut anew.
vktl_status plan_submit(struct plan *plan, enum plan_pass pass);
vktl_status plan_wait(struct plan *plan, enum plan_pass pass);

// Whether a step of PASS_TRAIN takes several runs. They differ in rows and first_row of plan_step
// alone; after the last, plan_run_update updates the weights.
bool plan_accumulates(const struct plan *plan);
vktl_status plan_run_update(struct plan *plan);

// Where params.mixed: whether all gradients of the last update were finite; if not, it left weights
// and state as they were. They are those of the loss times a scale, by which rows_inverse of
// plan_step is multiplied, and loss_scale_inverse divided.
bool plan_gradients_are_finite(const struct plan *plan);

const float *plan_losses(const struct plan *plan);        // (batch), EVALUATE and TRAIN
const float *plan_hits(const struct plan *plan);          // (batch), 1 or 0, EVALUATE and TRAIN
const float *plan_probabilities(const struct plan *plan); // (batch, classes), EVALUATE and CAM
const float *plan_logits(const struct plan *plan);        // (batch, classes), EVALUATE and CAM
const float *plan_features(const struct plan *plan);      // (batch, ...), FEATURES
uint64_t plan_feature_count(const struct plan *plan);     // numbers of one sample

// A fingerprint of all that the bits of FEATURES depend on beside pixels and plan_image: the
// operators and their shapes, kernels and weights up to the cut, the device and its driver. A row's
// features do not depend on its place in the batch, nor on the other rows.
struct hash plan_recipe(const struct plan *plan);

// After PASS_LAYERS: downloads one layer's output for the first sample, in the shape that the
// model's layer states for a batch of 1.
vktl_status plan_read_layer(struct plan *plan, uint32_t layer, float *values);

// After PASS_CAM: goes back from the gradient of the logits, which the caller writes into plan_seed
// (batch, classes), to the output of the layer looked at. Once a run. Then plan_read_cam downloads
// that output and its gradient, each in the layer's shape for the batch.
float *plan_seed(struct plan *plan);
vktl_status plan_run_backward(struct plan *plan);
vktl_status plan_read_cam(struct plan *plan, float *output, float *gradient);

// ---- Profiles ----------------------------------------------------------------------------------

// With profiling on, every command of a pass is timed (which slows the pass a little), and after
// plan_run the rows tell of it: their labels are "LAYER OPERATOR DIRECTION", "input", "loss" or
// "update". The rows live until the next run.
vktl_status plan_profile(struct plan *plan, enum plan_pass pass, bool on);
uint32_t plan_profile_rows(const struct plan *plan, enum plan_pass pass,
                           const struct profile_row **rows);

// Seconds that the device was at work on this plan so far, see program_busy_seconds.
double plan_busy_seconds(const struct plan *plan);

// ---- Weights -----------------------------------------------------------------------------------

// Copies the weights that training changes from the device into the model that was planned, or the
// model's to the device.
vktl_status plan_read_weights(struct plan *plan, struct vktl_model *model);
vktl_status plan_write_weights(struct plan *plan);

// Tensors that training changes, in the order of the layers: for checkpoints. `state_size` is the
// optimizer's for this tensor, in bytes: as many tensors of its size as the optimizer names
// (op.state_names); 0 where it keeps none, and for moving statistics.
struct plan_trained {
    uint32_t layer, weight; // of the model
    uint64_t state_size;
};
uint32_t plan_trained_count(const struct plan *plan);
struct plan_trained plan_trained(const struct plan *plan, uint32_t index);
// What the optimizer calls the tensors of its state, NULL at the end; NULL without an optimizer.
const char *const *plan_state_names(const struct plan *plan);
vktl_status plan_read_state(struct plan *plan, uint32_t index, void *state);
vktl_status plan_write_state(struct plan *plan, uint32_t index, const void *state);

#endif
