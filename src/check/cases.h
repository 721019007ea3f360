// The table of test cases of every operator: what `vktl selftest` runs.
//
// tests/ops/operators.c runs it too. Each lives in src/check/cases/<op>.c.
#ifndef CHECK_CASES_H
#define CHECK_CASES_H

#include "ops/op.h"

enum { CHECK_MAX_SETTINGS = 6 };

struct check_setting {
    const char *field; // of the operator's field table
    double number[4];
    uint32_t count;   // numbers given; 0: word
    const char *word; // for choices
};

// What the inputs are made of; of an optimizer, the gradient.
enum check_data {
    CHECK_UNIFORM,    // in [-1, 1): ties are rare
    CHECK_TIES,       // whole numbers from -2 to 8,: equal maxima, zeros, both ends of relu6
    CHECK_LARGE,      // in [-100, 100): exponentials overflow unless care is taken
    CHECK_NANS,       // uniform, every seventh a NaN
    CHECK_ZEROS,      // zeros of both signs
    CHECK_DENORMALS,  // none of float's normal numbers
    CHECK_SATURATED,  // in [-10000, 10000): probabilities are 0 and 1
    CHECK_HUGE,       // up to the largest float on both sides: differences overflow
    CHECK_INFINITIES, // uniform, every seventh infinite, of alternating sign
};

struct check_case {
    const char *name; // "3x3 same stride 2, 7x5x3 -> 4"
    struct shape in[OP_MAX_INPUTS];
    struct check_setting settings[CHECK_MAX_SETTINGS];
    uint64_t reduction; // longest sum of an output or gradient, scales the tolerance; 0 is 1
    enum check_data data;
    uint32_t in_activation; // that made the first input, see struct op_io
    bool activation_taken;
    bool forward_only; // of numbers that a device may take for 0: gradients may go either way
    bool slow;         // left out on drivers that are known to be slow, unless asked for
};

struct check_table {
    const char *op;
    const struct check_case *cases;
    uint32_t count;
};

#define VKTL_OP(name) extern const struct check_table check_table_##name;
#include "ops/ops.def"
#undef VKTL_OP

const struct check_table *check_table_find(const char *op);

#endif
