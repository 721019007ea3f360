// Fuzz target: the words of a command line, one a line of the input, up to where a command's work
// begins. What only looks at its words runs to its end; a head is built.
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include <vktl/model.h>

// main.c with another name, and with `begin` in the place of a command's work.
#define main vktl_main
#define run(console, values, words, count)                                                         \
    name ? begin(command, console, values, words, count) : VKTL_OK
#include "cli/command.h"
static vktl_status begin(const struct command *command, struct console *console, const void *values,
                         const char *const *words, uint32_t count);
#include "cli/main.c"
#undef run

static void build_head(const char *head)
{
    static const char *const classes[] = {"ant", "bee", "cat"};
    const struct vktl_model_params params = {.model = "vgg-mini",
                                             .weights = "none",
                                             .unloaded = true,
                                             .head = head,
                                             .classes = classes,
                                             .class_count = 3};
    struct vktl_model *model;
    (void)vktl_model_open(&fuzz_log, &params, &model);
    vktl_model_destroy(&model);
}

static vktl_status begin(const struct command *command, struct console *console, const void *values,
                         const char *const *words, uint32_t count)
{
    if (strcmp(command->name, "completion") == 0 || strcmp(command->name, "man") == 0)
        return command->run(console, values, words, count);
    for (uint32_t i = 0; i < count; i++) // what the words of a positional may be, a head is too
        build_head(words[i]);
    return VKTL_OK;
}

enum { MOST_WORDS = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_quiet;
    char *words[MOST_WORDS + 2] = {"vktl"}, *text = malloc(size + 1);
    int count = 1;
    if (!text)
        return 0;
    if (!is_quiet)
        is_quiet = freopen("/dev/null", "w", stdout) != NULL;
    memcpy(text, data, size);
    text[size] = '\0';
    for (char *word = text; word && count <= MOST_WORDS; count++) {
        char *end = strchr(word, '\n');
        words[count] = word;
        if (end)
            *end++ = '\0';
        word = end;
    }
    (void)vktl_main(count, words);
    free(text);
    return 0;
}
