// Responsible for the names of the choices in vktl/dataset.h. What they do to pixels is the
// business of resize.c and of the operator augment.
#include <vktl/dataset.h>

#include <string.h>

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
