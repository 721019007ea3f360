// Responsible for opening models as `vktl summary` and `vktl bench` take them: with or without
// weights, with a top of any number of classes.
#include "cli/architecture.h"

#include <stdio.h>
#include <stdlib.h>

// Classes that are only counted are called by their numbers.
struct numbered_classes {
    char (*names)[16];
    const char **pointers;
};

static vktl_status number_classes(const struct vktl_log *log, uint32_t count,
                                  struct numbered_classes *classes)
{
    vktl_status status = VKTL_OK;
    classes->names = calloc(count, sizeof *classes->names);
    classes->pointers = calloc(count, sizeof *classes->pointers);
    TRY_ALLOC(log, classes->names);
    TRY_ALLOC(log, classes->pointers);
    for (uint32_t i = 0; i < count; i++) {
        snprintf(classes->names[i], sizeof *classes->names, "%u", i);
        classes->pointers[i] = classes->names[i];
    }
fail:
    return status;
}

static vktl_status check(const struct vktl_log *log, const struct architecture_options *options)
{
    if (options->no_top && options->head)
        return log_fail(log, VKTL_USAGE, "--no-top and --head exclude each other: give one");
    if (options->base_output && !options->no_top && !options->head)
        return log_fail(log, VKTL_USAGE, "--base-output needs --no-top or --head");
    return VKTL_OK;
}

vktl_status open_architecture(struct console *console, const char *name,
                              const struct model_options *model_options,
                              const struct architecture_options *options, struct vktl_model **model)
{
    vktl_status status;
    struct numbered_classes classes = {0};
    const vktl_preprocess preprocess = (vktl_preprocess)model_options->preprocess;
    TRY(check(&console->log, options));
    TRY(number_classes(&console->log, options->classes, &classes));
    const struct vktl_model_params params = {
        .model = name,
        .weights = model_options->weights,
        .image_size = options->image_size,
        .preprocess = model_options->preprocess == OPTION_NO_CHOICE ? NULL : &preprocess,
        .no_top = options->no_top,
        .head = options->head,
        .base_output = options->base_output,
        .freeze = options->freeze,
        .unloaded = true,
        .classes = classes.pointers,
        .class_count = options->classes,
    };
    TRY(vktl_model_open(&console->log, &params, model));
fail:
    free(classes.pointers);
    free(classes.names);
    return status;
}
