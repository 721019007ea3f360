// One recorded command, shared by recorder.c and program.c.
#ifndef GPU_COMMAND_H
#define GPU_COMMAND_H

#include "gpu/device.h"

enum command_kind { COMMAND_DISPATCH, COMMAND_COPY, COMMAND_FILL };

struct command {
    enum command_kind kind;
    bool barrier;     // something before it must be finished
    uint32_t label;   // offset into recorder.labels
    const char *name; // kernel, or "copy", "fill"
    uint64_t flops;
    uint64_t work;  // flops and bytes touched: the first measure of how long it takes
    double seconds; // estimated from work, later from timestamps: submits are cut by it

    const struct pipeline *pipeline;
    struct slice bind[KERNEL_MAX_BUFFERS]; // exact extents; [0] to and [1] from of a copy
    VkDescriptorSet set;                   // VK_NULL_HANDLE in the address form
    unsigned char push[KERNEL_MAX_PUSH_SIZE];
    uint32_t push_size;
    uint32_t groups[3];
    uint32_t word; // of a fill
};

// A range touched since the last barrier.
struct touched {
    struct slice slice;
    bool written;
};

struct recorder {
    struct vktl_device *device;
    vktl_status status; // the first failure sticks
    struct command *commands;
    uint32_t count, capacity;
    char *labels; // strings one after another
    size_t labels_size;
    uint32_t label; // the current one
    struct touched *touched;
    uint32_t touched_count, touched_capacity;
};

#endif
