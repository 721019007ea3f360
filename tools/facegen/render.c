/* Composes a picture: the painters in order of depth, several samples to a pixel, exposure, bytes.
 * The damage that a camera does is left to degrade.c. */
#include "render.h"

#include "face.h"

enum { SAMPLES = 3 }; /* per pixel in each direction */

static struct rgb sample(const struct identity *who, const struct photo *photo, double x, double y,
                         double width)
{
    struct point at = point_at(who, photo, x, y, width);
    struct rgb colour = paint_background((struct rgb){0.0, 0.0, 0.0}, &at);
    colour = paint_hair_behind(colour, &at);
    colour = paint_body(colour, &at);
    colour = paint_ears(colour, &at, false);
    colour = paint_skin(colour, &at);
    if (at.r < 1.1) {
        colour = paint_nose(colour, &at);
        colour = paint_beard(colour, &at);
    }
    if (at.r < 1.0) {
        colour = paint_mouth(colour, &at);
        colour = paint_eyes(colour, &at);
    }
    colour = paint_ears(colour, &at, true);
    colour = paint_hair(colour, &at);
    colour = paint_glasses(colour, &at);
    return paint_occluder(colour, &at);
}

static struct rgb pixel(const struct identity *who, const struct photo *photo, double x, double y,
                        double width)
{
    struct rgb sum = {0.0, 0.0, 0.0};
    double step = width / SAMPLES;
    for (int i = 0; i < SAMPLES; i++) {
        for (int j = 0; j < SAMPLES; j++) {
            struct rgb one = sample(who, photo, x + (j + 0.5) * step, y + (i + 0.5) * step, step);
            sum.r += one.r;
            sum.g += one.g;
            sum.b += one.b;
        }
    }
    return rgb_scale(sum, 1.0 / (SAMPLES * SAMPLES));
}

static double expose(const struct photo *photo, double value)
{
    return 0.5 + (value * photo->exposure - 0.5) * photo->contrast;
}

/* Bytes keep six bits: finer steps are only noise, and cost most of a PNG's size. */
static uint8_t to_byte(double value)
{
    int step = (int)(clamp(value, 0.0, 1.0) * 63.0 + 0.5);
    return (uint8_t)(step * 255 / 63);
}

void render(const struct identity *who, const struct photo *photo, int size, struct rgb *canvas,
            uint8_t *pixels)
{
    double width = 2.0 / size;
    for (int row = 0; row < size; row++) {
        for (int column = 0; column < size; column++) {
            struct rgb p = pixel(who, photo, column * width - 1.0, row * width - 1.0, width);
            canvas[row * size + column] =
                (struct rgb){expose(photo, p.r), expose(photo, p.g), expose(photo, p.b)};
        }
    }
    degrade(photo, size, canvas);
    for (int i = 0; i < size * size; i++) {
        pixels[3 * i] = to_byte(canvas[i].r);
        pixels[3 * i + 1] = to_byte(canvas[i].g);
        pixels[3 * i + 2] = to_byte(canvas[i].b);
    }
}
