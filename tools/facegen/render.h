/* From a person and the circumstances of a photo to pixels. */
#ifndef FACEGEN_RENDER_H
#define FACEGEN_RENDER_H

#include "identity.h"
#include "photo.h"

#include <stdint.h>

/* Draws one photo into `pixels`: size x size x 3 bytes, rows from the top, RGB. `canvas` is scratch
 * space of size x size colours. */
void render(const struct identity *who, const struct photo *photo, int size, struct rgb *canvas,
            uint8_t *pixels);

/* What lens, sensor and file format do to a photo, in place: blur, noise, 8 x 8 block transform. */
void degrade(const struct photo *photo, int size, struct rgb *canvas);

#endif
