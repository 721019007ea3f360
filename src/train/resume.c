// Responsible for deciding how a run is resumed: with which settings, from which point, on the same
// images. Loading weights and CSV files is run.c's and run_weights.c's.
#include "train/resume.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "train/run.h"
#include "train/schedule.h"

enum { FILES_MAX_SIZE = 1 << 30 };

// ---- Settings ----------------------------------------------------------------------------------

// What no file knows comes from the caller.
static void take_live_members(const struct vktl_train_params *asked, struct resume *resume)
{
    resume->params = resume->config.params;
    resume->params.run_folder = asked->run_folder;
    resume->params.overwrite = true; // what is in the folder is ours
    resume->params.dry_run = asked->dry_run;
    resume->params.resume = true;
    resume->params.progress = asked->progress;
    resume->params.should_stop = asked->should_stop;
    resume->params.user = asked->user;
}

static bool compare_device(const struct vktl_log *log, const struct vktl_device_info *info,
                           const struct config *config)
{
    const char *form = info->form == VKTL_FORM_ADDRESS ? "address" : "storage";
    if (strcmp(config->device, info->name) == 0 && strcmp(config->driver, info->driver) == 0 &&
        strcmp(config->kernel_form, form) == 0)
        return true;
    log_warning(log,
                "the run was started on %s (%s) and goes on on %s (%s): its numbers may differ in "
                "their last bits from those of an uninterrupted run",
                config->device, config->driver, info->name, info->driver);
    return false;
}

static vktl_status read_settings(const struct vktl_log *log, const char *path,
                                 const struct vktl_device_info *info,
                                 const struct vktl_train_params *asked, struct resume *resume)
{
    vktl_status status = VKTL_OK;
    struct text before, after;
    text_init(&before);
    text_init(&after);
    TRY(config_open(log, path, &resume->config));
    const uint32_t epochs = resume->config.params.epochs;
    config_settings(&before, &resume->config.params);
    TRY(config_merge(log, asked, &resume->config));
    config_settings(&after, &resume->config.params);
    TRY(text_status(log, &before));
    TRY(text_status(log, &after));
    resume->is_changed = strcmp(before.data, after.data) != 0;
    resume->has_more_epochs = resume->config.params.epochs > epochs;
    take_live_members(asked, resume);
    resume->is_same_device = compare_device(log, info, &resume->config);
fail:
    text_deinit(&before);
    text_deinit(&after);
    return status;
}

// ---- Position ----------------------------------------------------------------------------------

static vktl_status read_course(const struct vktl_log *log, const char *path, struct course *course)
{
    vktl_status status = VKTL_OK;
    struct safetensors *file = NULL;
    TRY(safetensors_open(log, path, &file));
    const char *words = safetensors_metadata(file, COURSE_KEY);
    if (!words)
        FAIL(log, VKTL_INPUT, "%s: says nothing of where its run stands; it cannot be resumed",
             path);
    TRY(course_read(log, path, words, course));
fail:
    safetensors_close(&file);
    return status;
}

// A phase that is over cannot grow any more.
static vktl_status check_growth(const struct vktl_log *log, const struct resume *resume)
{
    const struct course *course = &resume->course;
    if (!resume->has_more_epochs)
        return VKTL_OK;
    if (course->phase > 0)
        return log_fail(log, VKTL_USAGE,
                        "the first phase ended after %" PRIu32
                        " epochs and fine-tuning has begun: raise --fine-tune-epochs instead",
                        course->phase_epoch);
    if (course->epochs_done && schedule_needs_end(&resume->params.schedule))
        log_warning(log,
                    "the schedule now spans %" PRIu32
                    " epochs; those that are done followed a shorter one",
                    resume->params.epochs);
    return VKTL_OK;
}

// A run folder may come from anybody, and nothing may be written outside of it on its word alone:
// its TensorBoard folder counts where its events are already, or where it was given again.
static void check_board(const struct vktl_log *log, const struct vktl_train_params *asked,
                        struct resume *resume)
{
    const char *folder = resume->params.tensorboard_folder;
    char *path = folder && !asked->tensorboard_folder ? path_join(folder, "train") : NULL;
    if (path && !folder_exists(path)) {
        log_warning(log,
                    "%s: the run's event files are not there any more, so none are written; "
                    "give --tensorboard again",
                    folder);
        resume->params.tensorboard_folder = NULL;
    }
    free(path);
}

vktl_status resume_open(const struct vktl_log *log, const struct vktl_device_info *info,
                        const struct vktl_train_params *asked, struct resume *resume)
{
    vktl_status status = VKTL_OK;
    char *path = NULL;
    *resume = (struct resume){.params = *asked};
    if (!asked->run_folder)
        FAIL(log, VKTL_USAGE, "nothing to resume: --run DIR is needed");
    path = run_path(asked, "config.json");
    TRY_ALLOC(log, path);
    resume->is_run = file_exists(path);
    if (!resume->is_run && !asked->train_folder)
        FAIL(log, VKTL_INPUT, "%s holds no run to resume (no config.json)", asked->run_folder);
    if (!resume->is_run)
        goto fail; // one is started
    TRY(read_settings(log, path, info, asked, resume));
    check_board(log, asked, resume);
    resume->checkpoint = run_path(asked, "last.safetensors");
    TRY_ALLOC(log, resume->checkpoint);
    if (!file_exists(resume->checkpoint)) {
        free(resume->checkpoint);
        resume->checkpoint = NULL;
        goto fail;
    }
    TRY(read_course(log, resume->checkpoint, &resume->course));
    TRY(check_growth(log, resume));
    resume->is_complete = course_is_complete(&resume->course, &resume->params);
fail:
    free(path);
    return status;
}

void resume_close(struct resume *resume)
{
    free(resume->checkpoint);
    config_close(&resume->config);
    *resume = (struct resume){0};
}

vktl_status resume_check_course(const struct session *session, const struct resume *resume)
{
    const struct course *course = &resume->course;
    if (!resume->checkpoint || (course->done <= session->training_count &&
                                course->base_layers <= session->model->layer_count))
        return VKTL_OK;
    return log_fail(session->log, VKTL_INPUT,
                    "%s: damaged: its record of the run is of other images or another model",
                    resume->checkpoint);
}

// ---- Images ------------------------------------------------------------------------------------

// The line at `at` that ends the common beginning of two texts, without its end; "" past the last.
static void line_around(const char *text, size_t at, char line[256])
{
    size_t start = at, length;
    while (start > 0 && text[start - 1] != '\n')
        start--;
    length = strcspn(text + start, "\n");
    if (length > 255)
        length = 255;
    memcpy(line, text + start, length);
    line[length] = '\0';
}

static vktl_status compare(const struct vktl_log *log, const char *then, const char *now)
{
    char before[256], after[256];
    size_t at = 0;
    while (then[at] && then[at] == now[at])
        at++;
    if (then[at] == now[at])
        return VKTL_OK;
    line_around(then, at, before);
    line_around(now, at, after);
    return log_fail(log, VKTL_INPUT,
                    "the images are not those that the run was started with: where it had '%s', "
                    "there is '%s'; put them back, or start another --run",
                    *before ? before : "no more", *after ? after : "no more");
}

vktl_status resume_check_files(const struct vktl_log *log, const struct session *session)
{
    vktl_status status = VKTL_OK;
    unsigned char *then = NULL;
    size_t size;
    struct text now;
    char *path = run_path(&session->params, "files.csv");
    text_init(&now);
    TRY_ALLOC(log, path);
    TRY(file_read_all(log, path, FILES_MAX_SIZE, &then, &size));
    files_csv(&now, session->training, session->validation);
    TRY(text_status(log, &now));
    TRY(compare(log, (const char *)then, now.data));
fail:
    text_deinit(&now);
    free(then);
    free(path);
    return status;
}
