// One case of one operator: the GPU against the reference, the reference against finite
// differences.
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H

#include <vktl/selftest.h>

#include "check/cases.h"
#include "reference/reference.h"

// What is compared. `op` and `reference` are usually those of one name; tests plant wrong ones.
struct check {
    const struct vktl_log *log;
    struct vktl_device *device;
    const struct op *op;
    const struct reference *reference;
    const struct check_case *test;
    void (*on_row)(const struct vktl_selftest_row *row, void *user);
    void *user;
    const void *params; // of the operator; NULL: as the case's settings make them
    bool left_out[OP_DIRECTIONS]; // gradients that are not computed; of operators with algorithms
    bool mixed; // io.mixed, on inputs that are halves: so that results are held to what float sums
                // of them lose, and to nothing less
};

// Runs the case, once more for every further algorithm that suits, and reports a row for every
// tensor compared. Fails only where it cannot be run; what differs is in the rows.
//
// The GPU runs it three times: twice the same program, outputs and scratch filled with NaNs
// before; once in place where the operator may, and with a backward call for each gradient by
// itself. All must give the same bits and leave the guard words alone.
vktl_status check_run(const struct check *check);

// Runs the case once, with the algorithms asked for, NULL for none of a direction, and reports the
// tensors that they make.
vktl_status check_algorithms(const struct check *check, const char *const wanted[OP_DIRECTIONS]);

#endif
