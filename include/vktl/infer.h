// Using a trained model: predictions and activations. What predictions of labelled images are worth
// is told by evaluate.h.
#ifndef VKTL_INFER_H
#define VKTL_INFER_H

#include <stdbool.h>
#include <stdint.h>

#include <vktl/dataset.h>
#include <vktl/device.h>
#include <vktl/model.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vktl_infer_params {
    uint32_t batch;        // images at once; 0: 16, or fewer where there are fewer images
    uint32_t thread_count; // that decode; 0: one a processor
    // Either may be NULL. Called on the calling thread after each batch.
    void (*progress)(void *user, uint32_t done, uint32_t total);
    bool (*should_stop)(void *user);
    void *user;
};

// Probabilities of images, and their loss where the images have classes.
struct vktl_predictions {
    uint32_t count;       // images, in the order of the dataset
    uint32_t class_count;
    float *probabilities; // (count, class_count); a row of NaN where the image cannot be read
    float *logits;        // likewise: what the softmax was taken of, not divided by the temperature
    float *losses;        // (count): cross-entropy against the dataset's class; NULL without
    vktl_status *statuses; // (count): VKTL_OK, or VKTL_INPUT where the image cannot be read
    uint32_t unreadable;
    double temperature; // that probabilities and losses were computed with: the model's
    double seconds;     // for all of it, decoding included
};

// Predicts every image of a dataset, which either has no classes (vktl_dataset_from_paths) or the
// model's. An unreadable image is named in a warning and predicted as NaN. The model must have
// weights and end in softmax (VKTL_USAGE). The caller frees the result.
VKTL_API vktl_status vktl_predict(const struct vktl_log *log, struct vktl_device *device,
                                  const struct vktl_model *model,
                                  const struct vktl_dataset *dataset,
                                  const struct vktl_infer_params *params,
                                  struct vktl_predictions *predictions);
// The class of the highest probability of an image, the first of equal ones.
VKTL_API uint32_t vktl_predictions_class(const struct vktl_predictions *predictions,
                                         uint32_t image);
VKTL_API void vktl_predictions_free(struct vktl_predictions *predictions);

// One layer's output for one image: float32, (1, H, W, C) or (1, C); valid during the callback.
struct vktl_feature_map {
    uint32_t layer_index;    // in the model
    const char *layer_name;
    uint32_t rank;           // 2 or 4
    uint32_t shape[4];
    const float *values;
};

// Runs one image through the model and hands the exact output of every layer to `visit`, in
// order (a last softmax's without the model's temperature); of the layer `layer_name` alone where
// that is not NULL. A status other than VKTL_OK from `visit` ends it and is returned. VKTL_USAGE:
// no such layer, or a model without weights; VKTL_INPUT: the image cannot be read.
VKTL_API vktl_status vktl_features(const struct vktl_log *log, struct vktl_device *device,
                                   const struct vktl_model *model, const char *image_path,
                                   const char *layer_name,
                                   vktl_status (*visit)(void *user,
                                                        const struct vktl_feature_map *map),
                                   void *user);

// Writes float32 values as a NumPy file (.npy, C order), all or nothing; rank 1 to 4.
VKTL_API vktl_status vktl_write_npy(const struct vktl_log *log, const char *path,
                                    const float *values, const uint32_t *shape, uint32_t rank);

#ifdef __cplusplus
}
#endif
#endif
