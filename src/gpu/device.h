// An open device as the rest of src/gpu sees it. Nothing outside src/gpu includes this.
#ifndef GPU_DEVICE_H
#define GPU_DEVICE_H

#include <volk.h>

#include "base/hash.h"
#include "base/log.h"
#include "gpu/record.h"
#include "gpu/tuning.h"

struct pipelines;

// What verdicts may decide of a device: which kernels it was opened for, and what is left open.
struct verdict_scope {
    enum vktl_form form;        // preferred
    bool gpu_kernels;           // likewise
    bool any_form, any_kernels; // others may be taken
    bool ignored;               // verdicts are made, and not heeded
};

struct vktl_device {
    const struct vktl_log *log;
    struct vktl_device_info info;
    bool guard;
    bool can_round;  // to nearest, if told so: shaderRoundingModeRTEFloat32
    bool statistics; // pipelines keep what the compiler says of them (tools/amd_estimate)
    bool lost;       // after VK_ERROR_DEVICE_LOST nothing more is asked of the driver

    VkInstance instance;
    VkDebugUtilsMessengerEXT messenger;
    uint32_t validation_messages;
    VkPhysicalDevice physical;
    VkDevice device;
    VkQueue queue;
    uint32_t queue_family;
    VkPhysicalDeviceMemoryProperties memory;

    VkCommandPool command_pool;
    struct pipelines *pipelines;
    struct tuning tuning;
    struct vktl_tuning_params tuning_params;
    char *tuning_path; // NULL: no file
    struct tuning verdicts;
    struct verdict_scope verdict_scope;
    char *verdicts_path;       // likewise
    char *cache_folder;        // as in vktl_device_params
    struct pool *staging_pool; // one small mapped slice for uploads and downloads
    struct slice staging;
    VkCommandBuffer transfer; // for uploads, downloads and fills
    VkFence transfer_fence;

    uint64_t allocated;          // bytes of all pools but staging
    uint32_t runs_until_failure; // of programs; 0: none fails on purpose
    double work_per_second;      // estimated from past programs, for bounding submits
};

// ---- instance.c

// Loads Vulkan, makes an instance. `validate` asks for the validation layer.
vktl_status instance_create(const struct vktl_log *log, bool validate, VkInstance *instance,
                            bool *has_debug_utils);

// Every physical device with its info, best first; both arrays are allocated.
vktl_status instance_devices(const struct vktl_log *log, VkInstance instance,
                             VkPhysicalDevice **physicals, struct vktl_device_info **infos,
                             uint32_t *count);

// The queue family to compute on, or UINT32_MAX.
uint32_t physical_compute_family(VkPhysicalDevice physical, uint32_t *timestamp_bits);

// Whether it has the extension of that name.
bool physical_offers(VkPhysicalDevice physical, const char *name);

// ---- errors.c

// A Vulkan result as status and message; marks the device lost. VK_SUCCESS is VKTL_OK.
vktl_status device_result(struct vktl_device *device, VkResult result, const char *doing);
vktl_status vulkan_status(VkResult result);
const char *vulkan_result_text(VkResult result);
bool device_is_usable(const struct vktl_device *device); // false after loss
// Waits until the device works on nothing, so that what it worked on may be destroyed.
void device_settle(struct vktl_device *device);
// Before a program runs: refuses after loss, or where vktl_device_params.fail_run says so.
vktl_status device_begin_run(struct vktl_device *device);

#define TRY_VULKAN(device, expression, doing) TRY(device_result((device), (expression), (doing)))

// The same for a call that makes `handle`: what a call that fails leaves there is undefined, and
// must not be destroyed.
#define TRY_CREATE(device, handle, expression, doing)                                              \
    do {                                                                                           \
        const VkResult result_ = (expression);                                                     \
        if (result_ != VK_SUCCESS)                                                                 \
            (handle) = VK_NULL_HANDLE;                                                             \
        TRY_VULKAN((device), result_, (doing));                                                    \
    } while (0)

// ---- memory.c

VkBuffer slice_buffer(struct slice slice);
VkDeviceAddress slice_address(struct slice slice); // 0 where the device has no addresses
vktl_status staging_create(struct vktl_device *device);
void staging_destroy(struct vktl_device *device);

// ---- tuning.c

void tuning_open(struct vktl_device *device, const struct vktl_tuning_params *params);
void tuning_close(struct vktl_device *device);
void tuning_forget_barred(struct vktl_device *device);

// ---- tuning_file.c

// A file of choices beside the pipeline cache.
struct tuning_file {
    const char *kind; // "tuning"
    const struct vktl_device_info *info;
    struct hash identity; // of all that its choices depend on
};

// The caller frees it; NULL, which the others accept: there is none.
char *tuning_file_path(const struct tuning_file *file, const char *folder);
// Adds what a file has that is whole and of this identity; else nothing.
void tuning_file_read(const struct tuning_file *file, const char *path, struct tuning *tuning);
void tuning_file_write(const struct tuning_file *file, const char *path,
                       const struct tuning *tuning);

// ---- verdicts.c

// Before the tuning is opened, which depends on the kernels that are taken.
void verdicts_open(struct vktl_device *device, const struct vktl_device_params *params);
void verdicts_close(struct vktl_device *device);

// What a device that is opened as usual would compute with, and what is barred there.
void verdicts_describe(struct vktl_device_info *info);

// ---- strict.c

// The words of a shader with which it is run where the device shall be strict: no operation on
// floats is contracted with another, and each is rounded to the nearest where `rounds` says that
// the device can be told so. `*made` is allocated. VKTL_NO_MEMORY, without a message.
vktl_status strict_shader(const uint32_t *words, uint32_t size, bool rounds, uint32_t **made,
                          uint32_t *made_size);

// ---- pipelines.c

// Path of a file of that name in `folder`; NULL is the user's cache folder. The caller frees it.
// NULL: there is none, as with "", or no memory.
char *cache_path(const char *folder, const char *name);

struct pipeline {
    VkPipeline pipeline;
    VkPipelineLayout layout;
    VkDescriptorSetLayout set_layout; // VK_NULL_HANDLE in the address form
    uint32_t buffer_count;
};

vktl_status pipelines_create(struct vktl_device *device, const char *cache_folder,
                             struct pipelines **pipelines);
void pipelines_destroy(struct vktl_device *device,
                       struct pipelines **pipelines); // writes the cache

// The pipeline of a kernel in a form, made on first use. Lives as long as the device.
vktl_status pipelines_get(struct vktl_device *device, const struct kernel *kernel, bool by_address,
                          const uint32_t *constants, uint32_t constant_count,
                          const struct pipeline **pipeline);

#endif
