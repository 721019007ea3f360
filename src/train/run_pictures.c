// Responsible for the pictures that a run draws of itself while it goes on. A run is no worse
// without: what hinders them is said once, as a warning.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <vktl/picture.h>

#include "train/run.h"

// Of history.csv, after the epoch.
enum column { LOSS, ACCURACY, VAL_LOSS, VAL_ACCURACY, LEARNING_RATE, COLUMN_COUNT };

static void as_warning(void *user, enum vktl_log_level level, const char *sentence)
{
    const struct vktl_log *log = user;
    log_write(log, level == VKTL_LOG_ERROR ? VKTL_LOG_WARNING : level, "%s", sentence);
}

// Columns of `rows` numbers one after the other; an empty field is NaN.
static void read_history(const struct text *history, uint32_t rows, double *columns)
{
    const char *place = strchr(history->data, '\n') + 1;
    for (uint32_t row = 0; row < rows; row++) {
        for (uint32_t column = 0; column < COLUMN_COUNT; column++) {
            char *end;
            place = strchr(place, ',') + 1;
            const double value = strtod(place, &end);
            columns[column * rows + row] = end == place ? NAN : value;
        }
        place = strchr(place, '\n') + 1;
    }
}

static vktl_status save(const struct vktl_log *log, const struct run *run, const char *name,
                        const struct vktl_picture *picture)
{
    char *path = run_path(run->params, name);
    const vktl_status status = path ? vktl_picture_save(log, picture, path)
                                    : log_fail(log, VKTL_NO_MEMORY, "out of host memory");
    free(path);
    return status;
}

static vktl_status draw(const struct vktl_log *log, const struct run *run)
{
    vktl_status status = VKTL_OK;
    struct vktl_picture *picture = NULL;
    const struct course *course = &run->good;
    const uint32_t rows = course->epochs_done;
    const bool is_validated = run->params->validation_folder || run->params->validation_split > 0;
    double *columns = calloc((size_t)rows * COLUMN_COUNT, sizeof *columns);
    TRY_ALLOC(log, columns);
    read_history(&run->history, rows, columns);
    const struct vktl_curves curves = {
        .count = rows,
        .loss = columns + (size_t)LOSS * rows,
        .accuracy = columns + (size_t)ACCURACY * rows,
        .val_loss = is_validated ? columns + (size_t)VAL_LOSS * rows : NULL,
        .val_accuracy = is_validated ? columns + (size_t)VAL_ACCURACY * rows : NULL,
        .learning_rate = columns + (size_t)LEARNING_RATE * rows,
        .best_epoch = course->best.epoch,
        .fine_tune_epoch =
            course->phase > 0 && rows > course->phase_epoch ? course->phase_epoch + 1 : 0,
    };
    TRY(vktl_draw_curves(log, &curves, VKTL_LIGHT, &picture));
    TRY(save(log, run, "curves.png", picture));
    TRY(save(log, run, "curves.svg", picture));
fail:
    vktl_picture_destroy(&picture);
    free(columns);
    return status;
}

void run_draw(struct run *run)
{
    const struct vktl_log log = {.write = as_warning, .user = (void *)run->log};
    if (run->draws_no_more || run->drawn_epochs == run->good.epochs_done)
        return;
    run->drawn_epochs = run->good.epochs_done;
    run->draws_no_more = draw(&log, run) != VKTL_OK;
}
