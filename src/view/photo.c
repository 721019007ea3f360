// Responsible for a photo as a picture of its own.
#include <vktl/picture.h>

#include "view/canvas.h"

vktl_status vktl_draw_photo(const struct vktl_log *log, const struct vktl_photo *photo,
                            struct vktl_picture **picture)
{
    vktl_status status;
    *picture = NULL;
    TRY(canvas_check_photo(log, photo));
    TRY(canvas_create(log, photo->width, VKTL_LIGHT, picture));
    canvas_photo(*picture, photo, &(struct rect){0, 0, photo->width, photo->height}, true);
    TRY(canvas_finish(log, picture, photo->height));
fail:
    return status;
}
