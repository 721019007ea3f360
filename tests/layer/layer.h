// What the parts of the tests' Vulkan layer share. layer.c tells what the layer is for.
//
// Vulkan is used from one thread at a time (include/vktl/device.h), so nothing here is locked. The
// layer stays loaded once it is (see CMakeLists.txt): counts are the process's, however many
// instances come and go. No heap: a leak is never the layer's.
#ifndef LAYER_H
#define LAYER_H

#include <stdbool.h>
#include <stdint.h>

#include <vulkan/vulkan_core.h>

// Prints why, and ends the process: what a test asks of the layer must not be missed.
_Noreturn void layer_give_up(const char *format, ...);
void layer_say(const char *format, ...);

// ---- settings.c: what VKTL_LAYER says

enum { MAX_FAULTS = 16, MAX_CORRUPT = 4, MAX_NAME = 64, MAX_PATH = 1024 };

struct fault {
    char function[MAX_NAME]; // without "vk"; "" counts all
    uint64_t first, last;    // calls of it, from 1
    VkResult result;
};

struct settings {
    struct fault faults[MAX_FAULTS];
    uint32_t fault_count;
    char calls[MAX_PATH], handles[MAX_PATH]; // files; "" is none
    char corrupt[MAX_CORRUPT][MAX_PATH];
    uint32_t corrupt_count;
    bool limits, refuses;
    uint32_t invocations, subgroup; // reported with limits
    uint64_t every;                 // submits between two lines of `handles`; 0: only at the end
};

// Read once.
const struct settings *settings(void);

// ---- faults.c

enum error { HOST_MEMORY = 1, DEVICE_MEMORY = 2, LOSS = 4 };

enum function {
    FUNCTION_CreateInstance,
    FUNCTION_CreateDevice,
#define OF_INSTANCE(name, parameters, arguments, errors, made) FUNCTION_##name,
#define OF_DEVICE                                              OF_INSTANCE
#include "functions.def"
#undef OF_INSTANCE
#undef OF_DEVICE
    FUNCTION_COUNT
};

// Counts a call; what it has to return without calling down, or VK_SUCCESS. `lost` is the device's,
// NULL where there is none.
VkResult faults_next(enum function function, const bool *lost);

// ---- handles.c

enum handle {
    HANDLE_INSTANCE,
    HANDLE_DEVICE,
    HANDLE_BUFFER,
    HANDLE_MEMORY,
    HANDLE_FENCE,
    HANDLE_COMMAND_POOL,
    HANDLE_COMMAND_BUFFER,
    HANDLE_DESCRIPTOR_POOL,
    HANDLE_DESCRIPTOR_SET,
    HANDLE_SET_LAYOUT,
    HANDLE_PIPELINE_LAYOUT,
    HANDLE_PIPELINE_CACHE,
    HANDLE_PIPELINE,
    HANDLE_SHADER_MODULE,
    HANDLE_QUERY_POOL,
    HANDLE_COUNT
};

// After a call that makes one handle: counts it. What an error leaves in `handle` is undefined, so
// it is made something that nobody may use; but pipelines are VK_NULL_HANDLE then, and so are
// handles that are allocated out of a pool.
void handles_made(VkResult result, enum handle type, void *handle);
void handles_made_null(VkResult result, enum handle type, uint32_t count, void *handles);
void handles_allocated(VkResult result, enum handle type, const void *pool, uint32_t count,
                       void *handles);

// Before one is destroyed; gives up where it is what an error left.
void handles_gone(enum handle type, uint64_t handle);
void handles_freed(enum handle type, uint64_t pool, uint32_t count);
void handles_pool_gone(enum handle type, uint64_t pool); // and all that was allocated out of it
void handles_submitted(void);

// Says which are left of a device or an instance that is destroyed; both count as gone.
void handles_device_gone(void);
void handles_instance_gone(void);

// ---- limits.c

void limits_properties(VkPhysicalDeviceProperties *properties);
void limits_properties_chain(void *next);
void limits_extensions(VkResult result, uint32_t *count); // none
void limits_features(VkPhysicalDeviceFeatures *features);
void limits_features_chain(void *next);
void limits_families(uint32_t count, VkQueueFamilyProperties *families);
bool limits_allow_device(const VkDeviceCreateInfo *info); // says why not

// ---- corrupt.c

// The same, or with other code where it is a shader that is to be corrupted.
const VkShaderModuleCreateInfo *corrupt_shader(const VkShaderModuleCreateInfo *info);

#endif
