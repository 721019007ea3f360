// Reads what VKTL_LAYER asks for.
#include "layer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void copy(char *to, size_t size, const char *from)
{
    if (!*from || strlen(from) >= size)
        layer_give_up("'%s' is no name, or too long", from);
    memcpy(to, from, strlen(from) + 1);
}

static uint64_t number(const char *text, char **end)
{
    const uint64_t value = strtoull(text, end, 10);
    if (*end == text || value == 0)
        layer_give_up("'%s' is no number from 1", text);
    return value;
}

static uint64_t whole_number(const char *text)
{
    char *end;
    const uint64_t value = number(text, &end);
    if (*end)
        layer_give_up("'%s' is no number from 1", text);
    return value;
}

static VkResult result_named(const char *name)
{
    static const struct {
        const char *name;
        VkResult result;
    } results[] = {{"DEVICE_LOST", VK_ERROR_DEVICE_LOST},
                   {"OUT_OF_DEVICE_MEMORY", VK_ERROR_OUT_OF_DEVICE_MEMORY},
                   {"OUT_OF_HOST_MEMORY", VK_ERROR_OUT_OF_HOST_MEMORY}};
    for (size_t i = 0; i < sizeof results / sizeof *results; i++)
        if (strcmp(results[i].name, name) == 0)
            return results[i].result;
    layer_give_up("'%s' is none of DEVICE_LOST, OUT_OF_DEVICE_MEMORY, OUT_OF_HOST_MEMORY", name);
}

// vkFUNCTION:N:ERROR, vkFUNCTION:N+:ERROR (from the N-th on); `any` counts all functions.
static void read_fault(struct settings *to, char *text)
{
    char *at = strchr(text, ':'), *end;
    if (!at || to->fault_count == MAX_FAULTS)
        layer_give_up("'%s' is no fault (FUNCTION:N:ERROR), or one too many", text);
    *at++ = '\0';
    struct fault *fault = &to->faults[to->fault_count++];
    const bool is_any = strcmp(text, "any") == 0;
    if (!is_any && strncmp(text, "vk", 2) != 0)
        layer_give_up("'%s' is no function", text);
    if (!is_any)
        copy(fault->function, sizeof fault->function, text + 2);
    fault->first = fault->last = number(at, &end);
    if (*end == '+') {
        fault->last = UINT64_MAX;
        end++;
    }
    if (*end != ':')
        layer_give_up("'%s': which error is missing", at);
    fault->result = result_named(end + 1);
}

static void read_corrupt(struct settings *to, const char *path)
{
    if (to->corrupt_count == MAX_CORRUPT)
        layer_give_up("more than %d shaders to corrupt", MAX_CORRUPT);
    copy(to->corrupt[to->corrupt_count++], MAX_PATH, path);
}

static void read_item(struct settings *to, char *item)
{
    char *value = strchr(item, '=');
    if (value)
        *value++ = '\0';
    if (strcmp(item, "limits") == 0 && !value)
        to->limits = to->refuses = true;
    else if (strcmp(item, "refuse") == 0 && !value)
        to->refuses = true;
    else if (!value)
        layer_give_up("'%s' needs a value, or is unknown", item);
    else if (strcmp(item, "fault") == 0)
        read_fault(to, value);
    else if (strcmp(item, "calls") == 0)
        copy(to->calls, sizeof to->calls, value);
    else if (strcmp(item, "handles") == 0)
        copy(to->handles, sizeof to->handles, value);
    else if (strcmp(item, "corrupt") == 0)
        read_corrupt(to, value);
    else if (strcmp(item, "every") == 0)
        to->every = whole_number(value);
    else if (strcmp(item, "invocations") == 0)
        to->invocations = (uint32_t)whole_number(value);
    else if (strcmp(item, "subgroup") == 0)
        to->subgroup = (uint32_t)whole_number(value);
    else
        layer_give_up("'%s' is unknown", item);
}

const struct settings *settings(void)
{
    static struct settings read;
    static bool is_read;
    static char text[8 * MAX_PATH];
    if (is_read)
        return &read;
    is_read = true;
    read.invocations = 256;
    const char *given = getenv("VKTL_LAYER");
    if (!given || !*given)
        return &read;
    copy(text, sizeof text, given);
    for (char *item = strtok(text, ","); item; item = strtok(NULL, ","))
        read_item(&read, item);
    return &read;
}
