// Counts the calls that may fail, and makes some of them fail.
#include "layer.h"

#include <execinfo.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    unsigned errors;
} functions[FUNCTION_COUNT] = {
    [FUNCTION_CreateInstance] = {"CreateInstance", HOST_MEMORY | DEVICE_MEMORY},
    [FUNCTION_CreateDevice] = {"CreateDevice", HOST_MEMORY | DEVICE_MEMORY | LOSS},
#define OF_INSTANCE(name_, parameters, arguments, errors_, made)                                   \
    [FUNCTION_##name_] = {#name_, errors_},
#define OF_DEVICE OF_INSTANCE
#include "functions.def"
#undef OF_INSTANCE
#undef OF_DEVICE
};

static uint64_t total, counts[FUNCTION_COUNT];
static FILE *calls;

static void write_counts(void)
{
    fprintf(calls, "# total %llu\n", (unsigned long long)total);
    for (int i = 0; i < FUNCTION_COUNT; i++)
        if (counts[i])
            fprintf(calls, "# vk%s %llu\n", functions[i].name, (unsigned long long)counts[i]);
    fclose(calls);
}

// Where the program's own code lies: its first loaded object.
static int find_program(struct dl_phdr_info *info, size_t size, void *user)
{
    uintptr_t *range = user;
    (void)size;
    range[0] = info->dlpi_addr;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const uintptr_t end = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        if (info->dlpi_phdr[i].p_type == PT_LOAD)
            range[1] = end + info->dlpi_phdr[i].p_memsz;
    }
    return 1;
}

// A number for the way that the call came about: who called whom in the program, wherever it was
// loaded.
static uint32_t call_path(void)
{
    enum { MAX_FRAMES = 64 };
    static uintptr_t range[2];
    void *frames[MAX_FRAMES];
    uint32_t hash = 2166136261u;
    if (!range[1])
        dl_iterate_phdr(find_program, range);
    const int count = backtrace(frames, MAX_FRAMES);
    for (int i = 0; i < count; i++) {
        const uintptr_t at = (uintptr_t)frames[i];
        for (unsigned byte = 0; at >= range[0] && at < range[1] && byte < 4; byte++)
            hash = (hash ^ ((at - range[0]) >> 8 * byte & 0xff)) * 16777619u;
    }
    return hash;
}

// "N vkFUNCTION ERRORS PATH INJECTED", a line a call; ERRORS has an h, a d and an l for each that
// may be, PATH is the same for calls from the same place by the same way.
static void note(enum function function, VkResult result)
{
    if (!*settings()->calls)
        return;
    if (!calls) {
        calls = fopen(settings()->calls, "w");
        if (!calls)
            layer_give_up("%s cannot be written", settings()->calls);
        atexit(write_counts);
    }
    const unsigned errors = functions[function].errors;
    fprintf(calls, "%llu vk%s %s%s%s %08x%s\n", (unsigned long long)total, functions[function].name,
            errors & HOST_MEMORY ? "h" : "", errors & DEVICE_MEMORY ? "d" : "",
            errors & LOSS ? "l" : "", (unsigned)call_path(),
            result == VK_SUCCESS ? "" : " injected");
}

static bool may_return(enum function function, VkResult result)
{
    const unsigned error = result == VK_ERROR_DEVICE_LOST            ? LOSS
                           : result == VK_ERROR_OUT_OF_DEVICE_MEMORY ? DEVICE_MEMORY
                                                                     : HOST_MEMORY;
    return functions[function].errors & error;
}

static VkResult injected(enum function function)
{
    const struct settings *set = settings();
    for (uint32_t i = 0; i < set->fault_count; i++) {
        const struct fault *fault = &set->faults[i];
        const uint64_t number = *fault->function ? counts[function] : total;
        if (*fault->function && strcmp(fault->function, functions[function].name) != 0)
            continue;
        if (number >= fault->first && number <= fault->last && may_return(function, fault->result))
            return fault->result;
    }
    return VK_SUCCESS;
}

VkResult faults_next(enum function function, const bool *lost)
{
    total++;
    counts[function]++;
    VkResult result = injected(function);
    if (lost && *lost && may_return(function, VK_ERROR_DEVICE_LOST))
        result = VK_ERROR_DEVICE_LOST;
    note(function, result);
    return result;
}
