// What the files of the tuner share.
#ifndef TUNE_PARTS_H
#define TUNE_PARTS_H

#include "tune/tune.h"

// One algorithm of one direction of one use of an operator.
struct candidate {
    struct vktl_device *device;
    const struct plan_work *work;
    enum op_direction direction;
    const char *algorithm;
};

// ---- gate.c

enum gate_verdict { GATE_RIGHT, GATE_WRONG, GATE_UNKNOWN };

// Compares with the reference, within the selftest's tolerance. Unknown: on no shape that is small
// enough for plain C would it be taken. `known` remembers verdicts, since many uses have the same
// small shape.
vktl_status gate_check(const struct vktl_log *log, const struct candidate *candidate,
                       struct tuning *known, enum gate_verdict *verdict);

// ---- probe.c

extern const double probe_limit_seconds;

// How often a use can be halved, and what is left of its operations and its memory then. An
// algorithm that does not suit that shape has none: `flops` is 0.
struct probe_size {
    uint64_t flops, bytes;
};
uint32_t probe_halvings(const struct plan_work *work);
struct probe_size probe_size(const struct candidate *candidate, uint32_t halvings);

// Seconds of the use, halved so often, on the device: a warm-up, then the median of three runs.
// Only the first counts where it takes longer than `enough`.
vktl_status probe_time(const struct vktl_log *log, const struct candidate *candidate,
                       uint32_t halvings, double enough, double *seconds);

#endif
