// Heat maps over photos, without a picture around them.
#ifndef VIEW_CAM_H
#define VIEW_CAM_H

#include <vktl/picture.h>

// The photo under its map, a whole number of times as large as the photo, at least `min_side` on
// the longer side, so that the map is smooth even over a small one. The caller frees
// `blended->pixels`. VKTL_USAGE: a map or a photo without size.
vktl_status cam_blend(const struct vktl_log *log, const struct vktl_cam_overlay *overlay,
                      uint32_t min_side, struct vktl_photo *blended);

#endif
