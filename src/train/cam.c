// Responsible for Grad-CAM: which layer is looked at, and the map from what PASS_CAM finds there.
#include <vktl/cam.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/plan.h"
#include "train/predict.h"
#include "tune/tune.h"

struct vktl_cam {
    const struct vktl_log *log;
    const struct vktl_model *model;
    struct plan *plan;
    uint32_t layer;
    float *output, *gradient; // of that layer: (1, H, W, C)
};

// ---- The layer

static bool has_map(const struct layer *layer)
{
    return layer->io.out.rank == 4 && layer->io.out.dim[1] * layer->io.out.dim[2] > 1;
}

static bool is_one_of(const struct layer *layer, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(layer->op->name, *names) == 0)
            return true;
    return false;
}

// The last layer with a map, or the last convolution with what works on each of its numbers alone.
static int32_t default_layer(const struct vktl_model *model)
{
    static const char *const convolutions[] = {"conv2d", "depthwise_conv2d", NULL};
    static const char *const followers[] = {"batchnorm", "relu", "relu6", "dropout", NULL};
    int32_t last = -1, convolution = -1;
    for (uint32_t i = 0; i < model->layer_count; i++) {
        const struct layer *layer = &model->layers[i];
        if (!has_map(layer))
            continue;
        const bool follows = convolution >= 0 && convolution + 1 == (int32_t)i;
        if (is_one_of(layer, convolutions) || (follows && is_one_of(layer, followers)))
            convolution = (int32_t)i;
        last = (int32_t)i;
    }
    return convolution >= 0 ? convolution : last;
}

static vktl_status find_layer(const struct vktl_log *log, const struct vktl_model *model,
                              const char *name, uint32_t *found)
{
    const int32_t index = name ? model_find(model, name) : default_layer(model);
    char shape[SHAPE_TEXT_SIZE];
    if (index < 0 && name)
        return log_fail(log, VKTL_USAGE, "%s has no layer '%.80s'; `vktl summary` lists its layers",
                        model->name, name);
    if (index < 0)
        return log_fail(log, VKTL_USAGE,
                        "%s has no layer whose output is a map, so nothing can be said about "
                        "places in the image",
                        model->name);
    if (!has_map(&model->layers[index]))
        return log_fail(log, VKTL_USAGE,
                        "the output of '%.80s' is %s, no map of the image; name a layer before it",
                        model->layers[index].name, shape_text(&model->layers[index].io.out, shape));
    *found = (uint32_t)index;
    return VKTL_OK;
}

vktl_status vktl_cam_open(const struct vktl_log *log, struct vktl_device *device,
                          const struct vktl_model *model, const char *layer, struct vktl_cam **out)
{
    vktl_status status;
    struct vktl_cam *cam = calloc(1, sizeof *cam);
    *out = NULL;
    TRY_ALLOC(log, cam);
    cam->log = log;
    cam->model = model;
    TRY(predict_check_weights(log, model));
    TRY(find_layer(log, model, layer, &cam->layer));
    const struct plan_params params = {
        .batch = 1, .passes = {[PASS_CAM] = true}, .cam_layer = cam->layer};
    TRY(tune_for_plan(log, device, model, &params));
    TRY(plan_create(log, device, model, &params, &cam->plan));
    TRY(plan_build(cam->plan));
    const size_t size = (size_t)shape_size(&model->layers[cam->layer].io.out);
    cam->output = malloc(size);
    cam->gradient = malloc(size);
    TRY_ALLOC(log, cam->output);
    TRY_ALLOC(log, cam->gradient);
    *out = cam;
    return VKTL_OK;
fail:
    vktl_cam_close(&cam);
    return status;
}

void vktl_cam_close(struct vktl_cam **cam)
{
    if (!*cam)
        return;
    plan_destroy(&(*cam)->plan);
    free((*cam)->output);
    free((*cam)->gradient);
    free(*cam);
    *cam = NULL;
}

// ---- The map

void vktl_cam_result_free(struct vktl_cam_result *result)
{
    free(result->map);
    *result = (struct vktl_cam_result){0};
}

// softmax(logits / temperature), of one class: 1 / sum over i of exp((z_i - z_class) /
// temperature).
static float probability_of(const struct vktl_cam *cam, uint32_t class_index)
{
    const float *logits = plan_logits(cam->plan);
    const double temperature = vktl_model_temperature(cam->model);
    double sum = 0;
    for (uint32_t i = 0; i < vktl_model_class_count(cam->model); i++)
        sum += exp(((double)logits[i] - logits[class_index]) / temperature);
    return (float)(1 / sum);
}

static vktl_status choose_class(const struct vktl_cam *cam, int32_t wanted,
                                struct vktl_cam_result *result)
{
    const float *logits = plan_logits(cam->plan);
    const uint32_t count = vktl_model_class_count(cam->model);
    if (wanted < VKTL_CAM_PREDICTED || wanted >= (int64_t)count)
        return log_fail(cam->log, VKTL_USAGE, "%s has no class %d: its %u classes count from 0",
                        cam->model->name, wanted, count);
    result->class_index = wanted == VKTL_CAM_PREDICTED ? 0 : (uint32_t)wanted;
    for (uint32_t i = 1; wanted == VKTL_CAM_PREDICTED && i < count; i++)
        if (logits[i] > logits[result->class_index])
            result->class_index = i;
    result->probability = probability_of(cam, result->class_index);
    return VKTL_OK;
}

// alpha_k of every channel, in `alpha`.
static void average_gradient(const struct vktl_cam *cam, uint32_t places, uint32_t channels,
                             double *alpha)
{
    for (uint32_t i = 0; i < places; i++)
        for (uint32_t k = 0; k < channels; k++)
            alpha[k] += cam->gradient[(size_t)i * channels + k];
    for (uint32_t k = 0; k < channels; k++)
        alpha[k] /= places;
}

static vktl_status fill_map(const struct vktl_cam *cam, struct vktl_cam_result *result)
{
    vktl_status status = VKTL_OK;
    const uint32_t places = result->height * result->width;
    const uint32_t channels = cam->model->layers[cam->layer].io.out.dim[3];
    double maximum = 0;
    double *alpha = calloc(channels, sizeof *alpha);
    double *map = calloc(places, sizeof *map);
    result->map = malloc(places * sizeof *result->map);
    TRY_ALLOC(cam->log, alpha);
    TRY_ALLOC(cam->log, map);
    TRY_ALLOC(cam->log, result->map);
    average_gradient(cam, places, channels, alpha);
    for (uint32_t i = 0; i < places; i++) {
        for (uint32_t k = 0; k < channels; k++)
            map[i] += alpha[k] * cam->output[(size_t)i * channels + k];
        maximum = fmax(maximum, map[i]);
    }
    for (uint32_t i = 0; i < places; i++)
        result->map[i] = map[i] > 0 ? (float)(map[i] / maximum) : 0;
fail:
    free(alpha);
    free(map);
    return status;
}

vktl_status vktl_cam_compute(struct vktl_cam *cam, const char *image_path, int32_t class_index,
                             struct vktl_cam_result *result)
{
    vktl_status status;
    const struct layer *layer = &cam->model->layers[cam->layer];
    const uint32_t classes = vktl_model_class_count(cam->model);
    *result = (struct vktl_cam_result){
        .height = layer->io.out.dim[1], .width = layer->io.out.dim[2], .layer = layer->name};
    TRY(predict_load_image(cam->log, cam->model, image_path, cam->plan));
    TRY(plan_run(cam->plan, PASS_CAM));
    TRY(choose_class(cam, class_index, result));
    memset(plan_seed(cam->plan), 0, classes * sizeof(float));
    plan_seed(cam->plan)[result->class_index] = 1;
    TRY(plan_run_backward(cam->plan));
    TRY(plan_read_cam(cam->plan, cam->output, cam->gradient));
    TRY(fill_map(cam, result));
    return VKTL_OK;
fail:
    vktl_cam_result_free(result);
    return status;
}

vktl_status vktl_cam(const struct vktl_log *log, struct vktl_device *device,
                     const struct vktl_model *model, const char *image_path, int32_t class_index,
                     const char *layer, struct vktl_cam_result *result)
{
    vktl_status status;
    struct vktl_cam *cam = NULL;
    *result = (struct vktl_cam_result){0};
    TRY(vktl_cam_open(log, device, model, layer, &cam));
    TRY(vktl_cam_compute(cam, image_path, class_index, result));
fail:
    vktl_cam_close(&cam);
    return status;
}
