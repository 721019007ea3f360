// Responsible for compiling one kernel on a null device and for reading what the compiler says of
// it. Leaves to the others which kernels there are and what the numbers mean.
#include "estimate.h"
#include "gpu/matrices.h"

#include <stdlib.h>
#include <string.h>

static vktl_status open_logical(struct vktl_device *device)
{
    vktl_status status = VKTL_OK;
    uint32_t timestamp_bits;
    const float priority = 1;
    const char *const extensions[] = {VK_KHR_PIPELINE_EXECUTABLE_PROPERTIES_EXTENSION_NAME,
                                      VK_KHR_COOPERATIVE_MATRIX_EXTENSION_NAME};
    const bool has_matrices = device->info.matrix_rows > 0;
    struct matrices_features matrices;
    const VkDeviceQueueCreateInfo queue = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
        .queueFamilyIndex = physical_compute_family(device->physical, &timestamp_bits),
        .queueCount = 1,
        .pQueuePriorities = &priority,
    };
    VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR executable = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR,
        .pipelineExecutableInfo = VK_TRUE,
    };
    VkPhysicalDeviceBufferDeviceAddressFeatures address = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES,
        .pNext = &executable,
        .bufferDeviceAddress = VK_TRUE,
    };
    const VkDeviceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
        .pNext = has_matrices ? matrices_features_init(&matrices, &address) : (void *)&address,
        .queueCreateInfoCount = 1,
        .pQueueCreateInfos = &queue,
        .enabledExtensionCount = has_matrices ? 2 : 1,
        .ppEnabledExtensionNames = extensions,
    };
    TRY_VULKAN(device, vkCreateDevice(device->physical, &info, NULL, &device->device),
               "opening the null device");
    TRY(pipelines_create(device, "", &device->pipelines));
fail:
    return status;
}

vktl_status compile_open(const struct vktl_log *log, const char *family, uint32_t most_invocations,
                         struct vktl_device *device)
{
    vktl_status status = VKTL_OK;
    VkPhysicalDevice *physicals = NULL;
    struct vktl_device_info *infos = NULL;
    uint32_t count = 0;
    bool has_debug_utils;
    *device = (struct vktl_device){.log = log, .statistics = true};
    setenv("RADV_FORCE_FAMILY", family, 1);
    TRY(instance_create(log, false, &device->instance, &has_debug_utils));
    TRY(instance_devices(log, device->instance, &physicals, &infos, &count));
    for (uint32_t i = 0; i < count && !device->physical; i++) {
        if (strstr(infos[i].name, "Null")) {
            device->physical = physicals[i];
            device->info = infos[i];
            if (most_invocations)
                device->info.max_invocations = most_invocations;
        }
    }
    if (!device->physical)
        FAIL(log, VKTL_NO_DEVICE, "RADV has no null device for %s here", family);
    TRY(open_logical(device));
fail:
    free(physicals);
    free(infos);
    return status;
}

void compile_close(struct vktl_device *device)
{
    if (device->pipelines)
        pipelines_destroy(device, &device->pipelines);
    if (device->device)
        vkDestroyDevice(device->device, NULL);
    if (device->instance)
        vkDestroyInstance(device->instance, NULL);
    *device = (struct vktl_device){0};
}

static void read_statistic(const VkPipelineExecutableStatisticKHR *from, struct estimate *to)
{
    const struct {
        const char *name;
        uint32_t *value;
    } known[] = {
        {"VGPRs", &to->vgprs},
        {"SGPRs", &to->sgprs},
        {"LDS size", &to->lds_size},
        {"Code size", &to->code_size},
        {"Subgroups per SIMD", &to->subgroups},
        {"Inverse Throughput", &to->cycles},
    };
    const uint32_t value = (uint32_t)from->value.u64;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(from->name, known[i].name) == 0)
            *known[i].value = value;
    if (strncmp(from->name, "Spilled", strlen("Spilled")) == 0)
        to->spilled += value;
}

vktl_status compile_kernel(struct vktl_device *device, const struct kernel *kernel, bool by_address,
                           const uint32_t *constants, uint32_t constant_count,
                           struct estimate *estimate)
{
    enum { MAX_STATISTICS = 64 };
    vktl_status status = VKTL_OK;
    const struct pipeline *pipeline = NULL;
    *estimate = (struct estimate){0};
    TRY(pipelines_get(device, kernel, by_address, constants, constant_count, &pipeline));
    const VkPipelineInfoKHR which = {.sType = VK_STRUCTURE_TYPE_PIPELINE_INFO_KHR,
                                     .pipeline = pipeline->pipeline};
    VkPipelineExecutablePropertiesKHR properties = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_PROPERTIES_KHR};
    uint32_t executables = 1, count = MAX_STATISTICS;
    TRY_VULKAN(
        device,
        vkGetPipelineExecutablePropertiesKHR(device->device, &which, &executables, &properties),
        "asking what was compiled");
    estimate->subgroup_size = properties.subgroupSize;
    const VkPipelineExecutableInfoKHR first = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR, .pipeline = pipeline->pipeline};
    VkPipelineExecutableStatisticKHR statistics[MAX_STATISTICS];
    for (uint32_t i = 0; i < MAX_STATISTICS; i++)
        statistics[i] = (VkPipelineExecutableStatisticKHR){
            .sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR};
    TRY_VULKAN(device,
               vkGetPipelineExecutableStatisticsKHR(device->device, &first, &count, statistics),
               "asking for the compiler's statistics");
    for (uint32_t i = 0; i < count; i++)
        read_statistic(&statistics[i], estimate);
fail:
    return status;
}
