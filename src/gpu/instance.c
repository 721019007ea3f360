// Responsible for loading Vulkan and for knowing which devices there are and in which order they
// are preferred. Opening one is device.c's.
#include "gpu/device.h"
#include "gpu/matrices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/environment.h"
#include "base/files.h"

enum {
    BASELINE_SHARED_SIZE = 16 * 1024,
    BASELINE_PUSH_SIZE = 128,
    VENDOR_AMD = 0x1002,
    VENDOR_NVIDIA = 0x10de,
    VENDOR_INTEL = 0x8086,
    VENDOR_GOOGLE = 0x1ae0,
    VENDOR_MESA = 0x10005,
};

// Drivers that tools/setup.sh unpacked for vktl alone are made known to the loader. Best effort:
// without them the system's drivers are still there.
static void add_own_drivers(void)
{
    char *data = NULL, *folder = NULL;
    struct folder_list list = {0};
    if (folder_data(NULL, &data) != VKTL_OK)
        return;
    folder = path_join(data, "drivers/icd.d");
    if (folder && folder_exists(folder) && folder_list_init(NULL, folder, &list) == VKTL_OK) {
        for (size_t i = 0; i < list.count; i++) {
            char *path = strcmp(path_extension(list.entries[i].name), "json") == 0
                             ? path_join(folder, list.entries[i].name)
                             : NULL;
            if (path)
                environment_append_path("VK_ADD_DRIVER_FILES", path);
            free(path);
        }
        folder_list_deinit(&list);
    }
    free(folder);
    free(data);
}

static bool has_layer(const char *name)
{
    uint32_t count = 0;
    vkEnumerateInstanceLayerProperties(&count, NULL);
    VkLayerProperties *layers = calloc(count ? count : 1, sizeof *layers);
    bool found = false;
    if (layers && vkEnumerateInstanceLayerProperties(&count, layers) >= VK_SUCCESS)
        for (uint32_t i = 0; i < count; i++)
            found = found || strcmp(layers[i].layerName, name) == 0;
    free(layers);
    return found;
}

static bool has_extension(const char *layer, const char *name)
{
    uint32_t count = 0;
    if (vkEnumerateInstanceExtensionProperties(layer, &count, NULL) != VK_SUCCESS)
        return false;
    VkExtensionProperties *extensions = calloc(count ? count : 1, sizeof *extensions);
    bool found = false;
    if (extensions &&
        vkEnumerateInstanceExtensionProperties(layer, &count, extensions) >= VK_SUCCESS)
        for (uint32_t i = 0; i < count; i++)
            found = found || strcmp(extensions[i].extensionName, name) == 0;
    free(extensions);
    return found;
}

static const char validation_layer[] = "VK_LAYER_KHRONOS_validation";

vktl_status instance_create(const struct vktl_log *log, bool validate, VkInstance *instance,
                            bool *has_debug_utils)
{
    vktl_status status = VKTL_OK;
    add_own_drivers();
    if (volkInitialize() != VK_SUCCESS)
        return log_fail(log, VKTL_NO_DEVICE,
                        "no Vulkan loader (libvulkan.so.1) on this machine; install your "
                        "distribution's Vulkan loader and driver, or run tools/setup.sh");
    if (volkGetInstanceVersion() < VK_API_VERSION_1_2)
        return log_fail(log, VKTL_NO_DEVICE,
                        "this Vulkan loader is older than Vulkan 1.2; update it");
    if (validate && !has_layer(validation_layer))
        return log_fail(log, VKTL_FAILED,
                        "the Vulkan validation layer is not installed (package "
                        "vulkan-validationlayers)");

    const VkApplicationInfo application = {
        .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
        .pApplicationName = "vktl",
        .pEngineName = "vktl",
        .apiVersion = VK_API_VERSION_1_2,
    };
    const VkValidationFeatureEnableEXT enables[] = {
        VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT};
    const VkValidationFeaturesEXT features = {
        .sType = VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT,
        .enabledValidationFeatureCount = 1,
        .pEnabledValidationFeatures = enables,
    };
    const char *layers[] = {validation_layer};
    const char *extensions[2];
    uint32_t extension_count = 0;
    *has_debug_utils =
        validate && has_extension(validation_layer, VK_EXT_DEBUG_UTILS_EXTENSION_NAME);
    if (*has_debug_utils)
        extensions[extension_count++] = VK_EXT_DEBUG_UTILS_EXTENSION_NAME;
    const bool has_features =
        validate && has_extension(validation_layer, VK_EXT_VALIDATION_FEATURES_EXTENSION_NAME);
    if (has_features)
        extensions[extension_count++] = VK_EXT_VALIDATION_FEATURES_EXTENSION_NAME;

    const VkInstanceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
        .pNext = has_features ? &features : NULL,
        .pApplicationInfo = &application,
        .enabledLayerCount = validate ? 1 : 0,
        .ppEnabledLayerNames = layers,
        .enabledExtensionCount = extension_count,
        .ppEnabledExtensionNames = extensions,
    };
    const VkResult result = vkCreateInstance(&info, NULL, instance);
    if (result == VK_ERROR_INCOMPATIBLE_DRIVER)
        FAIL(log, VKTL_NO_DEVICE,
             "no Vulkan driver on this machine; install one (mesa-vulkan-drivers for AMD, Intel or "
             "the CPU; your vendor's for NVIDIA), or run tools/setup.sh");
    if (result != VK_SUCCESS)
        FAIL(log, vulkan_status(result), "Vulkan could not be started: %s",
             vulkan_result_text(result));
    volkLoadInstance(*instance);
    return VKTL_OK;
fail:
    *instance = VK_NULL_HANDLE; // undefined after a failure
    return status;
}

uint32_t physical_compute_family(VkPhysicalDevice physical, uint32_t *timestamp_bits)
{
    enum { MAX_FAMILIES = 32 };
    VkQueueFamilyProperties families[MAX_FAMILIES];
    uint32_t count = MAX_FAMILIES;
    vkGetPhysicalDeviceQueueFamilyProperties(physical, &count, families);
    for (uint32_t i = 0; i < count; i++) {
        if (!(families[i].queueFlags & VK_QUEUE_COMPUTE_BIT))
            continue;
        *timestamp_bits = families[i].timestampValidBits;
        return i;
    }
    return UINT32_MAX;
}

static enum vktl_device_type type_of(VkPhysicalDeviceType type)
{
    switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
        return VKTL_DEVICE_DISCRETE;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
        return VKTL_DEVICE_INTEGRATED;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
        return VKTL_DEVICE_VIRTUAL;
    case VK_PHYSICAL_DEVICE_TYPE_CPU:
        return VKTL_DEVICE_CPU;
    default:
        return VKTL_DEVICE_OTHER;
    }
}

static void name_vendor(struct vktl_device_info *info)
{
    static const struct {
        uint32_t id;
        const char *name;
    } vendors[] = {{VENDOR_AMD, "AMD"},
                   {VENDOR_NVIDIA, "NVIDIA"},
                   {VENDOR_INTEL, "Intel"},
                   {VENDOR_GOOGLE, "Google"},
                   {VENDOR_MESA, "Mesa"}};
    snprintf(info->vendor, sizeof info->vendor, "0x%x", info->vendor_id);
    for (size_t i = 0; i < sizeof vendors / sizeof *vendors; i++)
        if (vendors[i].id == info->vendor_id)
            snprintf(info->vendor, sizeof info->vendor, "%s", vendors[i].name);
}

// lavapipe's driver version is always 1; its text says "Mesa 25.0.7 (...)".
static uint32_t release_of(const VkPhysicalDeviceDriverProperties *driver, uint32_t driver_version)
{
    unsigned major = 0, minor = 0, patch = 0;
    if (sscanf(driver->driverInfo, "Mesa %u.%u.%u", &major, &minor, &patch) < 2)
        return driver_version;
    return VK_MAKE_API_VERSION(0, major, minor, patch);
}

// Loads by address are twice as fast as storage buffers on lavapipe from Mesa 23 on, slower on
// older ones and by the estimate of AMD's compiler; elsewhere storage buffers are the safe choice.
static enum vktl_form preferred_form(const struct vktl_device_info *info, VkDriverId driver)
{
    const bool new_lavapipe =
        driver == VK_DRIVER_ID_MESA_LLVMPIPE && VK_API_VERSION_MAJOR(info->driver_release) >= 23;
    return new_lavapipe && info->has_addresses ? VKTL_FORM_ADDRESS : VKTL_FORM_STORAGE;
}

static void refuse(struct vktl_device_info *info, const char *why)
{
    info->usable = false;
    snprintf(info->unusable_because, sizeof info->unusable_because, "%s", why);
}

static void check_baseline(struct vktl_device_info *info, const VkPhysicalDeviceLimits *limits,
                           uint32_t family)
{
    info->usable = true;
    if (info->api_version < VK_API_VERSION_1_2)
        refuse(info, "its driver is older than Vulkan 1.2");
    else if (family == UINT32_MAX)
        refuse(info, "it has no compute queue");
    else if (info->max_invocations < GPU_MIN_INVOCATIONS)
        refuse(info, "it runs fewer than 128 invocations a workgroup");
    else if (limits->maxComputeSharedMemorySize < BASELINE_SHARED_SIZE)
        refuse(info, "it has less than 16 KiB of shared memory");
    else if (limits->maxPushConstantsSize < BASELINE_PUSH_SIZE)
        refuse(info, "it has less than 128 bytes of push constants");
}

bool physical_offers(VkPhysicalDevice physical, const char *name)
{
    bool found = false;
    uint32_t count = 0;
    VkExtensionProperties *extensions = NULL;
    if (vkEnumerateDeviceExtensionProperties(physical, NULL, &count, NULL) == VK_SUCCESS)
        extensions = calloc(count ? count : 1, sizeof *extensions);
    if (extensions &&
        vkEnumerateDeviceExtensionProperties(physical, NULL, &count, extensions) == VK_SUCCESS)
        for (uint32_t i = 0; i < count; i++)
            found = found || strcmp(extensions[i].extensionName, name) == 0;
    free(extensions);
    return found;
}

static void describe_memory(VkPhysicalDevice physical, struct vktl_device_info *info)
{
    VkPhysicalDeviceMemoryBudgetPropertiesEXT budget = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT};
    VkPhysicalDeviceMemoryProperties2 memory = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2, .pNext = &budget};
    if (info->api_version >= VK_API_VERSION_1_2 &&
        physical_offers(physical, VK_EXT_MEMORY_BUDGET_EXTENSION_NAME))
        vkGetPhysicalDeviceMemoryProperties2(physical, &memory);
    else
        vkGetPhysicalDeviceMemoryProperties(physical, &memory.memoryProperties);
    for (uint32_t i = 0; i < memory.memoryProperties.memoryHeapCount; i++) {
        const VkMemoryHeap *heap = &memory.memoryProperties.memoryHeaps[i];
        if (!(heap->flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) || heap->size <= info->memory_size)
            continue;
        info->memory_size = heap->size;
        info->memory_available = budget.heapBudget[i] ? budget.heapBudget[i] : heap->size;
    }
}

static void describe(VkPhysicalDevice physical, struct vktl_device_info *info)
{
    VkPhysicalDeviceSubgroupProperties subgroup = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES};
    VkPhysicalDeviceDriverProperties driver = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES, .pNext = &subgroup};
    VkPhysicalDeviceMaintenance3Properties maintenance = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES, .pNext = &driver};
    VkPhysicalDeviceProperties2 properties = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &maintenance};
    VkPhysicalDeviceBufferDeviceAddressFeatures address = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES};
    VkPhysicalDeviceFeatures2 features = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
                                          .pNext = &address};
    VkPhysicalDeviceProperties first;
    vkGetPhysicalDeviceProperties(physical, &first);
    uint32_t timestamp_bits = 0;
    const uint32_t family = physical_compute_family(physical, &timestamp_bits);
    if (first.apiVersion >= VK_API_VERSION_1_2) {
        vkGetPhysicalDeviceProperties2(physical, &properties);
        vkGetPhysicalDeviceFeatures2(physical, &features);
    }
    const VkPhysicalDeviceLimits *limits = &first.limits;
    snprintf(info->name, sizeof info->name, "%s", first.deviceName);
    snprintf(info->driver, sizeof info->driver, "%s%s%s", driver.driverName,
             driver.driverInfo[0] ? " " : "", driver.driverInfo);
    info->vendor_id = first.vendorID;
    info->device_id = first.deviceID;
    info->driver_version = first.driverVersion;
    info->driver_release = release_of(&driver, first.driverVersion);
    info->api_version = first.apiVersion;
    memcpy(info->pipeline_cache_uuid, first.pipelineCacheUUID, sizeof info->pipeline_cache_uuid);
    info->type = type_of(first.deviceType);
    info->subgroup_size = subgroup.subgroupSize;
    const VkSubgroupFeatureFlags shuffles =
        VK_SUBGROUP_FEATURE_SHUFFLE_BIT | VK_SUBGROUP_FEATURE_QUAD_BIT;
    info->has_subgroup_shuffle = (subgroup.supportedOperations & shuffles) == shuffles &&
                                 (subgroup.supportedStages & VK_SHADER_STAGE_COMPUTE_BIT);
    info->max_invocations = limits->maxComputeWorkGroupInvocations;
    if (info->max_invocations > limits->maxComputeWorkGroupSize[0])
        info->max_invocations = limits->maxComputeWorkGroupSize[0];
    info->max_shared_size = limits->maxComputeSharedMemorySize;
    info->max_storage_range = limits->maxStorageBufferRange;
    info->max_allocation_size = maintenance.maxMemoryAllocationSize;
    // Vulkan 1.2 has no limit of its own for a buffer; an allocation's is what is left.
    info->max_buffer_size = maintenance.maxMemoryAllocationSize;
    info->timestamp_period_ns = timestamp_bits ? (double)limits->timestampPeriod : 0;
    info->has_addresses = address.bufferDeviceAddress;
    name_vendor(info);
    describe_memory(physical, info);
    matrices_describe(physical, info);
    check_baseline(info, limits, family);
    info->form = preferred_form(info, driver.driverID);
}

static int prefer(const struct vktl_device_info *a, const struct vktl_device_info *b)
{
    if (a->usable != b->usable)
        return a->usable ? -1 : 1;
    if (a->type != b->type)
        return a->type < b->type ? -1 : 1;
    if (a->type == VKTL_DEVICE_CPU && a->driver_release != b->driver_release)
        return a->driver_release > b->driver_release ? -1 : 1;
    return 0;
}

// Insertion sort: stable, so that equal devices keep the loader's order.
static void sort_devices(VkPhysicalDevice *physicals, struct vktl_device_info *infos,
                         uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        for (uint32_t j = i; j > 0 && prefer(&infos[j], &infos[j - 1]) < 0; j--) {
            const VkPhysicalDevice physical = physicals[j];
            const struct vktl_device_info info = infos[j];
            physicals[j] = physicals[j - 1], infos[j] = infos[j - 1];
            physicals[j - 1] = physical, infos[j - 1] = info;
        }
    }
    for (uint32_t i = 0; i < count; i++)
        infos[i].index = i;
}

vktl_status instance_devices(const struct vktl_log *log, VkInstance instance,
                             VkPhysicalDevice **physicals, struct vktl_device_info **infos,
                             uint32_t *count)
{
    vktl_status status = VKTL_OK;
    *physicals = NULL, *infos = NULL, *count = 0;
    VkResult result = vkEnumeratePhysicalDevices(instance, count, NULL);
    if (vulkan_status(result) == VKTL_NO_MEMORY)
        FAIL(log, VKTL_NO_MEMORY, "devices could not be listed: %s", vulkan_result_text(result));
    if (result != VK_SUCCESS || *count == 0)
        FAIL(log, VKTL_NO_DEVICE,
             "the Vulkan loader found no device; install a driver (mesa-vulkan-drivers for AMD, "
             "Intel or the CPU; your vendor's for NVIDIA), or run tools/setup.sh");
    *physicals = calloc(*count, sizeof **physicals);
    *infos = calloc(*count, sizeof **infos);
    TRY_ALLOC(log, *physicals);
    TRY_ALLOC(log, *infos);
    result = vkEnumeratePhysicalDevices(instance, count, *physicals);
    if (result < VK_SUCCESS)
        FAIL(log, vulkan_status(result), "devices could not be listed: %s",
             vulkan_result_text(result));
    for (uint32_t i = 0; i < *count; i++)
        describe((*physicals)[i], &(*infos)[i]);
    sort_devices(*physicals, *infos, *count);
    return VKTL_OK;
fail:
    free(*physicals);
    free(*infos);
    *physicals = NULL, *infos = NULL, *count = 0;
    return status;
}
