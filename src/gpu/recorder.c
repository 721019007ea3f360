// Responsible for turning declared use of slices into commands and barriers. Cutting commands into
// submits and running them is program.c's.
#include "gpu/command.h"

#include <stdlib.h>
#include <string.h>

#include "abi/linear.h"

enum { MAX_GROUPS = 65535 }; // along an axis, what every device allows

vktl_status recorder_create(struct vktl_device *device, struct recorder **out)
{
    struct recorder *recorder = calloc(1, sizeof *recorder);
    if (!recorder)
        return log_fail(device->log, VKTL_NO_MEMORY, "out of host memory");
    recorder->device = device;
    *out = recorder;
    record_label(recorder, "");
    return VKTL_OK;
}

void recorder_destroy(struct recorder **out)
{
    struct recorder *recorder = *out;
    if (!recorder)
        return;
    free(recorder->commands);
    free(recorder->labels);
    free(recorder->touched);
    free(recorder);
    *out = NULL;
}

const struct vktl_device_info *recorder_info(const struct recorder *recorder)
{
    return &recorder->device->info;
}

static void fail_recorder(struct recorder *recorder, vktl_status status)
{
    if (recorder->status == VKTL_OK)
        recorder->status = status;
}

// Room for one more element of a growing array, or the recorder fails.
static bool reserve(struct recorder *recorder, void *array, uint32_t count, uint32_t *capacity,
                    size_t element_size)
{
    if (count < *capacity)
        return true;
    const uint32_t wanted = *capacity ? 2 * *capacity : 64;
    void **pointer = array;
    void *grown = realloc(*pointer, wanted * element_size);
    if (!grown) {
        fail_recorder(recorder,
                      log_fail(recorder->device->log, VKTL_NO_MEMORY, "out of host memory"));
        return false;
    }
    *pointer = grown;
    *capacity = wanted;
    return true;
}

void record_label(struct recorder *recorder, const char *label)
{
    const size_t size = strlen(label) + 1;
    char *grown = realloc(recorder->labels, recorder->labels_size + size);
    if (!grown) {
        fail_recorder(recorder,
                      log_fail(recorder->device->log, VKTL_NO_MEMORY, "out of host memory"));
        return;
    }
    memcpy(grown + recorder->labels_size, label, size);
    recorder->labels = grown;
    recorder->label = (uint32_t)recorder->labels_size;
    recorder->labels_size += size;
}

// ---- Barriers ----------------------------------------------------------------------------------

static bool slices_overlap(struct slice a, struct slice b)
{
    return a.chunk == b.chunk && a.offset < b.offset + b.size && b.offset < a.offset + a.size;
}

static bool conflicts(const struct recorder *recorder, struct slice slice, bool writes)
{
    for (uint32_t i = 0; i < recorder->touched_count; i++)
        if ((writes || recorder->touched[i].written) &&
            slices_overlap(recorder->touched[i].slice, slice))
            return true;
    return false;
}

static void touch(struct recorder *recorder, struct slice slice, bool writes)
{
    void *array = &recorder->touched;
    if (reserve(recorder, array, recorder->touched_count, &recorder->touched_capacity,
                sizeof *recorder->touched))
        recorder->touched[recorder->touched_count++] = (struct touched){slice, writes};
}

// One barrier serves all that came before it: GPUs wait for everything anyway.
static void order_after_conflicts(struct recorder *recorder, struct command *command,
                                  const enum access *access, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        command->barrier =
            command->barrier || conflicts(recorder, command->bind[i], access[i] != ACCESS_READ);
    if (command->barrier)
        recorder->touched_count = 0;
    for (uint32_t i = 0; i < count; i++)
        touch(recorder, command->bind[i], access[i] != ACCESS_READ);
}

static struct command *next_command(struct recorder *recorder)
{
    void *array = &recorder->commands;
    if (recorder->status != VKTL_OK ||
        !reserve(recorder, array, recorder->count, &recorder->capacity, sizeof *recorder->commands))
        return NULL;
    struct command *command = &recorder->commands[recorder->count];
    memset(command, 0, sizeof *command);
    command->label = recorder->label;
    return command;
}

// ---- Dispatches --------------------------------------------------------------------------------

uint32_t gpu_local(const struct vktl_device_info *info, uint32_t wanted)
{
    if (wanted > info->max_invocations)
        return GPU_MIN_INVOCATIONS;
    return wanted ? wanted : 1;
}

static uint32_t groups_along(uint32_t threads, uint32_t local)
{
    const uint32_t wanted = threads ? threads : 1;
    return (wanted - 1) / local + 1;
}

static void set_groups(const struct vktl_device_info *info, struct command *command,
                       const struct kernel *kernel, const struct dispatch *dispatch)
{
    for (int axis = 0; axis < 3; axis++)
        command->groups[axis] =
            groups_along(dispatch->threads[axis], gpu_local(info, kernel->local[axis]));
    if (command->groups[1] == 1 && command->groups[2] == 1 && command->groups[0] > LINEAR_FOLD) {
        command->groups[1] = groups_along(command->groups[0], LINEAR_FOLD);
        command->groups[0] = LINEAR_FOLD;
    }
    for (int axis = 0; axis < 3; axis++)
        vktl_assert(command->groups[axis] <= MAX_GROUPS);
}

// Addresses are checked by nobody on the device, so extents are checked here.
static uint32_t set_bindings(struct recorder *recorder, struct command *command,
                             const struct kernel *kernel, const struct dispatch *dispatch,
                             bool *by_address)
{
    uint32_t count = 0;
    *by_address = recorder->device->info.form == VKTL_FORM_ADDRESS;
    for (; count < KERNEL_MAX_BUFFERS && kernel->access[count] != ACCESS_NONE; count++) {
        const struct slice slice = dispatch->bind[count];
        const uint64_t extent = dispatch->extent[count] ? dispatch->extent[count] : slice.size;
        vktl_assert(slice_exists(slice) && extent <= slice.size);
        command->bind[count] = slice_part(slice, 0, extent);
        command->work += extent;
        if (extent > recorder->device->info.max_storage_range)
            *by_address = true;
    }
    return count;
}

static vktl_status check_range(const struct recorder *recorder, const struct command *command,
                               bool by_address)
{
    const struct vktl_device_info *info = &recorder->device->info;
    if (!by_address || info->has_addresses)
        return VKTL_OK;
    return log_fail(recorder->device->log, VKTL_NO_MEMORY,
                    "%s: %s needs a tensor larger than the %.0f MiB that a kernel can reach on %s; "
                    "try a smaller --batch or model",
                    recorder->labels + command->label, command->name,
                    (double)info->max_storage_range / 1048576, info->name);
}

static void set_push(struct command *command, const struct kernel *kernel, const void *push,
                     uint32_t buffer_count, bool by_address)
{
    if (by_address) {
        for (uint32_t i = 0; i < buffer_count; i++) {
            const VkDeviceAddress address = slice_address(command->bind[i]);
            memcpy(command->push + command->push_size, &address, sizeof address);
            command->push_size += sizeof address;
        }
    }
    vktl_assert(command->push_size + kernel->push_size <= KERNEL_MAX_PUSH_SIZE);
    if (kernel->push_size)
        memcpy(command->push + command->push_size, push, kernel->push_size);
    command->push_size += kernel->push_size;
}

void record_dispatch(struct recorder *recorder, const struct kernel *kernel,
                     const struct dispatch *dispatch)
{
    vktl_status status = VKTL_OK;
    bool by_address = false;
    struct command *command = next_command(recorder);
    if (!command)
        return;
    command->kind = COMMAND_DISPATCH;
    command->name = kernel->spirv->name;
    command->flops = command->work = dispatch->flops;
    const uint32_t count = set_bindings(recorder, command, kernel, dispatch, &by_address);
    TRY(check_range(recorder, command, by_address));
    set_push(command, kernel, dispatch->push, count, by_address);
    set_groups(&recorder->device->info, command, kernel, dispatch);
    TRY(pipelines_get(recorder->device, kernel, by_address, dispatch->constants,
                      dispatch->constant_count, &command->pipeline));
    order_after_conflicts(recorder, command, kernel->access, count);
    recorder->count++;
    return;
fail:
    fail_recorder(recorder, status);
}

// ---- Copies and fills --------------------------------------------------------------------------

void record_copy(struct recorder *recorder, struct slice to, struct slice from)
{
    static const enum access access[] = {ACCESS_WRITE, ACCESS_READ};
    struct command *command = next_command(recorder);
    vktl_assert(to.size == from.size);
    if (!command)
        return;
    command->kind = COMMAND_COPY;
    command->name = "copy";
    command->work = to.size;
    command->bind[0] = to;
    command->bind[1] = from;
    order_after_conflicts(recorder, command, access, 2);
    recorder->count++;
}

void record_fill(struct recorder *recorder, struct slice slice, uint32_t word)
{
    static const enum access access[] = {ACCESS_WRITE};
    struct command *command = next_command(recorder);
    vktl_assert(slice.size % 4 == 0);
    if (!command)
        return;
    command->kind = COMMAND_FILL;
    command->name = "fill";
    command->work = slice.size;
    command->word = word;
    command->bind[0] = slice;
    order_after_conflicts(recorder, command, access, 1);
    recorder->count++;
}
