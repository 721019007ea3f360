// A Vulkan layer for tests: VK_LAYER_VKTL_test. It lies between vktl and the driver (or between the
// validation layer and the driver), and VKTL_LAYER says what it does there, items with commas
// between them:
//
//   fault=vkFUNCTION:N:ERROR  the N-th call of the function in this process fails without reaching
//                             the driver; `any` for the function: the N-th of all calls that may
//                             fail; "N+": from the N-th on. ERROR is DEVICE_LOST (where a device is
//                             lost all that may say so does from then on), OUT_OF_DEVICE_MEMORY or
//                             OUT_OF_HOST_MEMORY; a call that must not fail so does not
//   calls=FILE                every call that may fail, a line each, and counts at the end
//   handles=FILE              how many objects were made, lived at once and are left, by type;
//   every=N                     and how many live after every N submits
//   limits                    a device at the baseline of vktl, whatever lies below; one that is
//                             asked for more is not opened
//   refuse                    it is said to be what it is, and not opened either
//   invocations=N, subgroup=N   of these sizes (256, and the driver's)
//   corrupt=FILE.spv          the shader with this code (generated/spirv in the build folder) gets
//                             other code, which computes wrongly; up to four of them
//
// Objects that are left when a device is destroyed are told on stderr ("leak:") in any case, and
// what a failed call must leave undefined is spoilt, so that nobody gets away with using it.
//
// Switched on by VK_LAYER_PATH=<folder of the manifest> VK_INSTANCE_LAYERS=VK_LAYER_VKTL_test.
#include "layer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vulkan/vk_layer.h>

void layer_say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("test layer: ", stderr);
    vfprintf(stderr, format, arguments);
    fputs("\n", stderr);
    va_end(arguments);
}

void layer_give_up(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("test layer: ", stderr);
    vfprintf(stderr, format, arguments);
    fputs("\n", stderr);
    va_end(arguments);
    abort();
}

// ---- What lies below ---------------------------------------------------------------------------

struct instance {
    void *key; // what all that belongs to an instance begins with
    VkInstance instance;
    PFN_vkGetInstanceProcAddr get;
    PFN_vkDestroyInstance DestroyInstance;
    PFN_vkGetPhysicalDeviceProperties GetPhysicalDeviceProperties;
    PFN_vkGetPhysicalDeviceProperties2 GetPhysicalDeviceProperties2;
    PFN_vkGetPhysicalDeviceFeatures GetPhysicalDeviceFeatures;
    PFN_vkGetPhysicalDeviceFeatures2 GetPhysicalDeviceFeatures2;
    PFN_vkGetPhysicalDeviceQueueFamilyProperties GetPhysicalDeviceQueueFamilyProperties;
#define OF_INSTANCE(name, parameters, arguments, errors, made) PFN_vk##name name;
#define OF_DEVICE(...)
#include "functions.def"
#undef OF_INSTANCE
#undef OF_DEVICE
};

struct device {
    void *key;
    VkDevice device;
    bool lost;
    PFN_vkGetDeviceProcAddr get;
    PFN_vkDestroyDevice DestroyDevice;
    PFN_vkFreeCommandBuffers FreeCommandBuffers;
#define DESTROYED(name, type, before) PFN_vk##name name;
#include "destroyed.def"
#undef DESTROYED
#define OF_INSTANCE(...)
#define OF_DEVICE(name, parameters, arguments, errors, made) PFN_vk##name name;
#include "functions.def"
#undef OF_INSTANCE
#undef OF_DEVICE
};

enum { MAX_LIVE = 16 };
static struct instance instances[MAX_LIVE];
static struct device devices[MAX_LIVE];

static void *key_of(const void *handle)
{
    return *(void *const *)handle;
}

static struct instance *find_instance(const void *handle)
{
    for (int i = 0; i < MAX_LIVE; i++)
        if (handle && instances[i].key == key_of(handle))
            return &instances[i];
    return NULL;
}

static struct instance *instance_of(const void *handle)
{
    struct instance *found = find_instance(handle);
    if (!found)
        layer_give_up("an instance that the layer does not know");
    return found;
}

static struct device *device_of(const void *handle)
{
    for (int i = 0; i < MAX_LIVE; i++)
        if (handle && devices[i].key == key_of(handle))
            return &devices[i];
    layer_give_up("a device that the layer does not know");
}

// ---- Calls that may fail, and calls that destroy
// -------------------------------------------------

// A device that is lost works on nothing any more, so that what it worked on may be destroyed.
static VkResult device_next(struct device *device, enum function function)
{
    const VkResult result = faults_next(function, &device->lost);
    if (result == VK_ERROR_DEVICE_LOST && !device->lost) {
        device->DeviceWaitIdle(device->device);
        device->lost = true;
    }
    return result;
}

#define OF_INSTANCE(name, parameters, arguments, errors, made)                                     \
    static VKAPI_ATTR VkResult VKAPI_CALL layer_##name parameters                                  \
    {                                                                                              \
        const struct instance *below = instance_of(self);                                          \
        VkResult result = faults_next(FUNCTION_##name, NULL);                                      \
        if (result == VK_SUCCESS)                                                                  \
            result = below->name arguments;                                                        \
        made;                                                                                      \
        return result;                                                                             \
    }
#define OF_DEVICE(name, parameters, arguments, errors, made)                                       \
    static VKAPI_ATTR VkResult VKAPI_CALL layer_##name parameters                                  \
    {                                                                                              \
        struct device *below = device_of(self);                                                    \
        VkResult result = device_next(below, FUNCTION_##name);                                     \
        if (result == VK_SUCCESS)                                                                  \
            result = below->name arguments;                                                        \
        made;                                                                                      \
        return result;                                                                             \
    }
#include "functions.def"
#undef OF_INSTANCE
#undef OF_DEVICE

#define DESTROYED(name, type, before)                                                              \
    static VKAPI_ATTR void VKAPI_CALL layer_##name(VkDevice self, type object,                     \
                                                   const VkAllocationCallbacks *allocator)         \
    {                                                                                              \
        before;                                                                                    \
        device_of(self)->name(self, object, allocator);                                            \
    }
#include "destroyed.def"
#undef DESTROYED

static VKAPI_ATTR void VKAPI_CALL layer_FreeCommandBuffers(VkDevice self, VkCommandPool pool,
                                                           uint32_t count,
                                                           const VkCommandBuffer *buffers)
{
    handles_freed(HANDLE_COMMAND_BUFFER, (uint64_t)pool, count);
    device_of(self)->FreeCommandBuffers(self, pool, count, buffers);
}

// ---- What a device is said to be ---------------------------------------------------------------

static VKAPI_ATTR void VKAPI_CALL
layer_GetPhysicalDeviceProperties(VkPhysicalDevice self, VkPhysicalDeviceProperties *properties)
{
    instance_of(self)->GetPhysicalDeviceProperties(self, properties);
    if (settings()->limits)
        limits_properties(properties);
}

static VKAPI_ATTR void VKAPI_CALL
layer_GetPhysicalDeviceProperties2(VkPhysicalDevice self, VkPhysicalDeviceProperties2 *properties)
{
    instance_of(self)->GetPhysicalDeviceProperties2(self, properties);
    if (!settings()->limits)
        return;
    limits_properties(&properties->properties);
    limits_properties_chain(properties->pNext);
}

static VKAPI_ATTR void VKAPI_CALL
layer_GetPhysicalDeviceFeatures(VkPhysicalDevice self, VkPhysicalDeviceFeatures *features)
{
    instance_of(self)->GetPhysicalDeviceFeatures(self, features);
    if (settings()->limits)
        limits_features(features);
}

static VKAPI_ATTR void VKAPI_CALL
layer_GetPhysicalDeviceFeatures2(VkPhysicalDevice self, VkPhysicalDeviceFeatures2 *features)
{
    instance_of(self)->GetPhysicalDeviceFeatures2(self, features);
    if (!settings()->limits)
        return;
    limits_features(&features->features);
    limits_features_chain(features->pNext);
}

static VKAPI_ATTR void VKAPI_CALL layer_GetPhysicalDeviceQueueFamilyProperties(
    VkPhysicalDevice self, uint32_t *count, VkQueueFamilyProperties *families)
{
    instance_of(self)->GetPhysicalDeviceQueueFamilyProperties(self, count, families);
    if (settings()->limits)
        limits_families(*count, families);
}

// ---- Instances and devices ---------------------------------------------------------------------

// The loader's note to this layer, of what comes next.
static void *find_link(const void *next, VkStructureType type)
{
    for (const VkBaseInStructure *at = next; at; at = at->pNext)
        if (at->sType == type &&
            ((const VkLayerInstanceCreateInfo *)at)->function == VK_LAYER_LINK_INFO)
            return (void *)at;
    layer_give_up("the loader does not say what comes next");
}

static VKAPI_ATTR void VKAPI_CALL layer_DestroyInstance(VkInstance self,
                                                        const VkAllocationCallbacks *allocator)
{
    struct instance *instance = instance_of(self);
    handles_instance_gone();
    instance->DestroyInstance(self, allocator);
    *instance = (struct instance){0};
}

static VKAPI_ATTR void VKAPI_CALL layer_DestroyDevice(VkDevice self,
                                                      const VkAllocationCallbacks *allocator)
{
    struct device *device = device_of(self);
    handles_device_gone();
    device->DestroyDevice(self, allocator);
    *device = (struct device){0};
}

#define LOAD(object, handle, name) object->name = (PFN_vk##name)object->get(handle, "vk" #name)

static void load_instance(struct instance *instance)
{
    const VkInstance handle = instance->instance;
    instance->key = key_of(handle);
    LOAD(instance, handle, DestroyInstance);
    LOAD(instance, handle, GetPhysicalDeviceProperties);
    LOAD(instance, handle, GetPhysicalDeviceProperties2);
    LOAD(instance, handle, GetPhysicalDeviceFeatures);
    LOAD(instance, handle, GetPhysicalDeviceFeatures2);
    LOAD(instance, handle, GetPhysicalDeviceQueueFamilyProperties);
#define OF_INSTANCE(name, parameters, arguments, errors, made) LOAD(instance, handle, name);
#define OF_DEVICE(...)
#include "functions.def"
#undef OF_INSTANCE
#undef OF_DEVICE
}

static void load_device(struct device *device)
{
    const VkDevice handle = device->device;
    device->key = key_of(handle);
    LOAD(device, handle, DestroyDevice);
    LOAD(device, handle, FreeCommandBuffers);
#define DESTROYED(name, type, before) LOAD(device, handle, name);
#include "destroyed.def"
#undef DESTROYED
#define OF_INSTANCE(...)
#define OF_DEVICE(name, parameters, arguments, errors, made) LOAD(device, handle, name);
#include "functions.def"
#undef OF_INSTANCE
#undef OF_DEVICE
}

static VKAPI_ATTR VkResult VKAPI_CALL layer_CreateInstance(const VkInstanceCreateInfo *info,
                                                           const VkAllocationCallbacks *allocator,
                                                           VkInstance *handle)
{
    VkLayerInstanceCreateInfo *link =
        find_link(info->pNext, VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO);
    struct instance instance = {.get = link->u.pLayerInfo->pfnNextGetInstanceProcAddr};
    const PFN_vkCreateInstance create =
        (PFN_vkCreateInstance)instance.get(NULL, "vkCreateInstance");
    VkResult result = faults_next(FUNCTION_CreateInstance, NULL);
    if (result != VK_SUCCESS)
        return result;
    link->u.pLayerInfo = link->u.pLayerInfo->pNext;
    result = create(info, allocator, handle);
    if (result != VK_SUCCESS)
        return result;
    handles_made(result, HANDLE_INSTANCE, handle);
    instance.instance = *handle;
    load_instance(&instance);
    for (int i = 0; i < MAX_LIVE; i++)
        if (!instances[i].key) {
            instances[i] = instance;
            return result;
        }
    layer_give_up("more than %d instances", MAX_LIVE);
}

static VKAPI_ATTR VkResult VKAPI_CALL layer_CreateDevice(VkPhysicalDevice physical,
                                                         const VkDeviceCreateInfo *info,
                                                         const VkAllocationCallbacks *allocator,
                                                         VkDevice *handle)
{
    VkLayerDeviceCreateInfo *link =
        find_link(info->pNext, VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO);
    struct device device = {.get = link->u.pLayerInfo->pfnNextGetDeviceProcAddr};
    const PFN_vkCreateDevice create =
        (PFN_vkCreateDevice)link->u.pLayerInfo->pfnNextGetInstanceProcAddr(
            instance_of(physical)->instance, "vkCreateDevice");
    VkResult result = faults_next(FUNCTION_CreateDevice, NULL);
    if (result == VK_SUCCESS && settings()->refuses && !limits_allow_device(info))
        result = VK_ERROR_FEATURE_NOT_PRESENT;
    if (result != VK_SUCCESS)
        return result;
    link->u.pLayerInfo = link->u.pLayerInfo->pNext;
    result = create(physical, info, allocator, handle);
    if (result != VK_SUCCESS)
        return result;
    handles_made(result, HANDLE_DEVICE, handle);
    device.device = *handle;
    load_device(&device);
    for (int i = 0; i < MAX_LIVE; i++)
        if (!devices[i].key) {
            devices[i] = device;
            return result;
        }
    layer_give_up("more than %d devices", MAX_LIVE);
}

// ---- The way in --------------------------------------------------------------------------------

struct entry {
    const char *name;
    PFN_vkVoidFunction function;
};

#define ENTRY(name)                                                                                \
    {                                                                                              \
        "vk" #name, (PFN_vkVoidFunction)layer_##name                                               \
    }

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL layer_GetInstanceProcAddr(VkInstance self,
                                                                          const char *name);
static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL layer_GetDeviceProcAddr(VkDevice self,
                                                                        const char *name);

static const struct entry instance_entries[] = {
    ENTRY(GetInstanceProcAddr),
    ENTRY(CreateInstance),
    ENTRY(DestroyInstance),
    ENTRY(CreateDevice),
    ENTRY(GetPhysicalDeviceProperties),
    ENTRY(GetPhysicalDeviceProperties2),
    ENTRY(GetPhysicalDeviceFeatures),
    ENTRY(GetPhysicalDeviceFeatures2),
    ENTRY(GetPhysicalDeviceQueueFamilyProperties),
#define OF_INSTANCE(name, parameters, arguments, errors, made) ENTRY(name),
#define OF_DEVICE(...)
#include "functions.def"
#undef OF_INSTANCE
#undef OF_DEVICE
    {NULL, NULL},
};

static const struct entry device_entries[] = {
    ENTRY(GetDeviceProcAddr),
    ENTRY(DestroyDevice),
    ENTRY(FreeCommandBuffers),
#define DESTROYED(name, type, before) ENTRY(name),
#include "destroyed.def"
#undef DESTROYED
#define OF_INSTANCE(...)
#define OF_DEVICE(name, parameters, arguments, errors, made) ENTRY(name),
#include "functions.def"
#undef OF_INSTANCE
#undef OF_DEVICE
    {NULL, NULL},
};

static PFN_vkVoidFunction find(const struct entry *entries, const char *name)
{
    while (entries->name && strcmp(entries->name, name) != 0)
        entries++;
    return entries->function;
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL layer_GetDeviceProcAddr(VkDevice self,
                                                                        const char *name)
{
    const PFN_vkVoidFunction ours = find(device_entries, name);
    const PFN_vkVoidFunction theirs = device_of(self)->get(self, name);
    return ours && theirs ? ours : theirs;
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL layer_GetInstanceProcAddr(VkInstance self,
                                                                          const char *name)
{
    PFN_vkVoidFunction ours = find(instance_entries, name);
    if (!ours)
        ours = find(device_entries, name);
    const struct instance *instance = find_instance(self);
    if (!instance) // none, or the one that the loader is about to make
        return ours;
    const PFN_vkVoidFunction theirs = instance->get(self, name);
    return ours && (theirs || ours == (PFN_vkVoidFunction)layer_GetDeviceProcAddr) ? ours : theirs;
}

VK_LAYER_EXPORT VKAPI_ATTR VkResult VKAPI_CALL
vkNegotiateLoaderLayerInterfaceVersion(VkNegotiateLayerInterface *version)
{
    if (version->loaderLayerInterfaceVersion < CURRENT_LOADER_LAYER_INTERFACE_VERSION)
        return VK_ERROR_INITIALIZATION_FAILED;
    version->loaderLayerInterfaceVersion = CURRENT_LOADER_LAYER_INTERFACE_VERSION;
    version->pfnGetInstanceProcAddr = layer_GetInstanceProcAddr;
    version->pfnGetDeviceProcAddr = layer_GetDeviceProcAddr;
    version->pfnGetPhysicalDeviceProcAddr = NULL;
    return VK_SUCCESS;
}
