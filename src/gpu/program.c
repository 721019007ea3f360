// Responsible for replaying recorded commands: descriptor sets, command buffers cut into submits of
// bounded time, waiting, and timestamps.
//
// Some drivers kill a queue whose submit runs longer than two seconds. So commands are cut by
// estimated time, long dispatches too (by their workgroups). The timestamps of a run correct the
// estimate of every command; where a submit took too long, or all were too short, all is cut anew.
#include "gpu/command.h"

#include <stdlib.h>
#include <string.h>

static const double target_seconds = 0.1; // of a submit
static const double limit_seconds = 0.2;
static const double telling_seconds = 0.005; // shorter programs say little of a device's speed
enum { MAX_CUTS = 4 };                       // how often a program may be cut anew

// A part of a command, as it went into a submit.
struct piece {
    uint32_t command, buffer;
    double seconds; // estimated
};

struct program {
    struct vktl_device *device;
    struct recorder *recorded; // owns the commands
    VkDescriptorPool descriptors;
    VkCommandBuffer *buffers; // one a submit
    uint32_t buffer_count, buffer_capacity;
    VkQueryPool queries; // two timestamps a submit, or one a command more when profiling
    uint32_t query_count;
    VkFence fence;
    bool running;
    struct piece *pieces;
    uint32_t piece_count, piece_capacity;
    uint32_t cuts;
    bool profiling;
    struct profile_row *rows; // one a command
    // Seconds of each submit, as the last run took and as it was estimated: allocated with the
    // cuts, so that a run allocates nothing.
    double *measured, *estimated;
    double busy_seconds; // that the device took for all runs so far
};

// ---- Descriptors -------------------------------------------------------------------------------

static void write_set(struct vktl_device *device, const struct command *command)
{
    VkDescriptorBufferInfo buffers[KERNEL_MAX_BUFFERS];
    VkWriteDescriptorSet writes[KERNEL_MAX_BUFFERS];
    for (uint32_t i = 0; i < command->pipeline->buffer_count; i++) {
        const struct slice slice = command->bind[i];
        buffers[i] = (VkDescriptorBufferInfo){slice_buffer(slice), slice.offset, slice.size};
        writes[i] = (VkWriteDescriptorSet){
            .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
            .dstSet = command->set,
            .dstBinding = i,
            .descriptorCount = 1,
            .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
            .pBufferInfo = &buffers[i],
        };
    }
    vkUpdateDescriptorSets(device->device, command->pipeline->buffer_count, writes, 0, NULL);
}

static bool needs_set(const struct command *command)
{
    return command->kind == COMMAND_DISPATCH && command->pipeline->set_layout;
}

static vktl_status create_sets(struct program *program)
{
    vktl_status status = VKTL_OK;
    struct vktl_device *device = program->device;
    struct recorder *recorded = program->recorded;
    uint32_t sets = 0;
    for (uint32_t i = 0; i < recorded->count; i++)
        sets += needs_set(&recorded->commands[i]);
    if (sets == 0)
        return VKTL_OK;
    const VkDescriptorPoolSize size = {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                                       sets * KERNEL_MAX_BUFFERS};
    const VkDescriptorPoolCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
        .maxSets = sets,
        .poolSizeCount = 1,
        .pPoolSizes = &size,
    };
    TRY_CREATE(device, program->descriptors,
               vkCreateDescriptorPool(device->device, &info, NULL, &program->descriptors),
               "making descriptors");
    for (uint32_t i = 0; i < recorded->count; i++) {
        struct command *command = &recorded->commands[i];
        if (!needs_set(command))
            continue;
        const VkDescriptorSetAllocateInfo allocate = {
            .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
            .descriptorPool = program->descriptors,
            .descriptorSetCount = 1,
            .pSetLayouts = &command->pipeline->set_layout,
        };
        TRY_VULKAN(device, vkAllocateDescriptorSets(device->device, &allocate, &command->set),
                   "making descriptors");
        write_set(device, command);
    }
fail:
    return status;
}

// ---- Cutting -----------------------------------------------------------------------------------

// The command buffer being written.
struct cutter {
    struct program *program;
    VkCommandBuffer buffer;
    double seconds; // estimated, in this buffer so far
};

static void write_timestamp(struct cutter *cutter, uint32_t query, VkPipelineStageFlagBits stage)
{
    if (cutter->program->queries)
        vkCmdWriteTimestamp(cutter->buffer, stage, cutter->program->queries, query);
}

static vktl_status reserve_times(struct program *program, uint32_t capacity)
{
    free(program->measured);
    free(program->estimated);
    program->measured = calloc(capacity, sizeof *program->measured);
    program->estimated = calloc(capacity, sizeof *program->estimated);
    if (!program->measured || !program->estimated)
        return log_fail(program->device->log, VKTL_NO_MEMORY, "out of host memory");
    return VKTL_OK;
}

static vktl_status reserve_buffer(struct program *program)
{
    if (program->buffer_count < program->buffer_capacity)
        return VKTL_OK;
    const uint32_t capacity = program->buffer_capacity ? 2 * program->buffer_capacity : 8;
    VkCommandBuffer *buffers = realloc(program->buffers, capacity * sizeof *buffers);
    if (!buffers)
        return log_fail(program->device->log, VKTL_NO_MEMORY, "out of host memory");
    program->buffers = buffers;
    program->buffer_capacity = capacity;
    return reserve_times(program, capacity);
}

static vktl_status note_piece(struct cutter *cutter, const struct command *command, double seconds)
{
    struct program *program = cutter->program;
    if (program->piece_count == program->piece_capacity) {
        const uint32_t capacity = program->piece_capacity ? 2 * program->piece_capacity : 64;
        struct piece *pieces = realloc(program->pieces, capacity * sizeof *pieces);
        if (!pieces)
            return log_fail(program->device->log, VKTL_NO_MEMORY, "out of host memory");
        program->pieces = pieces;
        program->piece_capacity = capacity;
    }
    program->pieces[program->piece_count++] = (struct piece){
        (uint32_t)(command - program->recorded->commands), program->buffer_count - 1, seconds};
    cutter->seconds += seconds;
    return VKTL_OK;
}

// What the commands and submits before wrote is seen by those after, and what the host wrote.
static void write_barrier(VkCommandBuffer buffer)
{
    const VkMemoryBarrier barrier = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT |
                         VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
    };
    const VkPipelineStageFlags stages =
        VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
    vkCmdPipelineBarrier(buffer, stages, stages, 0, 1, &barrier, 0, NULL, 0, NULL);
}

static vktl_status cut_begin(struct cutter *cutter)
{
    vktl_status status = VKTL_OK;
    struct program *program = cutter->program;
    struct vktl_device *device = program->device;
    const VkCommandBufferAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
        .commandPool = device->command_pool,
        .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
        .commandBufferCount = 1,
    };
    const VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
    TRY(reserve_buffer(program));
    TRY_VULKAN(device, vkAllocateCommandBuffers(device->device, &info, &cutter->buffer),
               "making a command buffer");
    program->buffers[program->buffer_count++] = cutter->buffer;
    TRY_VULKAN(device, vkBeginCommandBuffer(cutter->buffer, &begin), "recording");
    write_barrier(cutter->buffer);
    cutter->seconds = 0;
    if (!program->profiling && 2 * program->buffer_count <= program->query_count) {
        const uint32_t query = 2 * (program->buffer_count - 1);
        if (program->queries)
            vkCmdResetQueryPool(cutter->buffer, program->queries, query, 2);
        write_timestamp(cutter, query, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT);
    }
fail:
    return status;
}

static vktl_status cut_end(struct cutter *cutter)
{
    struct program *program = cutter->program;
    if (!program->profiling && 2 * program->buffer_count <= program->query_count)
        write_timestamp(cutter, 2 * (program->buffer_count - 1) + 1,
                        VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT);
    // For the host, which reads after the fence.
    const VkMemoryBarrier barrier = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_HOST_READ_BIT | VK_ACCESS_HOST_WRITE_BIT,
    };
    vkCmdPipelineBarrier(cutter->buffer,
                         VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT,
                         VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &barrier, 0, NULL, 0, NULL);
    const VkResult result = vkEndCommandBuffer(cutter->buffer);
    cutter->buffer = VK_NULL_HANDLE;
    return device_result(program->device, result, "recording");
}

static void bind_dispatch(VkCommandBuffer buffer, const struct command *command)
{
    const struct pipeline *pipeline = command->pipeline;
    vkCmdBindPipeline(buffer, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline->pipeline);
    if (command->set)
        vkCmdBindDescriptorSets(buffer, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline->layout, 0, 1,
                                &command->set, 0, NULL);
    if (command->push_size)
        vkCmdPushConstants(buffer, pipeline->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0,
                           command->push_size, command->push);
}

// Into how many parts a dispatch is cut along each axis: the last ones first, whose parts are the
// most alike in cost.
static void part_axes(const struct command *command, uint32_t parts[3])
{
    double wanted = command->seconds / target_seconds;
    for (int axis = 2; axis >= 0; axis--) {
        const uint32_t groups = command->groups[axis];
        parts[axis] = wanted <= 1 ? 1 : wanted < groups ? (uint32_t)wanted + 1 : groups;
        parts[axis] = parts[axis] < groups ? parts[axis] : groups;
        wanted /= parts[axis];
    }
}

// Dispatches one part: a box of workgroups.
static void write_part(struct cutter *cutter, const struct command *command,
                       const uint32_t parts[3], uint32_t part)
{
    uint32_t start[3], size[3], rest = part;
    for (int axis = 0; axis < 3; rest /= parts[axis++]) {
        const uint64_t groups = command->groups[axis], at = rest % parts[axis];
        start[axis] = (uint32_t)(groups * at / parts[axis]);
        size[axis] = (uint32_t)(groups * (at + 1) / parts[axis]) - start[axis];
    }
    bind_dispatch(cutter->buffer, command);
    // Synchronisation validation follows vkCmdDispatch alone, so that takes all it can.
    if (part == 0)
        vkCmdDispatch(cutter->buffer, size[0], size[1], size[2]);
    else
        vkCmdDispatchBase(cutter->buffer, start[0], start[1], start[2], size[0], size[1], size[2]);
}

static vktl_status write_dispatch(struct cutter *cutter, const struct command *command)
{
    vktl_status status = VKTL_OK;
    uint32_t parts[3];
    part_axes(command, parts);
    const uint32_t total = parts[0] * parts[1] * parts[2];
    for (uint32_t part = 0; part < total; part++) {
        if (part > 0) {
            TRY(cut_end(cutter));
            TRY(cut_begin(cutter));
        }
        write_part(cutter, command, parts, part);
        TRY(note_piece(cutter, command, command->seconds / total));
    }
fail:
    return status;
}

static vktl_status write_command(struct cutter *cutter, const struct command *command)
{
    if (command->barrier)
        write_barrier(cutter->buffer);
    if (command->kind == COMMAND_DISPATCH)
        return write_dispatch(cutter, command);
    const struct slice to = command->bind[0], from = command->bind[1];
    if (command->kind == COMMAND_COPY) {
        const VkBufferCopy region = {from.offset, to.offset, to.size};
        vkCmdCopyBuffer(cutter->buffer, slice_buffer(from), slice_buffer(to), 1, &region);
    } else {
        vkCmdFillBuffer(cutter->buffer, slice_buffer(to), to.offset, to.size, command->word);
    }
    return note_piece(cutter, command, command->seconds);
}

static void free_buffers(struct program *program)
{
    if (program->buffer_count)
        vkFreeCommandBuffers(program->device->device, program->device->command_pool,
                             program->buffer_count, program->buffers);
    program->buffer_count = 0;
}

static vktl_status cut(struct program *program)
{
    vktl_status status = VKTL_OK;
    const struct recorder *recorded = program->recorded;
    struct cutter cutter = {.program = program};
    free_buffers(program);
    program->piece_count = 0;
    TRY(cut_begin(&cutter));
    if (program->profiling && program->queries)
        vkCmdResetQueryPool(cutter.buffer, program->queries, 0, program->query_count);
    for (uint32_t i = 0; i < recorded->count; i++) {
        const struct command *command = &recorded->commands[i];
        if (cutter.seconds > 0 && cutter.seconds + command->seconds > target_seconds) {
            TRY(cut_end(&cutter));
            TRY(cut_begin(&cutter));
        }
        if (program->profiling) {
            if (i == 0)
                write_timestamp(&cutter, 0, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT);
            write_barrier(cutter.buffer); // commands do not overlap, so each has its own time
        }
        TRY(write_command(&cutter, command));
        if (program->profiling)
            write_timestamp(&cutter, i + 1, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT);
    }
    TRY(cut_end(&cutter));
fail:
    return status;
}

static vktl_status create_queries(struct program *program, uint32_t count)
{
    struct vktl_device *device = program->device;
    const VkQueryPoolCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
        .queryType = VK_QUERY_TYPE_TIMESTAMP,
        .queryCount = count,
    };
    vktl_status status = VKTL_OK;
    vkDestroyQueryPool(device->device, program->queries, NULL);
    program->queries = VK_NULL_HANDLE;
    program->query_count = 0;
    if (device->info.timestamp_period_ns == 0)
        return VKTL_OK;
    TRY_CREATE(device, program->queries,
               vkCreateQueryPool(device->device, &info, NULL, &program->queries),
               "making timestamps");
    program->query_count = count;
fail:
    return status;
}

// ---- Life --------------------------------------------------------------------------------------

vktl_status program_create(struct recorder **recorder, struct program **out)
{
    enum { MAX_TIMED_SUBMITS = 1024 };
    vktl_status status = VKTL_OK;
    struct vktl_device *device = (*recorder)->device;
    struct program *program = calloc(1, sizeof *program);
    if (!program) {
        recorder_destroy(recorder);
        FAIL(device->log, VKTL_NO_MEMORY, "out of host memory");
    }
    program->device = device;
    program->recorded = *recorder;
    *recorder = NULL;
    TRY(program->recorded->status);
    for (uint32_t i = 0; i < program->recorded->count; i++) {
        struct command *command = &program->recorded->commands[i];
        command->seconds = (double)command->work / device->work_per_second;
    }
    const VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
    TRY_CREATE(device, program->fence, vkCreateFence(device->device, &fence, NULL, &program->fence),
               "making a fence");
    TRY(create_sets(program));
    TRY(create_queries(program, 2 * MAX_TIMED_SUBMITS));
    TRY(cut(program));
    *out = program;
    return VKTL_OK;
fail:
    program_destroy(&program);
    return status;
}

void program_destroy(struct program **out)
{
    struct program *program = *out;
    if (!program)
        return;
    struct vktl_device *device = program->device;
    if (program->running)
        device_settle(device);
    free_buffers(program);
    vkDestroyQueryPool(device->device, program->queries, NULL);
    vkDestroyDescriptorPool(device->device, program->descriptors, NULL);
    vkDestroyFence(device->device, program->fence, NULL);
    recorder_destroy(&program->recorded);
    free(program->buffers);
    free(program->pieces);
    free(program->rows);
    free(program->measured);
    free(program->estimated);
    free(program);
    *out = NULL;
}

// ---- Running -----------------------------------------------------------------------------------

vktl_status program_submit(struct program *program)
{
    vktl_status status = VKTL_OK;
    struct vktl_device *device = program->device;
    vktl_assert(!program->running);
    TRY(device_begin_run(device));
    TRY_VULKAN(device, vkResetFences(device->device, 1, &program->fence), "submitting");
    for (uint32_t i = 0; i < program->buffer_count; i++) {
        const VkSubmitInfo info = {
            .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
            .commandBufferCount = 1,
            .pCommandBuffers = &program->buffers[i],
        };
        const bool is_last = i + 1 == program->buffer_count;
        program->running = true;
        TRY_VULKAN(
            device,
            vkQueueSubmit(device->queue, 1, &info, is_last ? program->fence : VK_NULL_HANDLE),
            "submitting");
    }
fail:
    return status;
}

// Seconds between two timestamps; 0 where they cannot be read.
static double seconds_between(const struct program *program, uint32_t first, uint32_t last)
{
    uint64_t ticks[2] = {0, 0};
    const struct vktl_device *device = program->device;
    const uint32_t query[2] = {first, last};
    for (int i = 0; i < 2; i++)
        if (vkGetQueryPoolResults(device->device, program->queries, query[i], 1, sizeof ticks[i],
                                  &ticks[i], sizeof ticks[i], VK_QUERY_RESULT_64_BIT) != VK_SUCCESS)
            return 0;
    return ticks[1] > ticks[0]
               ? (double)(ticks[1] - ticks[0]) * device->info.timestamp_period_ns * 1e-9
               : 0;
}

static void read_profile(struct program *program)
{
    for (uint32_t i = 0; i < program->recorded->count; i++) {
        const struct command *command = &program->recorded->commands[i];
        program->rows[i] = (struct profile_row){
            .label = program->recorded->labels + command->label,
            .kernel = command->name,
            .flops = command->flops,
            .seconds = seconds_between(program, i, i + 1),
        };
    }
}

static uint64_t total_work(const struct program *program)
{
    uint64_t work = 0;
    for (uint32_t i = 0; i < program->recorded->count; i++)
        work += program->recorded->commands[i].work;
    return work;
}

// Gives every command the time of its pieces; `overall` scales estimates of what was not timed.
static void correct_estimates(struct program *program, uint32_t count, double overall)
{
    struct command *commands = program->recorded->commands;
    double *measured = program->measured, *estimated = program->estimated;
    memset(estimated, 0, count * sizeof *estimated);
    for (uint32_t i = 0; i < program->piece_count; i++) {
        const struct piece *piece = &program->pieces[i];
        commands[piece->command].seconds = 0;
        if (piece->buffer < count)
            estimated[piece->buffer] += piece->seconds;
    }
    for (uint32_t i = 0; i < program->piece_count; i++) {
        const struct piece *piece = &program->pieces[i];
        const uint32_t buffer = piece->buffer;
        const bool is_timed = buffer < count && estimated[buffer] > 0;
        commands[piece->command].seconds +=
            piece->seconds * (is_timed ? measured[buffer] / estimated[buffer] : overall);
    }
}

// Counts the time of a run; cuts anew where a submit was too long, or several were too short.
static vktl_status adapt(struct program *program)
{
    const uint32_t timed = program->query_count / 2, submits = program->buffer_count;
    const uint32_t count = submits < timed ? submits : timed;
    double longest = 0, sum = 0, estimated[2] = {0, 0}; // of what was timed, and of the rest
    for (uint32_t i = 0; i < count; i++) {
        const double seconds = program->measured[i] = seconds_between(program, 2 * i, 2 * i + 1);
        longest = seconds > longest ? seconds : longest;
        sum += seconds;
    }
    for (uint32_t i = 0; i < program->piece_count; i++)
        estimated[program->pieces[i].buffer >= count] += program->pieces[i].seconds;
    const double overall = estimated[0] > 0 ? sum / estimated[0] : 1;
    const double total = sum + overall * estimated[1];
    program->busy_seconds += total;
    if (sum <= 0)
        return VKTL_OK;
    if (total > telling_seconds)
        program->device->work_per_second = (double)total_work(program) / total;
    const bool too_short = submits > 1 && total / submits < target_seconds / 4;
    if ((longest <= limit_seconds && !too_short) || program->cuts >= MAX_CUTS)
        return VKTL_OK;
    program->cuts++;
    correct_estimates(program, count, overall);
    return cut(program);
}

vktl_status program_wait(struct program *program)
{
    vktl_status status = VKTL_OK;
    struct vktl_device *device = program->device;
    vktl_assert(program->running);
    TRY_VULKAN(device, vkWaitForFences(device->device, 1, &program->fence, VK_TRUE, UINT64_MAX),
               "running");
    program->running = false;
    if (!program->queries)
        return VKTL_OK;
    if (program->profiling)
        read_profile(program);
    else
        TRY(adapt(program));
fail:
    return status;
}

vktl_status program_run(struct program *program)
{
    const vktl_status status = program_submit(program);
    return status == VKTL_OK ? program_wait(program) : status;
}

// ---- Figures -----------------------------------------------------------------------------------

vktl_status program_profile(struct program *program, bool on)
{
    vktl_status status = VKTL_OK;
    const uint32_t count = program->recorded->count;
    vktl_assert(!program->running);
    if (on == program->profiling)
        return VKTL_OK;
    if (!program->rows)
        program->rows = calloc(count ? count : 1, sizeof *program->rows);
    TRY_ALLOC(program->device->log, program->rows);
    free_buffers(program);
    program->profiling = on;
    TRY(create_queries(program, on ? count + 1 : 2 * (count + 1)));
    TRY(cut(program));
fail:
    return status;
}

uint32_t program_profile_rows(const struct program *program, const struct profile_row **rows)
{
    *rows = program->rows;
    return program->profiling ? program->recorded->count : 0;
}

uint32_t program_submit_count(const struct program *program)
{
    return program->buffer_count;
}

double program_busy_seconds(const struct program *program)
{
    return program->busy_seconds;
}

uint64_t program_flops(const struct program *program)
{
    uint64_t flops = 0;
    for (uint32_t i = 0; i < program->recorded->count; i++)
        flops += program->recorded->commands[i].flops;
    return flops;
}
