// Responsible for what the fuzz targets of model formats do with a model.
#include "fuzz/use_model.h"

#include <stdio.h>
#include <stdlib.h>

#include <vktl/model.h>

#include "fuzz/fuzz.h"

static void use(const struct vktl_model *model)
{
    char *text = NULL;
    struct vktl_layer_info info;
    for (uint32_t i = 0; i < vktl_model_layer_count(model); i++)
        vktl_model_layer(model, i, &info);
    (void)vktl_model_summary(&fuzz_log, model, &text);
    free(text);
    text = NULL;
    (void)vktl_model_json(&fuzz_log, model, &text);
    free(text);
    if (vktl_model_has_weights(model)) {
        char path[128];
        snprintf(path, sizeof path, "%s/saved.safetensors", fuzz_folder());
        (void)vktl_model_save(&fuzz_log, model, path);
    }
}

void fuzz_use_model(const char *path)
{
    static const char *const classes[] = {"ant", "bee"};
    const struct vktl_model_params params[] = {
        {.model = path},
        {.model = path, .weights = "none", .image_size = 64, .no_top = true},
        {.model = path,
         .head = "gap,dense:4:relu",
         .freeze = "none",
         .classes = classes,
         .class_count = 2},
    };
    for (size_t i = 0; i < sizeof params / sizeof *params; i++) {
        struct vktl_model *model;
        if (vktl_model_open(&fuzz_log, &params[i], &model) == VKTL_OK)
            use(model);
        vktl_model_destroy(&model);
    }
}
