// Responsible for the files of a run folder and when they are written. The weights that go into
// them are run_weights.c's; what to train and when, trainer.c's.
#include "train/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/files.h"
#include "base/locks.h"
#include "train/config.h"

static const char history_header[] =
    "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds";
static const char steps_header[] = "step,loss,accuracy,learning_rate\n";

// Writing takes at most this part of the time, however large the model.
static const double most_time_for_writing = 0.1;

enum { CSV_MAX_SIZE = 1 << 30 };

char *run_path(const struct vktl_train_params *params, const char *name)
{
    return path_join(params->run_folder, name);
}

// ---- Making ------------------------------------------------------------------------------------

vktl_status run_enter_folder(const struct vktl_log *log, const struct vktl_train_params *params,
                             struct run_folder *folder)
{
    vktl_status status;
    folder->path = params->run_folder;
    folder->is_new = !folder_exists(folder->path);
    TRY(folder_create_all(log, folder->path));
    TRY(folder_lock(log, folder->path, "training", &folder->lock));
    folder_clean(folder->path);
fail:
    return status;
}

void run_leave_folder(struct run_folder *folder)
{
    if (folder->is_new)
        folder_remove_empty(folder->path);
    folder_unlock(&folder->lock);
}

vktl_status run_check_folder(const struct vktl_log *log, const struct vktl_train_params *params)
{
    static const char *const signs[] = {"config.json", "last.safetensors", "best.safetensors",
                                        "history.csv"};
    for (size_t i = 0; !params->overwrite && i < sizeof signs / sizeof *signs; i++) {
        char *path = run_path(params, signs[i]);
        const bool exists = path && file_exists(path);
        free(path);
        if (exists)
            return log_fail(log, VKTL_USAGE,
                            "%s holds a run already (%s); go on with it by --resume, replace it by "
                            "--overwrite, or choose another --run",
                            params->run_folder, signs[i]);
    }
    return folder_check_writable(log, params->run_folder);
}

static vktl_status write_text(const struct run *run, const char *name, const struct text *text)
{
    char *path = run_path(run->params, name);
    vktl_status status = text_status(run->log, text);
    if (status == VKTL_OK)
        status = path ? file_write_all(run->log, path, text->data, text->length)
                      : log_fail(run->log, VKTL_NO_MEMORY, "out of host memory");
    free(path);
    return status;
}

vktl_status run_init(const struct vktl_log *log, struct session *session, struct run *run)
{
    run->log = log;
    run->params = &session->params;
    run->model = session->model;
    run->written_at = clock_seconds();
    text_init(&run->history);
    text_init(&run->steps);
    text_append(&run->history, history_header);
    text_append(&run->history, run->params->strict ? ",weights_sha256\n" : "\n");
    text_append(&run->steps, steps_header);
    return run_take_plan(run, session->plan);
}

// config.json goes first: without it nothing takes the rest for a run.
static vktl_status remove_old(const struct run *run)
{
    static const char *const all[] = {
        "config.json", "best.safetensors", "last.safetensors", "history.csv", "steps.csv",
        "lr_find.csv", "lr_find.png",      "lr_find.svg",      "curves.png",  "curves.svg"};
    vktl_status status = VKTL_OK;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char *path = run_path(run->params, all[i]);
        TRY_ALLOC(run->log, path);
        if (file_exists(path) && remove(path) != 0)
            status = log_fail(run->log, VKTL_IO, "%s cannot be removed", path);
        free(path);
        TRY(status);
    }
fail:
    return status;
}

vktl_status run_write_config(struct run *run, const struct session *session)
{
    struct text config;
    text_init(&config);
    config_json(&config, run->params, vktl_device_info(session->device), run->model,
                &session->tuning);
    const vktl_status status = write_text(run, "config.json", &config);
    text_deinit(&config);
    return status;
}

// config.json comes last, when the folder is a whole run.
vktl_status run_create(struct run *run, const struct session *session)
{
    vktl_status status = VKTL_OK;
    struct text classes, files;
    char *json = NULL;
    text_init(&classes);
    text_init(&files);
    TRY(remove_old(run));
    classes_json(&classes, run->model);
    files_csv(&files, session->training, session->validation);
    TRY(write_text(run, "classes.json", &classes));
    TRY(write_text(run, "files.csv", &files));
    TRY(vktl_model_json(run->log, run->model, &json));
    TRY(write_text(run, "model.json", &(struct text){.data = json, .length = strlen(json)}));
    TRY(run_write_config(run, session));
fail:
    text_deinit(&classes);
    text_deinit(&files);
    free(json);
    return status;
}

// ---- Resuming ----------------------------------------------------------------------------------

// Reads a CSV file back into `text`, its header and the first `rows` rows.
static vktl_status load_rows(struct run *run, const char *name, uint64_t rows, struct text *text)
{
    vktl_status status = VKTL_OK;
    unsigned char *bytes = NULL;
    size_t size = 0, end = 0;
    char *path = run_path(run->params, name);
    TRY_ALLOC(run->log, path);
    if (rows == 0)
        goto fail; // the header is there
    TRY(file_read_all(run->log, path, CSV_MAX_SIZE, &bytes, &size));
    for (uint64_t lines = 0; lines < rows + 1; lines++) {
        const unsigned char *newline = memchr(bytes + end, '\n', size - end);
        if (!newline)
            FAIL(run->log, VKTL_INPUT, "%s: damaged: it should have %" PRIu64 " rows", path, rows);
        end = (size_t)(newline - bytes) + 1;
    }
    text_deinit(text);
    text_init(text);
    text_append_bytes(text, bytes, end);
    TRY(text_status(run->log, text));
fail:
    free(bytes);
    free(path);
    return status;
}

vktl_status run_load(struct run *run, const struct course *course)
{
    vktl_status status = VKTL_OK;
    run->good = *course;
    TRY(load_rows(run, "history.csv", course->epochs_done, &run->history));
    TRY(load_rows(run, "steps.csv", course->step, &run->steps));
    if (course->best.epoch)
        TRY(run_load_best(run));
    TRY(run_load_state(run));
fail:
    return status;
}

// ---- Writing -----------------------------------------------------------------------------------

bool run_is_due(const struct run *run)
{
    const double seconds = clock_seconds() - run->written_at;
    const double interval = run->params->checkpoint_seconds;
    return interval < 0 ||
           (seconds >= interval && seconds * most_time_for_writing >= run->write_seconds);
}

vktl_status run_flush(struct run *run, bool now)
{
    vktl_status status = VKTL_OK;
    const double start_seconds = clock_seconds();
    if (!now && !run_is_due(run))
        return VKTL_OK;
    TRY(write_text(run, "steps.csv", &run->steps));
    TRY(write_text(run, "history.csv", &run->history));
    if (run->best_is_new)
        TRY(run_save_best(run));
    if (run->last_is_new)
        TRY(run_save_last(run));
    run_draw(run);
    run->written_at = clock_seconds();
    run->write_seconds = run->written_at - start_seconds;
fail:
    return status;
}

void run_deinit(struct run *run)
{
    run_take_plan(run, NULL);
    text_deinit(&run->history);
    text_deinit(&run->steps);
}
