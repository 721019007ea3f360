// From drawn numbers to what the operator augment takes. The public half is vktl/augment.h.
#ifndef DATA_AUGMENT_H
#define DATA_AUGMENT_H

#include <vktl/augment.h>

#include "abi/augment.h"

// The map of Keras's apply_affine_transform, rotation * shift * shear * zoom about the middle of
// an image of `height` by `width` pixels, in fixed point; flips, shift and brightness. Where
// nothing was drawn the image is zeroed: it passes as it is.
void augment_encode(const struct vktl_augment_draw *draw, bool keras_quirks, uint32_t height,
                    uint32_t width, struct augment_image *image);

#endif
