// What an operator is. One operator is one word: shaders/abi/<op>.h, shaders/ops/<op>_*.comp,
// src/ops/<op>.c, src/reference/<op>.c, src/check/cases/<op>.c, one line in ops.def.
//
// Everything that can fail happens in `infer`; forward and backward only record and return void.
#ifndef OPS_OP_H
#define OPS_OP_H

#include <stddef.h>
#include <string.h>

#include "base/log.h"
#include "base/shape.h"
#include "gpu/record.h"

enum { OP_MAX_INPUTS = 2, OP_MAX_WEIGHTS = 4, OP_MAX_PARAMS_SIZE = 128 };

// ---- Fields: what a user can set of an operator. Parsing, checks and help come from the table. --

enum field_type {
    FIELD_U32,    // uint32_t
    FIELD_PAIR,   // uint32_t[2]: height, width; one number sets both
    FIELD_SIDES,  // uint32_t[4]: top, bottom, left, right; one number sets all, two set pairs
    FIELD_F32,    // float
    FIELD_BOOL,   // uint32_t, 0 or 1
    FIELD_CHOICE, // uint32_t: index into `choices`, a NULL-terminated list of words
    FIELD_DIMS,   // int32_t[4]: how many numbers follow, then they; one of them may be -1
};

struct field {
    const char *name; // as in Keras: "kernel_size"
    size_t offset;    // into the operator's params
    enum field_type type;
    double initial, minimum, maximum; // every number of a pair or of sides; a choice's index
    const char *unit;                 // "cells", or ""
    const char *help;
    const char *const *choices;
};

// Sets every field to its initial value.
void fields_init(const struct field *fields, void *params); // fields end with a NULL name

// Sets one field from numbers (1, 2 or 4 of them; 1 to 3 for dims) or from a word ("true" and
// "false" for a bool). Fails with VKTL_INPUT, naming the field, its range and what was found.
vktl_status field_set_numbers(const struct vktl_log *log, const struct field *field, void *params,
                              const double *numbers, uint32_t count);
vktl_status field_set_word(const struct vktl_log *log, const struct field *field, void *params,
                           const char *word);
const struct field *field_find(const struct field *fields, const char *name); // or NULL

// ---- Algorithms --------------------------------------------------------------------------------
//
// Where an operator can compute the same in several ways, it names them, for each direction, in the
// order in which they are thought of: the first that suits and pays is taken where nobody has
// measured; what is barred on the device (gpu/verdicts.h) does not suit. `infer` settles which
// (op_choose), since scratch and prepared weights follow from it.

enum op_direction { OP_FORWARD, OP_DX, OP_DW, OP_DIRECTIONS };
enum { OP_MAX_ALGORITHMS = 16 };

struct op_io;

// Both look at io.in, io.push and io.device; NULL is always true.
struct op_algorithm {
    const char *name;                      // "winograd4"
    bool (*suits)(const struct op_io *io); // it can compute this, within the selftest's tolerance
    bool (*pays)(const struct op_io *io);  // it is expected to be faster than those after it
};

// ---- Shapes and needs --------------------------------------------------------------------------

enum weight_init { WEIGHT_GLOROT_UNIFORM, WEIGHT_ZEROS, WEIGHT_ONES };

struct op_weight {
    const char *name; // as in Keras: "kernel", "bias", "gamma", "moving_mean"
    struct shape shape;
    enum weight_init init;
    uint64_t fan_in, fan_out; // for Glorot
    bool trainable;           // moving statistics never are
    bool written;             // forward changes it: moving statistics
};

// Filled by `infer` from `in`, which the caller sets.
struct op_io {
    struct shape in[OP_MAX_INPUTS];
    uint32_t in_count;
    const struct vktl_device_info *device; // set by the caller, too: that it will run on, open as
                                           // long as io is used; NULL where none is known
    const char *wanted[OP_DIRECTIONS]; // likewise: the algorithm asked for; NULL, or what does not
                                       // suit: the one that the heuristic takes
    bool mixed; // likewise: products of halves, summed as floats, are wanted; the algorithm
                // "matrices" of conv2d and dense, where the device has such matrices
    uint32_t algorithm[OP_DIRECTIONS]; // that is taken: its place in the operator's list
    // And these two: backward of op.takes_in_activation also undoes the activation (of
    // abi/activation.h) that made in[0], so that din[0] is the gradient before it, and the operator
    // that made it, whose activation is taken, need not keep its output for that.
    uint32_t in_activation;
    bool activation_taken;
    uint32_t activation; // that made out, of those in abi/activation.h
    struct shape out;
    struct op_weight weight[OP_MAX_WEIGHTS];
    uint32_t weight_count;
    uint64_t prepared_size; // bytes of the form of the weights that forward reads; see `prepare`
    uint64_t saved_size;            // bytes kept from forward to backward beside x and y
    uint64_t forward_scratch_size;  // bytes used within forward
    uint64_t backward_scratch_size; // bytes used within backward
    bool backward_reads_in, backward_reads_out; // tensors that must live until backward
    uint64_t flops;                             // of forward, a multiply-add counts as two
    uint32_t push[20]; // the operator's geometry: the <op>_push struct of its abi header, which
                       // its kernels and its reference read alike
};

// ---- Calls -------------------------------------------------------------------------------------

// The slices of one use of an operator. A slice without chunk is not wanted (din, dweight) or not
// needed.
struct op_call {
    const struct op_io *io;
    struct slice in[OP_MAX_INPUTS], out, weight[OP_MAX_WEIGHTS];
    struct slice prepared;
    struct slice saved, scratch; // scratch: forward's or backward's, as io says
    struct slice step;           // struct step of shaders/abi/step.h
    uint32_t stream; // which random stream this node draws from: its number in the graph
    // backward
    struct slice dout, din[OP_MAX_INPUTS], dweight[OP_MAX_WEIGHTS]; // written, never added to
};

enum op_kind {
    OP_LAYER,         // transforms
    OP_INPUT,         // in: bytes, and what is done to them; out: what the first layer takes
    OP_VIEW,          // output is the input's bytes under another shape: never run
    OP_TRAINING_ONLY, // the identity outside training (dropout)
    OP_LOSS,          // in: logits and labels; out: a row's loss, see softmax_cross_entropy
    OP_METRIC,        // in: logits and labels; out: a number a row
    OP_REDUCTION,     // in: one or two tensors; out: a number of them all
    OP_OPTIMIZER,     // weight[0] is updated from dweight[0]; saved is its state; in[1] is the sum
                      // of the squares of all gradients, needed where they are clipped
};

struct op {
    const char *name;        // "maxpool2d"
    const char *keras_class; // "MaxPooling2D", or NULL
    enum op_kind kind;
    const struct field *fields;          // ends with a NULL name; never NULL
    uint32_t params_size;                // at most OP_MAX_PARAMS_SIZE
    bool takes_in_activation;            // see struct op_io
    bool multiplies_halves;              // where io.mixed asks for it
    bool may_overwrite_in;               // out may be the same slice as in[0], and din[0] as dout
    const struct kernel *const *kernels; // all that it may dispatch, NULL at the end, for the tests
                                         // that look at every shader; NULL: none

    const struct op_algorithm *algorithms[OP_DIRECTIONS]; // a NULL name at the end; NULL: one way

    // Pure: fills io from io->in and params. Fails with VKTL_INPUT and a message that says what
    // does not fit.
    vktl_status (*infer)(const struct vktl_log *log, const void *params, struct op_io *io);
    // Writes call->prepared from the weights: recorded before forward wherever io.prepared_size is
    // not 0, once for weights that stay as they are. NULL: it never is.
    void (*prepare)(struct recorder *recorder, const struct op_call *call);
    void (*forward)(struct recorder *recorder, const struct op_call *call);
    void (*backward)(struct recorder *recorder, const struct op_call *call); // NULL: none

    // Of optimizers. `saved` is the tensors that these names list (NULL at the end), each as large
    // as the weight, one after the other; or nothing.
    const char *const *state_names;
    // step.bias_correction of update t, the first being 1. NULL: not read.
    double (*bias_correction)(const void *params, uint64_t t);
};

// Invocations that a CPU driver runs side by side, where there are kernels for so many; else 0, as
// for NULL.
uint32_t op_lanes(const struct vktl_device_info *info);

// Whether the results must have the same bits on every device. Then what is wanted does not count,
// and the heuristics take algorithms whose bits do not depend on the device: either the same
// algorithm everywhere, or one that adds in the same order.
bool op_is_strict(const struct op_io *io);

// Fills io->algorithm for every direction: the one that io->wanted names where it suits, else the
// heuristic's. For `infer`, once io->push is set. The last of a list must suit everything.
void op_choose(const struct op *op, struct op_io *io);

// The algorithms of a direction that suit an io after `infer`, the one that is taken first and, if
// strict, alone; 0 where the operator has one way only. Static strings.
uint32_t op_suiting(const struct op *op, const struct op_io *io, enum op_direction direction,
                    const char *names[OP_MAX_ALGORITHMS]);

// The operator's own string for the name of an algorithm, or NULL where it has none of that name.
const char *op_algorithm_named(const struct op *op, enum op_direction direction, const char *name);

// The words by which a use of an operator is known when its algorithms are measured, before or
// after `infer`: "conv2d dx 4x56x56x64 filters=64 padding=1". Stable: they are written into files.
// `is_trained`: its weights change, so that their prepared form is made in every run.
enum { OP_KEY_SIZE = 512 };
void op_key(const struct op *op, const void *params, const struct op_io *io,
            enum op_direction direction, bool is_trained, char key[OP_KEY_SIZE]);

extern const char *const op_direction_names[OP_DIRECTIONS]; // "forward", "dx", "dw"

// ---- Registry ----------------------------------------------------------------------------------

#define VKTL_OP(name) extern const struct op op_##name;
#include "ops/ops.def"
#undef VKTL_OP

uint32_t op_count(void);
const struct op *op_at(uint32_t index);                  // in the order of ops.def
const struct op *op_find(const char *name);              // or NULL
const struct op *op_find_keras(const char *keras_class); // or NULL

// The geometry of a call as the struct that the operator's abi header declares.
#define OP_PUSH(type, io) ((const struct type *)(const void *)(io)->push)
#define OP_SET_PUSH(io, value)                                                                     \
    do {                                                                                           \
        _Static_assert(sizeof(value) <= sizeof(io)->push, "io.push holds 20 words");               \
        memcpy((io)->push, &(value), sizeof(value));                                               \
    } while (0)

#endif
