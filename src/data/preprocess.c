// Responsible for Keras's preprocess_input, and for the names of the choices in vktl/dataset.h.
#include "data/preprocess.h"

#include <string.h>

// ---- Names

static const char *const interpolations[] = {
    [VKTL_NEAREST] = "nearest",
    [VKTL_BILINEAR] = "bilinear",
};

static const char *const preprocesses[] = {
    [VKTL_PREPROCESS_NONE] = "none",
    [VKTL_PREPROCESS_CAFFE] = "caffe",
    [VKTL_PREPROCESS_TF] = "tf",
    [VKTL_PREPROCESS_TORCH] = "torch",
};

enum {
    INTERPOLATION_COUNT = sizeof interpolations / sizeof *interpolations,
    PREPROCESS_COUNT = sizeof preprocesses / sizeof *preprocesses,
};

// The index of `name`, or `count`.
static unsigned find(const char *const *names, unsigned count, const char *name)
{
    unsigned i = 0;
    while (i < count && strcmp(names[i], name) != 0)
        i++;
    return i;
}

const char *vktl_interpolation_name(vktl_interpolation interpolation)
{
    return interpolations[interpolation];
}

bool vktl_interpolation_find(const char *name, vktl_interpolation *found)
{
    unsigned i = find(interpolations, INTERPOLATION_COUNT, name);
    if (i < INTERPOLATION_COUNT)
        *found = (vktl_interpolation)i;
    return i < INTERPOLATION_COUNT;
}

const char *vktl_preprocess_name(vktl_preprocess preprocess)
{
    return preprocesses[preprocess];
}

bool vktl_preprocess_find(const char *name, vktl_preprocess *found)
{
    unsigned i = find(preprocesses, PREPROCESS_COUNT, name);
    if (i < PREPROCESS_COUNT)
        *found = (vktl_preprocess)i;
    return i < PREPROCESS_COUNT;
}

// ---- Numbers

// What becomes of value v in channel c of the output: (v / divisor - mean[c]) / deviation[c], each
// step rounded to float32 as NumPy does. The output's channel c is the input's channel source[c].
struct formula {
    float divisor;
    float mean[3];
    float deviation[3];
    int source[3];
};

static const struct formula formulas[] = {
    [VKTL_PREPROCESS_NONE] = {1, {0, 0, 0}, {1, 1, 1}, {0, 1, 2}},
    [VKTL_PREPROCESS_CAFFE] = {1, {103.939f, 116.779f, 123.68f}, {1, 1, 1}, {2, 1, 0}},
    [VKTL_PREPROCESS_TF] = {127.5f, {1, 1, 1}, {1, 1, 1}, {0, 1, 2}},
    [VKTL_PREPROCESS_TORCH] = {255, {0.485f, 0.456f, 0.406f}, {0.229f, 0.224f, 0.225f}, {0, 1, 2}},
};

void preprocess_apply(vktl_preprocess preprocess, const unsigned char *rgb, size_t pixel_count,
                      float *out)
{
    const struct formula *formula = &formulas[preprocess];
    float table[3][256];
    for (int c = 0; c < 3; c++)
        for (int v = 0; v < 256; v++)
            table[c][v] = ((float)v / formula->divisor - formula->mean[c]) / formula->deviation[c];
    for (size_t i = 0; i < pixel_count; i++, rgb += 3, out += 3)
        for (int c = 0; c < 3; c++)
            out[c] = table[c][rgb[formula->source[c]]];
}
