// Grad-CAM: where in an image a model sees a class.
//
// Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
// Localization", ICCV 2017. With A the output of a layer, k its channels, and S the class's score,
// which is its logit, before the softmax:
//
//     alpha_k = mean over the places of A of dS / dA_k
//     map     = max(0, sum over k of alpha_k A_k), divided by its maximum
//
// Dropout is off and batch normalisation uses its moving statistics, as in predictions.
#ifndef VKTL_CAM_H
#define VKTL_CAM_H

#include <stdint.h>

#include <vktl/device.h>
#include <vktl/log.h>
#include <vktl/model.h>
#include <vktl/status.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vktl_cam_result {
    uint32_t height, width; // of the layer's output: vktl_draw_cam lays it over a photo
    float *map;             // (height, width), 0..1; all 0 where nothing speaks for the class
    uint32_t class_index;   // the one that was asked for, or the predicted one
    float probability;      // of that class, by the model's temperature
    const char *layer;      // that was looked at; lives as long as the model
};
VKTL_API void vktl_cam_result_free(struct vktl_cam_result *result);

enum { VKTL_CAM_PREDICTED = -1 }; // explain the class that the model predicts

// The map of one image. `layer` NULL: the last convolution whose output is larger than 1x1, with
// the normalisation and activation behind it, which is where the paper and Keras's example look;
// without convolutions the last layer with such an output. The caller frees the result, which is
// zeroed after a failure.
//
// VKTL_USAGE: a model without weights, without softmax or without a layer that has a map; no such
// layer or class. VKTL_INPUT: the image cannot be read. Not while another thread uses the device.
VKTL_API vktl_status vktl_cam(const struct vktl_log *log, struct vktl_device *device,
                              const struct vktl_model *model, const char *image_path,
                              int32_t class_index, const char *layer,
                              struct vktl_cam_result *result);

// The same for many images, planned once. `log`, `device` and `model` must outlive it. One thread,
// the device's.
struct vktl_cam;
VKTL_API vktl_status vktl_cam_open(const struct vktl_log *log, struct vktl_device *device,
                                   const struct vktl_model *model, const char *layer,
                                   struct vktl_cam **cam);
VKTL_API vktl_status vktl_cam_compute(struct vktl_cam *cam, const char *image_path,
                                      int32_t class_index, struct vktl_cam_result *result);
VKTL_API void vktl_cam_close(struct vktl_cam **cam);

#ifdef __cplusplus
}
#endif
#endif
