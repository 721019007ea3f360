// Counts live objects by type.
#include "layer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[HANDLE_COUNT] = {
    [HANDLE_INSTANCE] = "VkInstance",
    [HANDLE_DEVICE] = "VkDevice",
    [HANDLE_BUFFER] = "VkBuffer",
    [HANDLE_MEMORY] = "VkDeviceMemory",
    [HANDLE_FENCE] = "VkFence",
    [HANDLE_COMMAND_POOL] = "VkCommandPool",
    [HANDLE_COMMAND_BUFFER] = "VkCommandBuffer",
    [HANDLE_DESCRIPTOR_POOL] = "VkDescriptorPool",
    [HANDLE_DESCRIPTOR_SET] = "VkDescriptorSet",
    [HANDLE_SET_LAYOUT] = "VkDescriptorSetLayout",
    [HANDLE_PIPELINE_LAYOUT] = "VkPipelineLayout",
    [HANDLE_PIPELINE_CACHE] = "VkPipelineCache",
    [HANDLE_PIPELINE] = "VkPipeline",
    [HANDLE_SHADER_MODULE] = "VkShaderModule",
    [HANDLE_QUERY_POOL] = "VkQueryPool",
};

static struct {
    uint64_t made, live, peak;
} counts[HANDLE_COUNT];

static uint64_t submits;
static FILE *file;

static const uint64_t spoilt = 0xbadbadbadbadbad0;

// ---- Counting

static void open_file(void)
{
    file = fopen(settings()->handles, "w");
    if (!file)
        layer_give_up("%s cannot be written", settings()->handles);
}

// "TYPE made N peak N live N", at the end of the process.
static void write_all(void)
{
    if (!file)
        open_file();
    for (int i = 0; i < HANDLE_COUNT; i++)
        if (counts[i].made)
            fprintf(file, "%s made %llu peak %llu live %llu\n", names[i],
                    (unsigned long long)counts[i].made, (unsigned long long)counts[i].peak,
                    (unsigned long long)counts[i].live);
    fclose(file);
}

// "submits N live N made N", of all types: while the process runs.
void handles_submitted(void)
{
    const struct settings *set = settings();
    submits++;
    if (!*set->handles || !set->every || submits % set->every != 0)
        return;
    uint64_t live = 0, made = 0;
    for (int i = 0; i < HANDLE_COUNT; i++) {
        live += counts[i].live;
        made += counts[i].made;
    }
    if (!file)
        open_file();
    fprintf(file, "submits %llu live %llu made %llu\n", (unsigned long long)submits,
            (unsigned long long)live, (unsigned long long)made);
    fflush(file);
}

static void count(enum handle type, uint64_t more)
{
    static bool is_asked;
    if (!is_asked && *settings()->handles)
        atexit(write_all);
    is_asked = true;
    counts[type].made += more;
    counts[type].live += more;
    if (counts[type].live > counts[type].peak)
        counts[type].peak = counts[type].live;
}

// ---- Making

void handles_made(VkResult result, enum handle type, void *handle)
{
    if (result == VK_SUCCESS)
        count(type, 1);
    else
        memcpy(handle, &spoilt, sizeof spoilt);
}

void handles_made_null(VkResult result, enum handle type, uint32_t number, void *handles)
{
    if (result == VK_SUCCESS)
        count(type, number);
    else
        memset(handles, 0, number * sizeof(uint64_t));
}

// ---- Pools: what is allocated out of one goes with it

enum { MAX_POOLS = 4096 };

static struct pool {
    uint64_t handle, count; // 0: no pool
} pools[MAX_POOLS];

static struct pool *pool_of(uint64_t handle)
{
    struct pool *unused = NULL;
    for (int i = 0; i < MAX_POOLS; i++) {
        if (pools[i].handle == handle)
            return &pools[i];
        if (!pools[i].handle && !unused)
            unused = &pools[i];
    }
    if (!unused)
        layer_give_up("more than %d pools", MAX_POOLS);
    *unused = (struct pool){handle, 0};
    return unused;
}

void handles_allocated(VkResult result, enum handle type, const void *pool, uint32_t number,
                       void *handles)
{
    uint64_t handle;
    memcpy(&handle, pool, sizeof handle);
    handles_made_null(result, type, number, handles);
    if (result == VK_SUCCESS)
        pool_of(handle)->count += number;
}

void handles_freed(enum handle type, uint64_t pool, uint32_t number)
{
    pool_of(pool)->count -= number;
    counts[type].live -= number;
}

void handles_pool_gone(enum handle type, uint64_t handle)
{
    if (!handle)
        return;
    struct pool *pool = pool_of(handle);
    counts[type].live -= pool->count;
    *pool = (struct pool){0, 0};
}

// ---- Ends

void handles_gone(enum handle type, uint64_t handle)
{
    if (handle == spoilt)
        layer_give_up("a %s is destroyed that was never made", names[type]);
    if (handle)
        counts[type].live--;
}

void handles_device_gone(void)
{
    counts[HANDLE_DEVICE].live--;
    for (int i = HANDLE_DEVICE + 1; i < HANDLE_COUNT && !counts[HANDLE_DEVICE].live; i++) {
        if (counts[i].live)
            layer_say("leak: %llu of %s are left of a device", (unsigned long long)counts[i].live,
                      names[i]);
        counts[i].live = 0;
    }
}

void handles_instance_gone(void)
{
    counts[HANDLE_INSTANCE].live--;
    if (counts[HANDLE_DEVICE].live && !counts[HANDLE_INSTANCE].live)
        layer_say("leak: %llu devices are left of an instance",
                  (unsigned long long)counts[HANDLE_DEVICE].live);
}
