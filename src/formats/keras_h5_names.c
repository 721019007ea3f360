// Responsible for the spellings that Keras's generations gave to the same weight.
#include "formats/keras_h5_names.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *keras1, *keras2;
} renamed[] = {
    {"W", "kernel"},
    {"b", "bias"},
    {"running_mean", "moving_mean"},
    {"running_std", "moving_variance"}, // it held the variance already then
};

void keras_h5_parent(const char *path, char parent[KERAS_NAME_SIZE])
{
    const char *end = strrchr(path, '/');
    const char *start = end;
    while (start && start > path && start[-1] != '/')
        start--;
    snprintf(parent, KERAS_NAME_SIZE, "%.*s", end ? (int)(end - start) : 0, start ? start : "");
}

// Cuts a mark and the digits after it off the end: ":0", "_1".
static void cut_number(char *name, char mark)
{
    char *place = strrchr(name, mark);
    if (!place || place == name || !place[1])
        return;
    for (const char *c = place + 1; *c; c++)
        if (!isdigit((unsigned char)*c))
            return;
    *place = '\0';
}

void keras_h5_weight_name(const char *path, const char *layer, char name[KERAS_NAME_SIZE])
{
    const char *last = strrchr(path, '/');
    snprintf(name, KERAS_NAME_SIZE, "%s", last ? last + 1 : path);
    cut_number(name, ':');
    const size_t prefix = strlen(layer);
    if (strncmp(name, layer, prefix) != 0 || name[prefix] != '_')
        return;
    memmove(name, name + prefix + 1, strlen(name + prefix + 1) + 1);
    cut_number(name, '_');
    for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++)
        if (strcmp(name, renamed[i].keras1) == 0)
            snprintf(name, KERAS_NAME_SIZE, "%s", renamed[i].keras2);
}
