// Responsible for resizing exactly as Pillow does (src/libImaging/Resample.c and Geometry.c): Keras
// loads images through it, and models are sensitive to the difference between resizers.
//
// Bilinear: output pixel i looks at the input around c = (i + 0.5) * s, s = input / output, with
// the weights max(0, 1 - |x + 0.5 - c| / max(s, 1)), normalised, in fixed point with 22 bits; first
// along rows, rounded to 8 bits, then along columns.
#include "data/resize.h"

#include <math.h>
#include <stdlib.h>

enum { FRACTION_BITS = 22 };

// ---- Nearest

static void resize_nearest(const struct image *image, uint32_t size, unsigned char *to)
{
    const double x_scale = (double)image->width / size, y_scale = (double)image->height / size;
    // Pillow adds the scale up, pixel by pixel; a product would round differently now and then.
    double y_from = 0.5 * y_scale;
    for (uint32_t y = 0; y < size; y++, y_from += y_scale) {
        uint32_t row = y_from < image->height ? (uint32_t)y_from : image->height - 1;
        const unsigned char *from = image->pixels + (size_t)row * image->width * 3;
        double x_from = 0.5 * x_scale;
        for (uint32_t x = 0; x < size; x++, x_from += x_scale, to += 3) {
            uint32_t column = x_from < image->width ? (uint32_t)x_from : image->width - 1;
            to[0] = from[(size_t)column * 3];
            to[1] = from[(size_t)column * 3 + 1];
            to[2] = from[(size_t)column * 3 + 2];
        }
    }
}

// ---- Bilinear

// The input pixels that make each output pixel along one axis, and their weights.
struct axis {
    uint32_t taps;    // room for weights of one output pixel
    uint32_t *first;  // (out)
    uint32_t *count;  // (out)
    int32_t *weights; // (out, taps)
};

static void axis_deinit(struct axis *axis)
{
    free(axis->first);
    free(axis->count);
    free(axis->weights);
}

static void weigh(const struct axis *axis, uint32_t in, uint32_t i, double scale, double *exact)
{
    double support = scale > 1 ? scale : 1, centre = (i + 0.5) * scale, sum = 0;
    double low = centre - support + 0.5, high = centre + support + 0.5;
    uint32_t first = low > 0 ? (uint32_t)low : 0;
    uint32_t count = (high < in ? (uint32_t)high : in) - first;
    for (uint32_t k = 0; k < count; k++) {
        double distance = fabs((k + (double)first - centre + 0.5) * (1 / support));
        exact[k] = distance < 1 ? 1 - distance : 0;
        sum += exact[k];
    }
    for (uint32_t k = 0; k < count; k++)
        axis->weights[(size_t)i * axis->taps + k] =
            (int32_t)(0.5 + (sum != 0 ? exact[k] / sum : exact[k]) * (1 << FRACTION_BITS));
    axis->first[i] = first;
    axis->count[i] = count;
}

static vktl_status axis_init(const struct vktl_log *log, uint32_t in, uint32_t out,
                             struct axis *axis)
{
    vktl_status status = VKTL_OK;
    double scale = (double)in / out;
    axis->taps = (uint32_t)ceil(scale > 1 ? scale : 1) * 2 + 1;
    axis->first = calloc(out, sizeof *axis->first);
    axis->count = calloc(out, sizeof *axis->count);
    axis->weights = calloc((size_t)out * axis->taps, sizeof *axis->weights);
    double *exact = calloc(axis->taps, sizeof *exact);
    TRY_ALLOC(log, axis->first && axis->count && axis->weights && exact ? axis : NULL);
    for (uint32_t i = 0; i < out; i++)
        weigh(axis, in, i, scale, exact);
fail:
    free(exact);
    return status;
}

// One output pixel from `count` input pixels that lie `stride` bytes apart.
static void blend(const unsigned char *from, size_t stride, const int32_t *weights, uint32_t count,
                  unsigned char *to)
{
    const int32_t half = 1 << (FRACTION_BITS - 1);
    int32_t red = half, green = half, blue = half;
    for (uint32_t k = 0; k < count; k++, from += stride) {
        red += from[0] * weights[k];
        green += from[1] * weights[k];
        blue += from[2] * weights[k];
    }
    // The weights' rounding can sum to a little more than one, never to less than zero.
    to[0] = (unsigned char)(red >> FRACTION_BITS > 255 ? 255 : red >> FRACTION_BITS);
    to[1] = (unsigned char)(green >> FRACTION_BITS > 255 ? 255 : green >> FRACTION_BITS);
    to[2] = (unsigned char)(blue >> FRACTION_BITS > 255 ? 255 : blue >> FRACTION_BITS);
}

vktl_status image_resize_to(const struct vktl_log *log, const struct image *image, uint32_t width,
                            uint32_t height, unsigned char *to)
{
    vktl_status status = VKTL_OK;
    struct axis across = {0}, down = {0};
    const size_t row_size = (size_t)width * 3;
    unsigned char *narrow = NULL; // (image height, width, 3)
    vktl_assert(image->pixels && image->width > 0 && image->height > 0 && width > 0 && height > 0);
    TRY(axis_init(log, image->width, width, &across));
    TRY(axis_init(log, image->height, height, &down));
    narrow = malloc(row_size * image->height);
    TRY_ALLOC(log, narrow);
    for (uint32_t y = 0; y < image->height; y++) {
        const unsigned char *row = image->pixels + (size_t)y * image->width * 3;
        for (uint32_t x = 0; x < width; x++)
            blend(row + (size_t)across.first[x] * 3, 3, across.weights + (size_t)x * across.taps,
                  across.count[x], narrow + y * row_size + (size_t)x * 3);
    }
    for (uint32_t y = 0; y < height; y++)
        for (size_t x = 0; x < row_size; x += 3)
            blend(narrow + down.first[y] * row_size + x, row_size,
                  down.weights + (size_t)y * down.taps, down.count[y], to + y * row_size + x);
fail:
    free(narrow);
    axis_deinit(&across);
    axis_deinit(&down);
    return status;
}

vktl_status image_resize(const struct vktl_log *log, const struct image *image, uint32_t size,
                         vktl_interpolation interpolation, unsigned char *to)
{
    vktl_assert(image->pixels && image->width > 0 && image->height > 0 && size > 0);
    if (interpolation == VKTL_BILINEAR)
        return image_resize_to(log, image, size, size, to);
    resize_nearest(image, size, to);
    return VKTL_OK;
}

vktl_status image_read_square(const struct vktl_log *log, const char *path, uint32_t size,
                              vktl_interpolation interpolation, unsigned char *to)
{
    struct image image;
    vktl_status status = image_read(log, path, &image);
    if (status == VKTL_OK)
        status = image_resize(log, &image, size, interpolation, to);
    image_deinit(&image);
    return status;
}
