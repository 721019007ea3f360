// Responsible for Grad-CAM in `vktl features`: its options and its files. The map itself is the
// library's.
#include <vktl/cam.h>
#include <vktl/infer.h>
#include <vktl/picture.h>

#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "cli/features_cam.h"

#define PICTURE_NAME "cam.png"
#define ARRAY_NAME   "cam.npy"

enum { PHOTO_MAX_SIDE = 1024 };

#define AT(member) .offset = offsetof(struct cam_options, member)

// clang-format off
const struct option cam_option_rows[] = {
    ROW_HEADING("Grad-CAM: where the model sees a class"),
    {.name = "cam", .type = OPTION_FLAG, AT(wanted),
     .help = "also write " PICTURE_NAME ", the photo under a heat map of the class"},
    {.name = "cam-class", .type = OPTION_TEXT, .argument = "NAME|N", AT(class_name),
     .note = "the predicted one", .help = "class to explain, by name or by number from 0"},
    {.name = "cam-layer", .type = OPTION_TEXT, .argument = "NAME", AT(layer),
     .note = "the last convolution, after its activation", .help = "layer to look at"},
    {NULL},
};
// clang-format on

bool cam_is_wanted(const struct cam_options *options)
{
    return options->wanted || options->class_name || options->layer;
}

// A name before a number, for classes may be called by numbers.
static vktl_status find_class(struct console *console, const struct cam_job *job, int32_t *index)
{
    const char *name = job->options->class_name;
    const uint32_t count = vktl_model_class_count(job->model);
    char *end;
    *index = VKTL_CAM_PREDICTED;
    if (!name)
        return VKTL_OK;
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(vktl_model_class_name(job->model, i), name) == 0) {
            *index = (int32_t)i;
            return VKTL_OK;
        }
    }
    const unsigned long number = strtoul(name, &end, 10);
    if (*name < '0' || *name > '9' || *end || number >= count)
        return log_fail(&console->log, VKTL_USAGE,
                        "--cam-class %s: %s has no such class; its %u are called %s to %s", name,
                        vktl_model_name(job->model), count,
                        count ? vktl_model_class_name(job->model, 0) : "nothing",
                        count ? vktl_model_class_name(job->model, count - 1) : "nothing");
    *index = (int32_t)number;
    return VKTL_OK;
}

static vktl_status draw(struct console *console, const struct cam_job *job, const char *path,
                        const struct vktl_cam_result *result)
{
    vktl_status status;
    struct vktl_photo photo = {0};
    struct vktl_picture *picture = NULL;
    TRY(vktl_photo_read(&console->log, job->image, PHOTO_MAX_SIDE, &photo));
    const struct vktl_cam_overlay overlay = {
        .photo = &photo,
        .map_width = result->width,
        .map_height = result->height,
        .map = result->map,
        .class_name = vktl_model_class_name(job->model, result->class_index),
        .probability = result->probability,
        .layer = result->layer,
        .caption = path_name(job->image),
    };
    TRY(vktl_draw_cam(&console->log, &overlay, VKTL_LIGHT, &picture));
    TRY(vktl_picture_save(&console->log, picture, path));
fail:
    vktl_picture_destroy(&picture);
    vktl_photo_free(&photo);
    return status;
}

static vktl_status write_array(struct console *console, const struct cam_job *job,
                               const struct vktl_cam_result *result)
{
    vktl_status status;
    const uint32_t shape[] = {result->height, result->width};
    char *path = path_join(job->out, ARRAY_NAME);
    TRY_ALLOC(&console->log, path);
    TRY(vktl_write_npy(&console->log, path, result->map, shape, 2));
fail:
    free(path);
    return status;
}

static void add_item(const struct cam_job *job, const struct vktl_cam_result *result,
                     struct json *json)
{
    cJSON *item = json_add_object(json, json->root, NULL);
    json_add_text(json, item, "layer", result->layer);
    cJSON *cam = json_add_object(json, item, "cam");
    json_add_text(json, cam, "class", vktl_model_class_name(job->model, result->class_index));
    json_add_number(json, cam, "index", result->class_index);
    json_add_number(json, cam, "probability", result->probability);
    cJSON *shape = json_add_array(json, cam, "shape");
    json_add_number(json, shape, NULL, result->height);
    json_add_number(json, shape, NULL, result->width);
}

vktl_status features_cam(struct console *console, const struct cam_job *job, struct json *json)
{
    vktl_status status;
    struct vktl_cam_result result = {0};
    int32_t class_index;
    char *path = path_join(job->out, PICTURE_NAME);
    TRY_ALLOC(&console->log, path);
    TRY(find_class(console, job, &class_index));
    TRY(vktl_cam(&console->log, job->device, job->model, job->image, class_index,
                 job->options->layer, &result));
    TRY(folder_create_all(&console->log, job->out));
    TRY(draw(console, job, path, &result));
    if (job->npy)
        TRY(write_array(console, job, &result));
    add_item(job, &result, json);
    console_say(console, "Wrote %s: %s, %.1f %%, seen at %s", path,
                vktl_model_class_name(job->model, result.class_index),
                100 * (double)result.probability, result.layer);
fail:
    vktl_cam_result_free(&result);
    free(path);
    return status;
}
