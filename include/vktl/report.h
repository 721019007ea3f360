// What a training run came to, as one HTML page.
#ifndef VKTL_REPORT_H
#define VKTL_REPORT_H

#include <vktl/device.h>

#ifdef __cplusplus
extern "C" {
#endif

// A zeroed member asks for its default, which stands in brackets.
struct vktl_report_params {
    const char *run_folder;   // needed: its best.safetensors, config.json, files.csv, history.csv
    const char *image_folder; // labelled images to judge the model by, one folder a class
                              // [those that the run validated on, else those it trained on]
    uint32_t samples;         // predictions shown, at most 64 [8]
    uint32_t worst;           // of the worst predicted images, likewise [8]
    // Either may be NULL. Called on the calling thread after each batch.
    void (*progress)(void *user, uint32_t done, uint32_t total);
    bool (*should_stop)(void *user);
    void *user;
};

// Writes report.html into the run folder, and confusion.png beside it: title and verdict, figures,
// curves, confusion matrix, classes, reliability, predictions with photos, worst mistakes, data,
// settings, device and timings, files. The page is one file that needs no network and no script;
// texts from files are escaped, photos are scaled down and few, so that its size is bounded.
//
// Photos that have moved since are named in a warning and left out; without any, so are the parts
// that need them, as are pictures where vktl is built without Cairo. VKTL_INPUT: a file of the run
// is missing or damaged, and the message names it; VKTL_INTERRUPTED: should_stop; VKTL_IO.
VKTL_API vktl_status vktl_report(const struct vktl_log *log, struct vktl_device *device,
                                 const struct vktl_report_params *params);

#ifdef __cplusplus
}
#endif
#endif
