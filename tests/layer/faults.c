// Counts the calls that may fail, and makes some of them fail.
#include "layer.h"

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

// "N vkFUNCTION ERRORS INJECTED", a line a call; ERRORS has an h, a d and an l for each that may
// be.
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
    fprintf(calls, "%llu vk%s %s%s%s%s\n", (unsigned long long)total, functions[function].name,
            errors & HOST_MEMORY ? "h" : "", errors & DEVICE_MEMORY ? "d" : "",
            errors & LOSS ? "l" : "", result == VK_SUCCESS ? "" : " injected");
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
