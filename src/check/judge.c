// Responsible for what a failed comparison means: which way of computing is barred on the device,
// and whether another can take its place.
#include "check/judge.h"

#include <stdio.h>
#include <string.h>

#include "gpu/verdicts.h"

void judge_reason(const struct vktl_selftest_row *row, char reason[JUDGE_REASON_SIZE])
{
    snprintf(reason, JUDGE_REASON_SIZE, "case \"%s\": %s", row->name, row->detail);
}

// The last of a list computes what all others do, and more. A strict device's algorithm is that of
// every other device, so that none can take its place.
static bool has_alternative(const struct vktl_device *device, const struct op *op,
                            enum op_direction direction, const char *algorithm)
{
    const struct op_algorithm *list = op->algorithms[direction];
    const bool is_strict = vktl_device_info(device)->strict;
    for (uint32_t i = 0; !is_strict && list && list[i].name; i++)
        if (strcmp(list[i].name, algorithm) == 0)
            return list[i + 1].name != NULL;
    return false;
}

vktl_status judge_bar(const struct vktl_log *log, struct vktl_device *device, const struct op *op,
                      enum op_direction direction, const char *algorithm, const char *reason)
{
    vktl_status status;
    char why[JUDGE_REASON_SIZE + 96];
    const char *words = op_direction_names[direction];
    if (gpu_is_barred(device, op->name, words, algorithm))
        return VKTL_OK;
    snprintf(why, sizeof why, "%s %s%s%s is wrong (%s)", op->name, words, *algorithm ? " by " : "",
             algorithm, reason);
    status = gpu_bar(device, op->name, words, algorithm, reason);
    if (status == VKTL_OK && !has_alternative(device, op, direction, algorithm))
        status = gpu_set_verdict(device, VERDICT_FAILED, why);
    else if (status == VKTL_OK)
        log_warning(log,
                    "%s: %s; it is barred on this device, and another kernel takes its place. A "
                    "newer driver may help; `vktl selftest --op %s` tells more, and lifts the bar "
                    "where all is well",
                    vktl_device_info(device)->name, why, op->name);
    return status == VKTL_OK ? VKTL_OK : log_fail(log, status, "out of host memory");
}

static enum op_direction direction_of(const char *words)
{
    if (strncmp(words, "dx", 2) == 0)
        return OP_DX;
    return strncmp(words, "dw", 2) == 0 ? OP_DW : OP_FORWARD;
}

vktl_status judge_row(const struct vktl_log *log, struct vktl_device *device, const struct op *op,
                      const struct vktl_selftest_row *row)
{
    char reason[JUDGE_REASON_SIZE];
    if (row->pass || strcmp(row->direction, "reference") == 0)
        return VKTL_OK;
    judge_reason(row, reason);
    return judge_bar(log, device, op, direction_of(row->direction), row->algorithm, reason);
}
