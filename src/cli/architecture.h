// Architectures on the command line: models that need no weights, with a new top or none.
#ifndef CLI_ARCHITECTURE_H
#define CLI_ARCHITECTURE_H

#include "cli/command.h"

struct architecture_options {
    bool no_top;
    const char *base_output, *head, *freeze;
    uint32_t classes, image_size;
};

#define ROWS_ARCHITECTURE(type_, member)                                                           \
    {.name = "no-top",                                                                             \
     .type = OPTION_FLAG,                                                                          \
     .offset = offsetof(type_, member.no_top),                                                     \
     .help = "the base alone"},                                                                    \
        {.name = "base-output",                                                                    \
         .type = OPTION_TEXT,                                                                      \
         .argument = "LAYER",                                                                      \
         .offset = offsetof(type_, member.base_output),                                            \
         .note = "the last before the top",                                                        \
         .help = "with --head or --no-top: cut the base after this layer"},                        \
        {.name = "head",                                                                           \
         .type = OPTION_TEXT,                                                                      \
         .argument = "SPEC",                                                                       \
         .offset = offsetof(type_, member.head),                                                   \
         .help = "with a new top, as `vktl train` makes it"},                                      \
        {.name = "classes",                                                                        \
         .type = OPTION_U32,                                                                       \
         .argument = "N",                                                                          \
         .offset = offsetof(type_, member.classes),                                                \
         .value = "2",                                                                             \
         .min = 1,                                                                                 \
         .max = 1000000,                                                                           \
         .unit = "classes",                                                                        \
         .help = "with --head: classes of the new top"},                                           \
        {.name = "freeze",                                                                         \
         .type = OPTION_TEXT,                                                                      \
         .argument = "base|none|LAYER",                                                            \
         .offset = offsetof(type_, member.freeze),                                                 \
         .value = "none",                                                                          \
         .help = "with --head: what keeps its weights"},                            \
    {                                                                                              \
        .name = "image-size", .type = OPTION_U32, .argument = "N",                                 \
        .offset = offsetof(type_, member.image_size), .note = "the model's", .min = 1,             \
        .max = 4096, .unit = "pixels", .help = "pixels on a side of the image"                     \
    }

// Opens it; weights need not be there. VKTL_USAGE when the options do not go together. The caller
// destroys `model`, also after a failure.
vktl_status open_architecture(struct console *console, const char *name,
                              const struct model_options *model_options,
                              const struct architecture_options *options,
                              struct vktl_model **model);

#endif
