// Grad-CAM as `vktl features` shows it.
#ifndef CLI_FEATURES_CAM_H
#define CLI_FEATURES_CAM_H

#include "cli/command.h"
#include "cli/json.h"

struct cam_options {
    bool wanted;
    const char *class_name, *layer; // either is a wish for it too
};

// Rows for a table of the command's.
extern const struct option cam_option_rows[];

bool cam_is_wanted(const struct cam_options *options);

// What an image is explained with, and where to.
struct cam_job {
    const struct cam_options *options;
    const struct vktl_model *model;
    struct vktl_device *device;
    const char *image, *out; // the folder is made where it is not there
    bool npy;
};

// Writes cam.png, and cam.npy where that is wanted, says so, and adds an item to the list `json`.
// VKTL_USAGE: no such class or layer, or a model without maps.
vktl_status features_cam(struct console *console, const struct cam_job *job, struct json *json);

#endif
