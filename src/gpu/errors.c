// Responsible for turning Vulkan's results into statuses with messages.
#include "gpu/device.h"

const char *vulkan_result_text(VkResult result)
{
    switch (result) {
    case VK_SUCCESS:
        return "success";
    case VK_ERROR_OUT_OF_HOST_MEMORY:
        return "out of host memory";
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
        return "out of device memory";
    case VK_ERROR_DEVICE_LOST:
        return "the device was lost";
    case VK_ERROR_INITIALIZATION_FAILED:
        return "the driver could not start";
    case VK_ERROR_INCOMPATIBLE_DRIVER:
        return "no driver fits";
    case VK_ERROR_EXTENSION_NOT_PRESENT:
        return "an extension is missing";
    case VK_ERROR_FEATURE_NOT_PRESENT:
        return "a feature is missing";
    case VK_ERROR_LAYER_NOT_PRESENT:
        return "a layer is missing";
    case VK_ERROR_TOO_MANY_OBJECTS:
        return "too many objects";
    case VK_ERROR_FRAGMENTED_POOL:
    case VK_ERROR_OUT_OF_POOL_MEMORY:
        return "out of pool memory";
    case VK_TIMEOUT:
        return "timed out";
    default:
        return "unexpected Vulkan error";
    }
}

vktl_status vulkan_status(VkResult result)
{
    switch (result) {
    case VK_SUCCESS:
        return VKTL_OK;
    case VK_ERROR_OUT_OF_HOST_MEMORY:
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
    case VK_ERROR_FRAGMENTED_POOL:
    case VK_ERROR_OUT_OF_POOL_MEMORY:
    case VK_ERROR_TOO_MANY_OBJECTS:
        return VKTL_NO_MEMORY;
    case VK_ERROR_DEVICE_LOST:
        return VKTL_DEVICE_LOST;
    default:
        return VKTL_FAILED;
    }
}

vktl_status device_result(struct vktl_device *device, VkResult result, const char *doing)
{
    const vktl_status status = vulkan_status(result);
    if (status == VKTL_OK)
        return VKTL_OK;
    if (status == VKTL_DEVICE_LOST)
        device->lost = true;
    return log_fail(device->log, status, "%s: %s: %s (Vulkan result %d)%s", device->info.name,
                    doing, vulkan_result_text(result), (int)result,
                    status == VKTL_DEVICE_LOST
                        ? "; the driver gave up on the work: try again, or a "
                          "smaller --batch"
                        : "");
}

// That memory is short may pass.
void device_settle(struct vktl_device *device)
{
    enum { TRIALS = 100 };
    VkResult result = VK_ERROR_OUT_OF_HOST_MEMORY;
    for (int i = 0; i < TRIALS && vulkan_status(result) == VKTL_NO_MEMORY; i++)
        result = vkDeviceWaitIdle(device->device);
    if (result == VK_ERROR_DEVICE_LOST)
        device->lost = true;
}

bool device_is_usable(const struct vktl_device *device)
{
    return !device->lost;
}

vktl_status device_begin_run(struct vktl_device *device)
{
    if (!device_is_usable(device))
        return log_fail(device->log, VKTL_DEVICE_LOST, "%s was lost; it takes no more work",
                        device->info.name);
    if (!device->runs_until_failure || --device->runs_until_failure > 0)
        return VKTL_OK;
    return device_result(device, VK_ERROR_OUT_OF_DEVICE_MEMORY, "submitting");
}
