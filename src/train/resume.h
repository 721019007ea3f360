// Finding out what a run folder holds, and whether it can be gone on with.
#ifndef TRAIN_RESUME_H
#define TRAIN_RESUME_H

#include "train/config.h"
#include "train/course.h"
#include "train/session.h"

struct resume {
    struct config config; // owns the strings of `params`
    struct vktl_train_params params;
    bool is_run;      // the folder holds a run
    char *checkpoint; // its last.safetensors; NULL: nothing was saved yet, the run starts anew
    struct course course;
    bool is_same_device;  // and the same driver and form of kernels
    bool is_changed;      // params differ from config.json
    bool has_more_epochs; // the first phase grows
    bool is_complete;     // there is nothing left to do
};

// Reads what is in asked->run_folder and brings `asked` into it. VKTL_USAGE: settings that
// contradict the run's; VKTL_INPUT: damaged files. `resume` is closed by the caller, also after a
// failure.
vktl_status resume_open(const struct vktl_log *log, const struct vktl_device_info *device,
                        const struct vktl_train_params *asked, struct resume *resume);
void resume_close(struct resume *resume);

// VKTL_INPUT: the course is none of a run with this model and these images.
vktl_status resume_check_course(const struct session *session, const struct resume *resume);

// VKTL_INPUT: the images are not those that the run was started with; the message names one.
vktl_status resume_check_files(const struct vktl_log *log, const struct session *session);

#endif
