// Responsible for the pictures of an evaluation: which there are, and their files.
#include "cli/eval_show.h"

#include <stdlib.h>

#include "base/files.h"

static vktl_status save(struct console *console, const char *folder, const char *name,
                        struct vktl_picture *picture)
{
    vktl_status status;
    char *path = path_join(folder, name);
    TRY_ALLOC(&console->log, path);
    TRY(vktl_picture_save(&console->log, picture, path));
    console_say(console, "Wrote %s", path);
fail:
    free(path);
    return status;
}

vktl_status eval_write_pictures(struct console *console, const struct eval_view *view,
                                const char *folder)
{
    vktl_status status;
    const struct vktl_log *log = &console->log;
    const struct vktl_evaluation *evaluation = view->evaluation;
    struct vktl_picture *picture = NULL;
    TRY(folder_create_all(log, folder));
    TRY(vktl_evaluation_draw_confusion(log, view->model, evaluation, VKTL_LIGHT, &picture));
    TRY(save(console, folder, "confusion.png", picture));
    vktl_picture_destroy(&picture);
    TRY(vktl_evaluation_draw_reliability(log, view->before, evaluation,
                                         view->predictions->temperature, VKTL_LIGHT, &picture));
    TRY(save(console, folder, "reliability.png", picture));
    vktl_picture_destroy(&picture);
    if (!view->worst || !evaluation->count)
        return VKTL_OK;
    TRY(vktl_evaluation_draw_worst(log, view->dataset, view->predictions, evaluation, view->worst,
                                   VKTL_LIGHT, &picture));
    TRY(save(console, folder, "worst.png", picture));
fail:
    vktl_picture_destroy(&picture);
    return status;
}
