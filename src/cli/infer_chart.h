// The pictures of `vktl infer --chart`.
#ifndef CLI_INFER_CHART_H
#define CLI_INFER_CHART_H

#include <vktl/infer.h>

#include "cli/console.h"

enum { CHART_IMAGES = 16, CHART_BARS = 20 }; // at most, in one file and of one image

// Draws the images that could be read, each with its `top` classes, CHART_IMAGES in one file: more
// go to "NAME-1.png", "NAME-2.png" and so on, with as many digits as the last needs.
vktl_status infer_chart_write(struct console *console, const char *path,
                              const struct vktl_model *model, const struct vktl_dataset *dataset,
                              const struct vktl_predictions *predictions, uint32_t top);

#endif
