// Folders of images: one subfolder a class.
#ifndef VKTL_DATASET_H
#define VKTL_DATASET_H

#include <stdbool.h>
#include <stdint.h>

#include <vktl/log.h>
#include <vktl/status.h>

#ifdef __cplusplus
extern "C" {
#endif

// How an image is brought to the square that a model takes.
typedef enum vktl_interpolation {
    VKTL_NEAREST,  // one pixel: Keras's default
    VKTL_BILINEAR, // a triangle that widens when the image shrinks ("antialiased"), as Pillow does
} vktl_interpolation;

// What happens to the values 0..255 before a model sees them (Keras's preprocess_input).
typedef enum vktl_preprocess {
    VKTL_PREPROCESS_NONE,  // x
    VKTL_PREPROCESS_CAFFE, // channels in the order B, G, R; minus 103.939, 116.779, 123.68
    VKTL_PREPROCESS_TF,    // x / 127.5 - 1
    VKTL_PREPROCESS_TORCH, // (x / 255 - mean) / deviation of ImageNet, R, G, B
} vktl_preprocess;

// Names as on the command line: "nearest", "bilinear"; "none", "caffe", "tf", "torch". Static
// strings. The find functions return false, and leave `found` alone, for any other name.
VKTL_API const char *vktl_interpolation_name(vktl_interpolation interpolation);
VKTL_API bool vktl_interpolation_find(const char *name, vktl_interpolation *found);
VKTL_API const char *vktl_preprocess_name(vktl_preprocess preprocess);
VKTL_API bool vktl_preprocess_find(const char *name, vktl_preprocess *found);

// A list of image files, each with its class. Reading may happen from several threads at once;
// vktl_dataset_scan and vktl_dataset_destroy need the dataset for themselves.
struct vktl_dataset;

// Lists the images below `folder`: its direct subfolders, in sorted order, are the classes; within
// one, png jpg jpeg bmp ppm pgm in any case, at any depth, in the order of Keras's
// flow_from_directory. Hidden and empty subfolders are named in a warning and left out; links to
// folders are classes, but are not followed further down. No image is opened.
//
// With `classes` (`class_count` names, not copied for longer than the call) the classes are those
// and in that order, as for a validation folder: a subfolder that is none of them is an error, one
// that is missing a warning. Without (NULL) at least two classes are needed.
//
// VKTL_INPUT: no such folder, no class, one class only, an unknown class. The caller destroys
// `dataset`, which is NULL after a failure.
VKTL_API vktl_status vktl_dataset_open(const struct vktl_log *log, const char *folder,
                                       const char *const *classes, uint32_t class_count,
                                       struct vktl_dataset **dataset);

// The images `paths` without classes (class count 0), in the order given; a path that is a folder
// stands for all images below it. A file that is missing or unreadable is found out when it is
// scanned or loaded. VKTL_INPUT: no image at all.
VKTL_API vktl_status vktl_dataset_from_paths(const struct vktl_log *log, const char *const *paths,
                                             uint32_t path_count, struct vktl_dataset **dataset);

// Parts `whole` in two, `fraction` (between 0 and 1, exclusive: VKTL_USAGE) of it for validation.
// Which part an image falls in depends on its path below the folder alone, so it stays there when
// files are added or the folder moves. VKTL_INPUT: a class is left without a training image, or no
// image at all falls in the validation part. `whole` is unchanged; the caller destroys all three.
VKTL_API vktl_status vktl_dataset_split(const struct vktl_log *log,
                                        const struct vktl_dataset *whole, double fraction,
                                        struct vktl_dataset **training,
                                        struct vktl_dataset **validation);

struct vktl_scan {
    uint32_t image_size; // pixels on a side of the square that images are brought to
    vktl_interpolation interpolation;
    uint32_t thread_count; // 0: one a processor
    uint64_t cache_limit;  // bytes of resized images to keep for the loader; 0 keeps none
    bool remembers; // images that were good in an earlier scan, and whose files have not changed,
                    // are not decoded; the user's cache folder says which
    // Either may be NULL. Called on the calling thread after each image; true stops the scan.
    void (*progress)(void *user, uint32_t done, uint32_t total);
    bool (*should_stop)(void *user);
    void *user;
};

// Decodes every image once, in parallel, but for those that it remembers. Those that cannot be read
// are named in a warning each and leave the dataset, `dropped` of them (may be NULL); of the others
// as many as `cache_limit` allows stay in memory. VKTL_INPUT: a class, or a dataset without
// classes, has no readable image left. VKTL_INTERRUPTED: should_stop; the dataset is as before.
VKTL_API vktl_status vktl_dataset_scan(const struct vktl_log *log, struct vktl_dataset *dataset,
                                       const struct vktl_scan *scan, uint32_t *dropped);

VKTL_API uint32_t vktl_dataset_count(const struct vktl_dataset *dataset);
VKTL_API uint32_t vktl_dataset_class_count(const struct vktl_dataset *dataset);

// The name of a class; the path and the class of an image (class 0 in a dataset without classes).
// Strings live as long as the dataset. `index` must be below the count.
VKTL_API const char *vktl_dataset_class_name(const struct vktl_dataset *dataset, uint32_t index);
VKTL_API const char *vktl_dataset_path(const struct vktl_dataset *dataset, uint32_t index);
VKTL_API uint32_t vktl_dataset_class(const struct vktl_dataset *dataset, uint32_t index);

VKTL_API void vktl_dataset_destroy(struct vktl_dataset **dataset);

#ifdef __cplusplus
}
#endif
#endif
