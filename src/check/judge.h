// What follows for a device from a comparison that failed there.
#ifndef CHECK_JUDGE_H
#define CHECK_JUDGE_H

#include <vktl/selftest.h>

#include "ops/op.h"

enum { JUDGE_REASON_SIZE = 400 };

// "case "odd size": element 5 is 0, the reference says 1", of a row that did not pass.
void judge_reason(const struct vktl_selftest_row *row, char reason[JUDGE_REASON_SIZE]);

// Bars the algorithm ("": the only one), with a warning. Where no other can compute all that it
// does, the device's kernels of this kind have failed (gpu_verdict), and nothing is said: that is
// for whoever knows what takes their place. VKTL_NO_MEMORY, with a message.
vktl_status judge_bar(const struct vktl_log *log, struct vktl_device *device, const struct op *op,
                      enum op_direction direction, const char *algorithm, const char *reason);

// The same for what a row tells of. Those that pass, and those that blame the reference, change
// nothing.
vktl_status judge_row(const struct vktl_log *log, struct vktl_device *device, const struct op *op,
                      const struct vktl_selftest_row *row);

#endif
