// Gives one shader other code: the first sum or product of floats in it becomes a difference.
#include "layer.h"

#include <stdio.h>
#include <string.h>

enum {
    HEADER_WORDS = 5,
    OP_FADD = 129,
    OP_FSUB = 131,
    OP_FMUL = 133,
    MAX_WORDS = 1 << 18,
};

static uint32_t words[MAX_WORDS];

static size_t read_words(const char *path)
{
    FILE *file = fopen(path, "rb");
    const size_t size = file ? fread(words, 1, sizeof words, file) : 0;
    if (size == 0 || size == sizeof words)
        layer_give_up("%s cannot be read", path);
    fclose(file);
    return size;
}

static void change(const char *path, size_t count)
{
    for (size_t at = HEADER_WORDS; at < count && words[at] >> 16; at += words[at] >> 16) {
        const uint32_t op = words[at] & 0xffff;
        if (op != OP_FADD && op != OP_FMUL)
            continue;
        words[at] = (words[at] & 0xffff0000) | OP_FSUB;
        layer_say("%s: a %s became a difference", path, op == OP_FADD ? "sum" : "product");
        return;
    }
    layer_give_up("%s has no sum or product of floats", path);
}

const VkShaderModuleCreateInfo *corrupt_shader(const VkShaderModuleCreateInfo *info)
{
    static VkShaderModuleCreateInfo other;
    const struct settings *set = settings();
    for (uint32_t i = 0; i < set->corrupt_count; i++) {
        const size_t size = read_words(set->corrupt[i]);
        if (info->codeSize != size || memcmp(info->pCode, words, size) != 0)
            continue;
        change(set->corrupt[i], size / 4);
        other = *info;
        other.pCode = words;
        return &other;
    }
    return info;
}
