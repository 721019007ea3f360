// Reports a device at the baseline of the design, whatever lies below: nothing optional, small
// limits. What a kernel then uses beyond them, the validation layer tells, which sees these limits
// where it lies above this layer; a device that is asked for more is refused here.
#include "layer.h"

#include <string.h>

enum {
    SHARED_SIZE = 16 << 10,
    STORAGE_RANGE = 128 << 20,
    ALLOCATION_SIZE = 1 << 30,
    PUSH_SIZE = 128,
    GROUPS = 65535,
};

static void reduce(uint32_t *limit, uint32_t most)
{
    *limit = *limit < most ? *limit : most;
}

static void reduce_64(uint64_t *limit, uint64_t most)
{
    *limit = *limit < most ? *limit : most;
}

// ---- Properties

void limits_properties(VkPhysicalDeviceProperties *properties)
{
    VkPhysicalDeviceLimits *limits = &properties->limits;
    const uint32_t invocations = settings()->invocations;
    properties->apiVersion = VK_API_VERSION_1_2;
    reduce(&limits->maxComputeSharedMemorySize, SHARED_SIZE);
    reduce(&limits->maxComputeWorkGroupInvocations, invocations);
    reduce(&limits->maxComputeWorkGroupSize[0], invocations);
    reduce(&limits->maxComputeWorkGroupSize[1], invocations);
    reduce(&limits->maxComputeWorkGroupSize[2], 64);
    reduce(&limits->maxPushConstantsSize, PUSH_SIZE);
    reduce(&limits->maxStorageBufferRange, STORAGE_RANGE);
    for (int axis = 0; axis < 3; axis++)
        reduce(&limits->maxComputeWorkGroupCount[axis], GROUPS);
    limits->timestampComputeAndGraphics = VK_FALSE;
    limits->timestampPeriod = 1;
}

static void limit_subgroup(uint32_t *size, VkShaderStageFlags *stages,
                           VkSubgroupFeatureFlags *operations, VkBool32 *quads)
{
    *size = settings()->subgroup ? settings()->subgroup : *size;
    *stages = VK_SHADER_STAGE_COMPUTE_BIT;
    *operations = VK_SUBGROUP_FEATURE_BASIC_BIT;
    *quads = VK_FALSE;
}

void limits_properties_chain(void *next)
{
    for (VkBaseOutStructure *at = next; at; at = at->pNext) {
        if (at->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES) {
            VkPhysicalDeviceSubgroupProperties *subgroup = (void *)at;
            limit_subgroup(&subgroup->subgroupSize, &subgroup->supportedStages,
                           &subgroup->supportedOperations, &subgroup->quadOperationsInAllStages);
        } else if (at->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_PROPERTIES) {
            VkPhysicalDeviceVulkan11Properties *all = (void *)at;
            limit_subgroup(&all->subgroupSize, &all->subgroupSupportedStages,
                           &all->subgroupSupportedOperations,
                           &all->subgroupQuadOperationsInAllStages);
            reduce_64(&all->maxMemoryAllocationSize, ALLOCATION_SIZE);
        } else if (at->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES) {
            VkPhysicalDeviceMaintenance3Properties *maintenance = (void *)at;
            reduce_64(&maintenance->maxMemoryAllocationSize, ALLOCATION_SIZE);
        } else if (at->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_PROPERTIES) {
            VkPhysicalDeviceMaintenance4Properties *maintenance = (void *)at;
            reduce_64(&maintenance->maxBufferSize, ALLOCATION_SIZE);
        }
    }
}

void limits_families(uint32_t count, VkQueueFamilyProperties *families)
{
    for (uint32_t i = 0; families && i < count; i++)
        families[i].timestampValidBits = 0;
}

void limits_extensions(VkResult result, uint32_t *count)
{
    if (settings()->limits && result >= VK_SUCCESS)
        *count = 0;
}

// ---- Features

// Structures of features that are known here: a header, then nothing but VkBool32.
static const struct {
    VkStructureType type;
    size_t size;
} feature_structures[] = {
    {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES,
     sizeof(VkPhysicalDeviceBufferDeviceAddressFeatures)},
    {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_FLOAT16_INT8_FEATURES,
     sizeof(VkPhysicalDeviceShaderFloat16Int8Features)},
    {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES,
     sizeof(VkPhysicalDevice16BitStorageFeatures)},
    {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_8BIT_STORAGE_FEATURES,
     sizeof(VkPhysicalDevice8BitStorageFeatures)},
    {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_MEMORY_MODEL_FEATURES,
     sizeof(VkPhysicalDeviceVulkanMemoryModelFeatures)},
    {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES,
     sizeof(VkPhysicalDeviceVulkan11Features)},
    {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
     sizeof(VkPhysicalDeviceVulkan12Features)},
    {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES,
     sizeof(VkPhysicalDeviceVulkan13Features)},
};

static size_t feature_size(VkStructureType type)
{
    for (size_t i = 0; i < sizeof feature_structures / sizeof *feature_structures; i++)
        if (feature_structures[i].type == type)
            return feature_structures[i].size;
    return 0;
}

void limits_features(VkPhysicalDeviceFeatures *features)
{
    memset(features, 0, sizeof *features);
}

void limits_features_chain(void *next)
{
    for (VkBaseOutStructure *at = next; at; at = at->pNext) {
        const size_t size = feature_size(at->sType);
        if (size)
            memset(at + 1, 0, size - sizeof *at);
    }
}

// ---- Opening

static bool is_any_set(const void *flags, size_t size)
{
    const unsigned char *bytes = flags;
    while (size > 0 && bytes[size - 1] == 0)
        size--;
    return size > 0;
}

bool limits_allow_device(const VkDeviceCreateInfo *info)
{
    const char *what = NULL;
    const VkPhysicalDeviceFeatures *features = info->pEnabledFeatures;
    if (info->enabledExtensionCount)
        what = info->ppEnabledExtensionNames[0];
    if (features && is_any_set(features, sizeof *features))
        what = "features of Vulkan 1.0";
    for (const VkBaseInStructure *at = info->pNext; at; at = at->pNext) {
        const size_t size = feature_size(at->sType);
        const bool is_loader = at->sType == VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO;
        if (!is_loader && (!size || is_any_set(at + 1, size - sizeof *at)))
            what = "a structure of features";
    }
    if (what)
        layer_say("limits: a device is asked for with %s, beyond the baseline", what);
    return !what;
}
