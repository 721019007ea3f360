// Random distortions of training images: the transforms of Keras's ImageDataGenerator, and pictures
// of what they do.
#ifndef VKTL_AUGMENT_H
#define VKTL_AUGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include <vktl/dataset.h>
#include <vktl/device.h>

#ifdef __cplusplus
extern "C" {
#endif

// What lies outside an image, as scipy.ndimage has it.
typedef enum vktl_fill {
    VKTL_FILL_NEAREST,  // a a a a | a b c d | d d d d
    VKTL_FILL_CONSTANT, // k k k k | a b c d | k k k k
    VKTL_FILL_REFLECT,  // d c b a | a b c d | d c b a
    VKTL_FILL_WRAP,     // b c d/a | a b c d/a | b c d: the ends lie upon each other
} vktl_fill;

// "nearest", "constant", "reflect", "wrap". The find function returns false, and leaves `found`
// alone, for any other name.
VKTL_API const char *vktl_fill_name(vktl_fill fill);
VKTL_API bool vktl_fill_find(const char *name, vktl_fill *found);

// What may be done to an image. Numbers are drawn evenly between their limits. Zeroed: nothing.
struct vktl_augment {
    double rotation_range;      // degrees, to either side
    double width_shift_range;   // below 1 a part of the width, else pixels; to either side
    double height_shift_range;  // of the height
    double shear_range;         // degrees, to either side
    double zoom_low, zoom_high; // factors, drawn for height and width apart; below 1 enlarges.
                                // Both 0: none
    double channel_shift_range; // added to all values, from 0 to 255, to either side; the result
                                // is kept between the image's own smallest and largest
    double brightness_low, brightness_high; // factors; both 0: none
    bool horizontal_flip, vertical_flip;    // each with probability 1/2
    vktl_fill fill;
    double constant; // of VKTL_FILL_CONSTANT, from 0 to 255
    // Keras since 2020: width shifts move images up and down, height shifts sideways, and rotation,
    // shear and zoom act on swapped axes.
    bool keras_quirks;
};

// Whether anything is done at all.
VKTL_API bool vktl_augment_is_on(const struct vktl_augment *augment);

// VKTL_USAGE, naming the option, for limits that make no sense.
VKTL_API vktl_status vktl_augment_check(const struct vktl_log *log,
                                        const struct vktl_augment *augment);

// What was drawn for one image: the parameters of Keras's apply_transform by their names there. An
// output pixel looks `tx` rows further down and `ty` columns further right (with keras_quirks the
// other way round).
struct vktl_augment_draw {
    double theta, tx, ty, shear, zx, zy; // degrees, pixels, pixels, degrees, factors
    bool flip_horizontal, flip_vertical;
    bool has_channel_shift, has_brightness;
    double channel_shift, brightness;
};

// Draws for image number `item` of a dataset, `height` by `width` pixels. A pure function:
// `variant` (an epoch, or the number of a variant) gives another picture of the same image, and
// neither batch nor order nor threads come into it.
VKTL_API void vktl_augment_draw(const struct vktl_augment *augment, uint64_t seed, uint32_t variant,
                                uint32_t item, uint32_t height, uint32_t width,
                                struct vktl_augment_draw *draw);

struct vktl_augment_params {
    struct vktl_augment augment;
    uint32_t image_size; // pixels on a side of the square that images are brought to; 0: 224
    vktl_interpolation interpolation;
    uint32_t variants; // of each image; 0: 8
    uint64_t seed;
};

// Images and what augmentation makes of them, as 8-bit RGB in rows from the top. Variant v of an
// image is the one that vktl_augment_draw gives for `variant` v and the image's index.
struct vktl_augmented {
    uint32_t image_size, variants;
    uint32_t count;                  // images that could be read
    uint32_t unreadable;             // others
    uint32_t *items;                 // (count): their indices in the dataset
    unsigned char *originals;        // (count, image_size, image_size, 3)
    unsigned char *pixels;           // (count, variants, image_size, image_size, 3)
    struct vktl_augment_draw *draws; // (count, variants)
};

// Distorts the images items[0..item_count) of a dataset on the device; values are rounded to whole
// numbers. An image that cannot be read is named in a warning and left out. The caller frees the
// result, which is zeroed after a failure. VKTL_USAGE: limits or an image size that make no sense;
// VKTL_INPUT: no image can be read.
VKTL_API vktl_status vktl_augment_images(const struct vktl_log *log, struct vktl_device *device,
                                         const struct vktl_dataset *dataset, const uint32_t *items,
                                         uint32_t item_count,
                                         const struct vktl_augment_params *params,
                                         struct vktl_augmented *augmented);
VKTL_API void vktl_augmented_free(struct vktl_augmented *augmented);

#ifdef __cplusplus
}
#endif
#endif
