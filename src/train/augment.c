// Responsible for pictures of what augmentation does: a few images through the operator alone.
// Training images are feed.c's.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/augment.h"
#include "data/loader.h"
#include "train/augmenter.h"

enum { DEFAULT_SIZE = 224, DEFAULT_VARIANTS = 8, MAX_PICTURES = 1 << 16 };

struct showing {
    const struct vktl_log *log;
    const struct vktl_augment_params *params;
    struct loader *loader;
    struct augmenter *augmenter; // its batch: the variants of an image
    struct vktl_augmented *augmented;
    size_t size; // bytes of a picture
};

static vktl_status make_augmenter(const struct showing *showing, struct vktl_device *device,
                                  struct augmenter **augmenter)
{
    const struct vktl_augment *augment = &showing->params->augment;
    const struct start_params start = {
        .batch = showing->augmented->variants,
        .height = showing->augmented->image_size,
        .width = showing->augmented->image_size,
        .fill = augment->fill,
        .constant = (float)augment->constant,
        .has_shifts = augment->channel_shift_range != 0,
    };
    return augmenter_create(showing->log, device, &start, augmenter);
}

static vktl_status allocate(const struct showing *showing, uint32_t item_count)
{
    vktl_status status = VKTL_OK;
    struct vktl_augmented *augmented = showing->augmented;
    const size_t pictures = (size_t)item_count * augmented->variants;
    augmented->items = calloc(item_count, sizeof *augmented->items);
    augmented->originals = calloc(item_count, showing->size);
    augmented->pixels = calloc(pictures, showing->size);
    augmented->draws = calloc(pictures, sizeof *augmented->draws);
    TRY_ALLOC(showing->log, augmented->items);
    TRY_ALLOC(showing->log, augmented->originals);
    TRY_ALLOC(showing->log, augmented->pixels);
    TRY_ALLOC(showing->log, augmented->draws);
fail:
    return status;
}

static void take_picture(const struct showing *showing, uint32_t variant, unsigned char *pixels)
{
    const float *values = augmenter_output(showing->augmenter, variant);
    for (size_t i = 0; i < showing->size; i++)
        pixels[i] = (unsigned char)lrintf(values[i]); // from 0 to 255: nothing leads out of it
}

// Makes the variants of the image that was read last.
static vktl_status show_variants(const struct showing *showing, uint32_t item)
{
    vktl_status status;
    struct vktl_augmented *augmented = showing->augmented;
    const struct vktl_augment *augment = &showing->params->augment;
    const uint32_t side = augmented->image_size, variants = augmented->variants;
    const size_t first = (size_t)augmented->count * variants;
    const unsigned char *original = augmented->originals + augmented->count * showing->size;
    for (uint32_t v = 0; v < variants; v++) {
        struct vktl_augment_draw *draw = &augmented->draws[first + v];
        memcpy(augmenter_pixels(showing->augmenter, v), original, showing->size);
        vktl_augment_draw(augment, showing->params->seed, v, item, side, side, draw);
        augment_encode(draw, augment->keras_quirks, side, side,
                       augmenter_image(showing->augmenter, v));
    }
    TRY(augmenter_run(showing->augmenter));
    for (uint32_t v = 0; v < variants; v++)
        take_picture(showing, v, augmented->pixels + (first + v) * showing->size);
    augmented->items[augmented->count++] = item;
fail:
    return status;
}

static vktl_status show_all(const struct showing *showing, const uint32_t *items, uint32_t count)
{
    vktl_status status = VKTL_OK;
    struct vktl_augmented *augmented = showing->augmented;
    loader_begin(showing->loader, items, count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t item;
        vktl_status read;
        TRY(loader_next(showing->loader, augmented->originals + augmented->count * showing->size,
                        &item, &read));
        if (read == VKTL_OK)
            TRY(show_variants(showing, item));
        else
            augmented->unreadable++;
    }
    if (augmented->count == 0)
        FAIL(showing->log, VKTL_INPUT, "no image can be read");
fail:
    return status;
}

vktl_status vktl_augment_images(const struct vktl_log *log, struct vktl_device *device,
                                const struct vktl_dataset *dataset, const uint32_t *items,
                                uint32_t item_count, const struct vktl_augment_params *params,
                                struct vktl_augmented *augmented)
{
    vktl_status status;
    struct showing showing = {.log = log, .params = params, .augmented = augmented};
    *augmented = (struct vktl_augmented){
        .image_size = params->image_size ? params->image_size : DEFAULT_SIZE,
        .variants = params->variants ? params->variants : DEFAULT_VARIANTS,
    };
    const struct loader_params loading = {.image_size = augmented->image_size,
                                          .interpolation = params->interpolation};
    showing.size = (size_t)augmented->image_size * augmented->image_size * 3;
    TRY(vktl_augment_check(log, &params->augment));
    if ((uint64_t)item_count * augmented->variants > MAX_PICTURES)
        FAIL(log, VKTL_USAGE, "%u variants of %u images; at most %d pictures are made at once",
             augmented->variants, item_count, MAX_PICTURES);
    TRY(loader_create(log, dataset, &loading, &showing.loader));
    TRY(make_augmenter(&showing, device, &showing.augmenter));
    TRY(allocate(&showing, item_count));
    TRY(show_all(&showing, items, item_count));
fail:
    loader_destroy(&showing.loader);
    augmenter_destroy(&showing.augmenter);
    if (status != VKTL_OK)
        vktl_augmented_free(augmented);
    return status;
}

void vktl_augmented_free(struct vktl_augmented *augmented)
{
    free(augmented->items);
    free(augmented->originals);
    free(augmented->pixels);
    free(augmented->draws);
    *augmented = (struct vktl_augmented){0};
}
