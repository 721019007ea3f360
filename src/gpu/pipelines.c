// Responsible for making each pipeline once, and for the driver's pipeline cache on disk.
#include "gpu/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/text.h"
#include "abi/strict.h"
#include "shaders.h"

enum { MAX_CACHE_SIZE = 256 << 20 };

struct entry {
    struct pipeline pipeline;
    const struct kernel *kernel;
    bool by_address, strict;
    uint32_t constants[KERNEL_MAX_CONSTANTS], constant_count;
};

struct pipelines {
    struct entry **entries; // each allocated by itself, so that pipelines do not move
    uint32_t count, capacity;
    VkPipelineCache cache;
    char *path; // of the cache file; NULL: none
};

// ---- The cache file: a header of our own, then what the driver gave
// ------------------------------

struct cache_header {
    char magic[8];
    uint64_t shader_hash; // of every embedded shader
    uint64_t payload_size;
    struct hash payload_hash;
    uint32_t vendor_id, device_id, driver_version, api_version;
    uint8_t uuid[16];
};

uint64_t gpu_shader_hash(void)
{
    struct hash hash = {{0}};
    for (const struct spirv *const *spirv = spirv_all; *spirv; spirv++)
        for (int form = 0; form < 2; form++)
            hash = hash_bytes(hash, (*spirv)->words[form], (*spirv)->size[form]);
    return hash.half[0];
}

static struct cache_header cache_header(const struct vktl_device_info *info)
{
    struct cache_header header = {
        .magic = "vktlpc2",
        .shader_hash = gpu_shader_hash(),
        .vendor_id = info->vendor_id,
        .device_id = info->device_id,
        .driver_version = info->driver_version,
        .api_version = info->api_version,
    };
    memcpy(header.uuid, info->pipeline_cache_uuid, sizeof header.uuid);
    return header;
}

char *cache_path(const char *folder, const char *name)
{
    char *own_folder = NULL;
    if (folder && !*folder)
        return NULL;
    if (!folder && folder_cache(NULL, &own_folder) != VKTL_OK)
        return NULL;
    char *path = path_join(folder ? folder : own_folder, name);
    free(own_folder);
    return path;
}

// Of the driver's own name for what it makes.
static char *pipelines_path(const struct vktl_device_info *info, const char *folder)
{
    struct text name;
    char *path = NULL;
    text_init(&name);
    text_append(&name, "pipelines-");
    for (size_t i = 0; i < sizeof info->pipeline_cache_uuid; i++)
        text_format(&name, "%02x", info->pipeline_cache_uuid[i]);
    text_append(&name, ".bin");
    if (!name.failed)
        path = cache_path(folder, name.data);
    text_deinit(&name);
    return path;
}

// The driver's bytes if the file is ours, whole and of this driver; else nothing: it will be
// written anew.
static const void *cache_payload(const struct vktl_device_info *info, const unsigned char *bytes,
                                 size_t size, size_t *payload_size)
{
    struct cache_header found, expected = cache_header(info);
    *payload_size = 0;
    if (!bytes || size < sizeof found)
        return NULL;
    memcpy(&found, bytes, sizeof found);
    const unsigned char *payload = bytes + sizeof found;
    expected.payload_size = size - sizeof found;
    expected.payload_hash = hash_bytes((struct hash){{0}}, payload, size - sizeof found);
    if (memcmp(&found, &expected, sizeof found) != 0)
        return NULL;
    *payload_size = size - sizeof found;
    return payload;
}

static vktl_status cache_open(struct vktl_device *device, struct pipelines *pipelines)
{
    unsigned char *bytes = NULL;
    size_t size = 0, payload_size = 0;
    if (pipelines->path && file_exists(pipelines->path) &&
        file_read_all(NULL, pipelines->path, MAX_CACHE_SIZE, &bytes, &size) != VKTL_OK)
        bytes = NULL;
    VkPipelineCacheCreateInfo info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO};
    info.pInitialData = cache_payload(&device->info, bytes, size, &payload_size);
    info.initialDataSize = payload_size;
    vktl_status status = VKTL_OK;
    VkResult result = vkCreatePipelineCache(device->device, &info, NULL, &pipelines->cache);
    if (result != VK_SUCCESS && info.initialDataSize) { // the driver's own opinion of the bytes
        info.initialDataSize = 0, info.pInitialData = NULL;
        result = vkCreatePipelineCache(device->device, &info, NULL, &pipelines->cache);
    }
    free(bytes);
    TRY_CREATE(device, pipelines->cache, result, "making a pipeline cache");
fail:
    return status;
}

// Best effort: a cache that cannot be written costs time at the next start, nothing else.
static void cache_write(struct vktl_device *device, struct pipelines *pipelines)
{
    size_t size = 0;
    if (!pipelines->path || !pipelines->cache || pipelines->count == 0 ||
        vkGetPipelineCacheData(device->device, pipelines->cache, &size, NULL) != VK_SUCCESS)
        return;
    struct cache_header header = cache_header(&device->info);
    unsigned char *bytes = malloc(sizeof header + size);
    if (bytes && vkGetPipelineCacheData(device->device, pipelines->cache, &size,
                                        bytes + sizeof header) == VK_SUCCESS) {
        header.payload_size = size;
        header.payload_hash = hash_bytes((struct hash){{0}}, bytes + sizeof header, size);
        memcpy(bytes, &header, sizeof header);
        file_write_all(NULL, pipelines->path, bytes, sizeof header + size);
    }
    free(bytes);
}

vktl_status pipelines_create(struct vktl_device *device, const char *cache_folder,
                             struct pipelines **out)
{
    vktl_status status = VKTL_OK;
    struct pipelines *pipelines = calloc(1, sizeof *pipelines);
    TRY_ALLOC(device->log, pipelines);
    *out = pipelines;
    pipelines->path = pipelines_path(&device->info, cache_folder);
    TRY(cache_open(device, pipelines));
fail:
    return status;
}

static void entry_destroy(struct vktl_device *device, struct entry *entry)
{
    vkDestroyPipeline(device->device, entry->pipeline.pipeline, NULL);
    vkDestroyPipelineLayout(device->device, entry->pipeline.layout, NULL);
    vkDestroyDescriptorSetLayout(device->device, entry->pipeline.set_layout, NULL);
    free(entry);
}

void pipelines_destroy(struct vktl_device *device, struct pipelines **out)
{
    struct pipelines *pipelines = *out;
    if (!pipelines)
        return;
    if (!device->lost)
        cache_write(device, pipelines);
    for (uint32_t i = 0; i < pipelines->count; i++)
        entry_destroy(device, pipelines->entries[i]);
    vkDestroyPipelineCache(device->device, pipelines->cache, NULL);
    free(pipelines->entries);
    free(pipelines->path);
    free(pipelines);
    *out = NULL;
}

// ---- Making one --------------------------------------------------------------------------------

static vktl_status create_layout(struct vktl_device *device, const struct entry *key,
                                 struct pipeline *pipeline)
{
    vktl_status status = VKTL_OK;
    uint32_t push_size = key->kernel->push_size;
    VkDescriptorSetLayoutBinding bindings[KERNEL_MAX_BUFFERS];
    for (uint32_t i = 0; i < pipeline->buffer_count; i++)
        bindings[i] = (VkDescriptorSetLayoutBinding){
            .binding = i,
            .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
            .descriptorCount = 1,
            .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
        };
    if (key->by_address) {
        push_size += pipeline->buffer_count * (uint32_t)sizeof(uint64_t);
    } else {
        const VkDescriptorSetLayoutCreateInfo set = {
            .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
            .bindingCount = pipeline->buffer_count,
            .pBindings = bindings,
        };
        TRY_CREATE(device, pipeline->set_layout,
                   vkCreateDescriptorSetLayout(device->device, &set, NULL, &pipeline->set_layout),
                   "making a descriptor layout");
    }
    vktl_assert(push_size <= KERNEL_MAX_PUSH_SIZE);
    const VkPushConstantRange range = {VK_SHADER_STAGE_COMPUTE_BIT, 0, push_size};
    const VkPipelineLayoutCreateInfo layout = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
        .setLayoutCount = key->by_address ? 0 : 1,
        .pSetLayouts = &pipeline->set_layout,
        .pushConstantRangeCount = push_size ? 1 : 0,
        .pPushConstantRanges = &range,
    };
    TRY_CREATE(device, pipeline->layout,
               vkCreatePipelineLayout(device->device, &layout, NULL, &pipeline->layout),
               "making a pipeline layout");
fail:
    return status;
}

static vktl_status create_module(struct vktl_device *device, const struct entry *key,
                                 VkShaderModule *module)
{
    vktl_status status = VKTL_OK;
    const struct spirv *spirv = key->kernel->spirv;
    uint32_t *made = NULL, size = spirv->size[key->by_address];
    if (key->strict && strict_shader(spirv->words[key->by_address], size, device->can_round, &made,
                                     &size) != VKTL_OK)
        FAIL(device->log, VKTL_NO_MEMORY, "out of host memory");
    const VkShaderModuleCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
        .codeSize = size,
        .pCode = made ? made : spirv->words[key->by_address],
    };
    TRY_CREATE(device, *module, vkCreateShaderModule(device->device, &info, NULL, module),
               spirv->name);
fail:
    free(made);
    return status;
}

static vktl_status create_pipeline(struct vktl_device *device, const struct pipelines *pipelines,
                                   const struct entry *key, struct pipeline *pipeline)
{
    vktl_status status = VKTL_OK;
    VkShaderModule module = VK_NULL_HANDLE;
    const struct spirv *spirv = key->kernel->spirv;
    TRY(create_module(device, key, &module));

    // Constants 0 to 2 are the workgroup's size, the kernel's own follow, and strictness.
    uint32_t values[4 + KERNEL_MAX_CONSTANTS];
    VkSpecializationMapEntry map[4 + KERNEL_MAX_CONSTANTS];
    uint32_t value_count = 3 + key->constant_count;
    for (uint32_t i = 0; i < value_count; i++) {
        values[i] = i < 3 ? gpu_local(&device->info, key->kernel->local[i]) : key->constants[i - 3];
        map[i] = (VkSpecializationMapEntry){i, i * 4, 4};
    }
    values[value_count] = key->strict;
    map[value_count] = (VkSpecializationMapEntry){STRICT_CONSTANT, value_count * 4, 4};
    value_count++;
    const VkSpecializationInfo specialization = {value_count, map, value_count * 4, values};
    const VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .flags = VK_PIPELINE_CREATE_DISPATCH_BASE |
                 (device->statistics ? VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR : 0),
        .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                  .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                  .module = module,
                  .pName = "main",
                  .pSpecializationInfo = &specialization},
        .layout = pipeline->layout,
    };
    TRY_VULKAN(device,
               vkCreateComputePipelines(device->device, pipelines->cache, 1, &info, NULL,
                                        &pipeline->pipeline),
               spirv->name);
fail:
    vkDestroyShaderModule(device->device, module, NULL);
    return status;
}

static bool is_entry_of(const struct entry *entry, const struct entry *key)
{
    return entry->kernel == key->kernel && entry->by_address == key->by_address &&
           entry->strict == key->strict &&
           entry->constant_count == key->constant_count &&
           memcmp(entry->constants, key->constants, key->constant_count * 4) == 0;
}

static vktl_status reserve_entry(struct vktl_device *device, struct pipelines *pipelines)
{
    if (pipelines->count < pipelines->capacity)
        return VKTL_OK;
    const uint32_t capacity = pipelines->capacity ? 2 * pipelines->capacity : 64;
    struct entry **entries = realloc(pipelines->entries, capacity * sizeof *entries);
    if (!entries)
        return log_fail(device->log, VKTL_NO_MEMORY, "out of host memory");
    pipelines->entries = entries;
    pipelines->capacity = capacity;
    return VKTL_OK;
}

static uint32_t kernel_buffer_count(const struct kernel *kernel)
{
    uint32_t count = 0;
    while (count < KERNEL_MAX_BUFFERS && kernel->access[count] != ACCESS_NONE)
        count++;
    return count;
}

vktl_status pipelines_get(struct vktl_device *device, const struct kernel *kernel, bool by_address,
                          const uint32_t *constants, uint32_t constant_count,
                          const struct pipeline **pipeline)
{
    vktl_status status = VKTL_OK;
    struct pipelines *pipelines = device->pipelines;
    struct entry key = {.kernel = kernel,
                        .by_address = by_address,
                        .strict = device->info.strict,
                        .constant_count = constant_count};
    struct entry *entry = NULL;
    vktl_assert(constant_count <= KERNEL_MAX_CONSTANTS);
    memcpy(key.constants, constants, constant_count * sizeof *constants);
    for (uint32_t i = 0; i < pipelines->count; i++) {
        if (is_entry_of(pipelines->entries[i], &key)) {
            *pipeline = &pipelines->entries[i]->pipeline;
            return VKTL_OK;
        }
    }
    TRY(reserve_entry(device, pipelines));
    entry = malloc(sizeof *entry);
    TRY_ALLOC(device->log, entry);
    *entry = key;
    entry->pipeline.buffer_count = kernel_buffer_count(kernel);
    TRY(create_layout(device, &key, &entry->pipeline));
    TRY(create_pipeline(device, pipelines, &key, &entry->pipeline));
    pipelines->entries[pipelines->count++] = entry;
    *pipeline = &entry->pipeline;
    return VKTL_OK;
fail:
    if (entry)
        entry_destroy(device, entry);
    return status;
}
