// Responsible for images in their own proportions, as pictures show them; squares for models are
// resize.c's.
#include <vktl/photo.h>

#include <math.h>
#include <stdlib.h>

#include "data/image.h"
#include "data/resize.h"

static uint32_t scaled(uint32_t side, double scale)
{
    const double rounded = floor(side * scale + 0.5);
    return rounded < 1 ? 1 : (uint32_t)rounded;
}

vktl_status vktl_photo_read(const struct vktl_log *log, const char *path, uint32_t max_side,
                            struct vktl_photo *photo)
{
    vktl_status status;
    struct image image = {0};
    *photo = (struct vktl_photo){0};
    TRY(image_read(log, path, &image));
    const uint32_t longer = image.width > image.height ? image.width : image.height;
    if (max_side == 0 || longer <= max_side) {
        *photo = (struct vktl_photo){image.width, image.height, image.pixels};
        return VKTL_OK;
    }
    const double scale = (double)max_side / longer;
    photo->width = scaled(image.width, scale);
    photo->height = scaled(image.height, scale);
    photo->pixels = malloc((size_t)photo->width * photo->height * 3);
    TRY_ALLOC(log, photo->pixels);
    TRY(image_resize_to(log, &image, photo->width, photo->height, photo->pixels));
    image_deinit(&image);
    return VKTL_OK;
fail:
    image_deinit(&image);
    vktl_photo_free(photo);
    return status;
}

void vktl_photo_free(struct vktl_photo *photo)
{
    free(photo->pixels);
    *photo = (struct vktl_photo){0};
}
