// Responsible for listing, choosing, opening and closing devices. What a device is found to be is
// instance.c's, its memory is memory.c's.
#include "gpu/device.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/text.h"
#include "gpu/matrices.h"

vktl_status vktl_device_list(const struct vktl_log *log, struct vktl_device_info **infos,
                             uint32_t *count)
{
    VkInstance instance = VK_NULL_HANDLE;
    VkPhysicalDevice *physicals = NULL;
    bool has_debug_utils = false;
    *infos = NULL, *count = 0;
    vktl_status status = instance_create(log, false, &instance, &has_debug_utils);
    if (status == VKTL_OK)
        status = instance_devices(log, instance, &physicals, infos, count);
    for (uint32_t i = 0; i < *count; i++)
        verdicts_describe(&(*infos)[i]);
    free(physicals);
    if (instance)
        vkDestroyInstance(instance, NULL);
    return status;
}

void vktl_device_list_free(struct vktl_device_info **infos)
{
    free(*infos);
    *infos = NULL;
}

// ---- Choice ------------------------------------------------------------------------------------

static bool contains_ignoring_case(const char *text, const char *part)
{
    const size_t length = strlen(part);
    for (; *text; text++) {
        size_t i = 0;
        while (i < length && tolower((unsigned char)text[i]) == tolower((unsigned char)part[i]))
            i++;
        if (i == length)
            return true;
    }
    return false;
}

static bool fits(const struct vktl_device_info *info, const char *which)
{
    static const char *const types[] = {"discrete", "integrated", "virtual", "cpu"};
    if (strcmp(which, "auto") == 0)
        return info->usable;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(which, types[i]) == 0)
            return info->type == (enum vktl_device_type)i;
    char *end = NULL;
    const unsigned long number = strtoul(which, &end, 10);
    if (*which && *end == '\0')
        return info->index == number;
    return contains_ignoring_case(info->name, which) || contains_ignoring_case(info->driver, which);
}

static vktl_status no_device_fits(const struct vktl_log *log, const char *which,
                                  const struct vktl_device_info *infos, uint32_t count)
{
    struct text text;
    text_init(&text);
    for (uint32_t i = 0; i < count; i++)
        text_format(&text, "%sdevice %u, %s%s%s", i ? "; " : "", infos[i].index, infos[i].name,
                    infos[i].usable ? "" : " - not usable: ", infos[i].unusable_because);
    const vktl_status status =
        log_fail(log, VKTL_NO_DEVICE, "no usable Vulkan device fits '%s'; this machine has %s",
                 which, text.data ? text.data : "none");
    text_deinit(&text);
    return status;
}

static vktl_status choose(struct vktl_device *device, const char *which)
{
    struct vktl_device_info *infos = NULL;
    VkPhysicalDevice *physicals = NULL;
    uint32_t count = 0, chosen = 0;
    vktl_status status =
        instance_devices(device->log, device->instance, &physicals, &infos, &count);
    if (status != VKTL_OK)
        return status;
    while (chosen < count && !(infos[chosen].usable && fits(&infos[chosen], which)))
        chosen++;
    if (chosen < count) {
        device->physical = physicals[chosen];
        device->info = infos[chosen];
    } else {
        status = no_device_fits(device->log, which, infos, count);
    }
    free(infos);
    free(physicals);
    return status;
}

// ---- Opening -----------------------------------------------------------------------------------

static VKAPI_ATTR VkBool32 VKAPI_CALL on_validation_message(
    VkDebugUtilsMessageSeverityFlagBitsEXT severity, VkDebugUtilsMessageTypeFlagsEXT types,
    const VkDebugUtilsMessengerCallbackDataEXT *data, void *user)
{
    struct vktl_device *device = user;
    (void)severity, (void)types;
    device->validation_messages++;
    log_write(device->log, VKTL_LOG_ERROR, "Vulkan validation: %s", data->pMessage);
    return VK_FALSE;
}

static vktl_status create_messenger(struct vktl_device *device)
{
    const VkDebugUtilsMessengerCreateInfoEXT info = {
        .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
        .messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT |
                           VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
        .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT,
        .pfnUserCallback = on_validation_message,
        .pUserData = device,
    };
    vktl_status status = VKTL_OK;
    TRY_CREATE(device, device->messenger,
               vkCreateDebugUtilsMessengerEXT(device->instance, &info, NULL, &device->messenger),
               "listening to validation");
fail:
    return status;
}

static bool can_round(VkPhysicalDevice physical)
{
    VkPhysicalDeviceFloatControlsProperties controls = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FLOAT_CONTROLS_PROPERTIES};
    VkPhysicalDeviceProperties2 properties = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &controls};
    vkGetPhysicalDeviceProperties2(physical, &properties);
    return controls.shaderRoundingModeRTEFloat32;
}

static vktl_status create_logical(struct vktl_device *device)
{
    vktl_status status = VKTL_OK;
    uint32_t timestamp_bits = 0;
    device->queue_family = physical_compute_family(device->physical, &timestamp_bits);
    const float priority = 1;
    const VkDeviceQueueCreateInfo queue = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
        .queueFamilyIndex = device->queue_family,
        .queueCount = 1,
        .pQueuePriorities = &priority,
    };
    const char *const extensions[] = {VK_KHR_COOPERATIVE_MATRIX_EXTENSION_NAME};
    const bool has_matrices = device->info.matrix_rows > 0 && !device->info.matrices_emulated;
    struct matrices_features matrices;
    VkPhysicalDeviceBufferDeviceAddressFeatures address = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES,
        .bufferDeviceAddress = VK_TRUE,
    };
    void *features = device->info.has_addresses ? &address : NULL;
    const VkDeviceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
        .pNext = has_matrices ? matrices_features_init(&matrices, features) : features,
        .enabledExtensionCount = has_matrices ? 1 : 0,
        .ppEnabledExtensionNames = extensions,
        .queueCreateInfoCount = 1,
        .pQueueCreateInfos = &queue,
    };
    TRY_CREATE(device, device->device,
               vkCreateDevice(device->physical, &info, NULL, &device->device),
               "opening the device");
    vkGetDeviceQueue(device->device, device->queue_family, 0, &device->queue);
    vkGetPhysicalDeviceMemoryProperties(device->physical, &device->memory);
    const VkCommandPoolCreateInfo pool = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
        .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
        .queueFamilyIndex = device->queue_family,
    };
    TRY_CREATE(device, device->command_pool,
               vkCreateCommandPool(device->device, &pool, NULL, &device->command_pool),
               "making a command pool");
fail:
    return status;
}

static vktl_status choose_form(struct vktl_device *device, enum vktl_form form)
{
    if (form == VKTL_FORM_ADDRESS && !device->info.has_addresses)
        return log_fail(device->log, VKTL_FAILED, "%s has no buffer device addresses",
                        device->info.name);
    if (form != VKTL_FORM_AUTO)
        device->info.form = form;
    return VKTL_OK;
}

// Not square, so that rows taken for columns are seen.
static void emulate_matrices(struct vktl_device_info *info)
{
    info->matrices_emulated = true;
    info->matrix_rows = 8, info->matrix_columns = 16, info->matrix_depth = 16;
}

static void limit_memory(struct vktl_device *device, uint64_t limit)
{
    struct vktl_device_info *info = &device->info;
    if (limit && limit < info->memory_size)
        info->memory_size = limit;
    if (info->memory_available > info->memory_size)
        info->memory_available = info->memory_size;
}

static vktl_status copy_folder(struct vktl_device *device, const char *folder)
{
    if (!folder)
        return VKTL_OK;
    device->cache_folder = path_join("", folder);
    return device->cache_folder ? VKTL_OK
                                : log_fail(device->log, VKTL_NO_MEMORY, "out of host memory");
}

vktl_status vktl_device_open(const struct vktl_log *log, const struct vktl_device_params *params,
                             struct vktl_device **out)
{
    vktl_status status = VKTL_OK;
    const struct vktl_device_params defaults = {0};
    if (!params)
        params = &defaults;
    bool has_debug_utils = false;
    struct vktl_device *device = calloc(1, sizeof *device);
    TRY_ALLOC(log, device);
    device->log = log;
    device->guard = params->guard;
    TRY(instance_create(log, params->validate, &device->instance, &has_debug_utils));
    if (has_debug_utils)
        TRY(create_messenger(device));
    TRY(choose(device, params->which ? params->which : "auto"));
    device->info.gpu_kernels = params->gpu_kernels;
    device->info.strict = params->strict;
    if (params->emulate_matrices)
        emulate_matrices(&device->info);
    device->runs_until_failure = params->fail_run;
    device->can_round = can_round(device->physical);
    TRY(choose_form(device, params->form));
    TRY(create_logical(device));
    TRY(staging_create(device));
    device->allocated = 0; // staging is beside any limit
    limit_memory(device, params->memory_limit);
    TRY(copy_folder(device, params->cache_folder));
    TRY(pipelines_create(device, device->cache_folder, &device->pipelines));
    verdicts_open(device, params);
    tuning_open(device, &params->tuning);
    // A first guess, corrected by the timestamps of the first program.
    device->work_per_second = device->info.type == VKTL_DEVICE_CPU ? 5e9 : 2e11;
    *out = device;
    return VKTL_OK;
fail:
    vktl_device_close(&device);
    return status;
}

void vktl_device_close(struct vktl_device **out)
{
    struct vktl_device *device = *out;
    if (!device)
        return;
    if (device->device) {
        device_settle(device);
        pipelines_destroy(device, &device->pipelines);
        staging_destroy(device);
        if (device->command_pool)
            vkDestroyCommandPool(device->device, device->command_pool, NULL);
        vkDestroyDevice(device->device, NULL);
    }
    if (device->messenger)
        vkDestroyDebugUtilsMessengerEXT(device->instance, device->messenger, NULL);
    if (device->instance)
        vkDestroyInstance(device->instance, NULL);
    tuning_close(device);
    verdicts_close(device);
    free(device->cache_folder);
    free(device);
    *out = NULL;
}

const struct vktl_device_info *vktl_device_info(const struct vktl_device *device)
{
    return &device->info;
}

void gpu_be_strict(struct vktl_device *device)
{
    device->info.strict = true;
}

const struct vktl_log *device_redirect_log(struct vktl_device *device, const struct vktl_log *log)
{
    const struct vktl_log *before = device->log;
    device->log = log;
    return before;
}

uint32_t vktl_device_validation_messages(const struct vktl_device *device)
{
    return device->validation_messages;
}
