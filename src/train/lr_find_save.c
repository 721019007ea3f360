// Responsible for the files of a learning-rate range test: its figures and its pictures.
#include <vktl/lr_find.h>

#include <stdlib.h>
#include <string.h>

#include <vktl/picture.h>

#include "base/files.h"
#include "base/log.h"
#include "base/text.h"

static vktl_status in_folder(const struct vktl_log *log, const char *folder, const char *name,
                             char **path)
{
    *path = path_join(folder, name);
    return *path ? VKTL_OK : log_fail(log, VKTL_NO_MEMORY, "out of host memory");
}

static vktl_status save_csv(const struct vktl_log *log, const struct vktl_lr_find_result *result,
                            const char *folder)
{
    vktl_status status;
    struct text text;
    char *path = NULL;
    text_init(&text);
    text_append(&text, "learning_rate,loss,smoothed\n");
    for (uint32_t i = 0; i < result->count; i++)
        text_format(&text, "%.9g,%.9g,%.9g\n", result->rates[i], result->losses[i],
                    result->smoothed[i]);
    TRY(text_status(log, &text));
    TRY(in_folder(log, folder, "lr_find.csv", &path));
    TRY(file_write_all(log, path, text.data, text.length));
fail:
    free(path);
    text_deinit(&text);
    return status;
}

static vktl_status draw(const struct vktl_log *log, const struct vktl_lr_find_result *result,
                        struct vktl_picture **picture)
{
    const struct vktl_lr_suggestions *found = &result->suggestions;
    struct vktl_lr_mark marks[] = {{"steepest", found->steepest, false},
                                   {"valley", found->valley, false},
                                   {"minimum/10", found->minimum_10, false}};
    enum { MARK_COUNT = sizeof marks / sizeof *marks };
    for (uint32_t i = 0; i < MARK_COUNT; i++)
        marks[i].is_recommended =
            found->recommended_name && strcmp(found->recommended_name, marks[i].name) == 0;
    const struct vktl_lr_chart chart = {.title = "Learning-rate range test",
                                        .count = result->count,
                                        .rates = result->rates,
                                        .losses = result->losses,
                                        .smoothed = result->smoothed,
                                        .mark_count = MARK_COUNT,
                                        .marks = marks};
    return vktl_draw_lr_find(log, &chart, VKTL_LIGHT, picture);
}

static vktl_status save_pictures(const struct vktl_log *log,
                                 const struct vktl_lr_find_result *result, const char *folder)
{
    static const char *const names[] = {"lr_find.png", "lr_find.svg"};
    static const struct vktl_log silent = {0};
    vktl_status status;
    struct vktl_picture *picture = NULL;
    char *path = NULL;
    status = draw(&silent, result, &picture);
    if (status == VKTL_USAGE) {
        log_info(log, "No lr_find.png and .svg: this vktl was built without Cairo.");
        return VKTL_OK;
    }
    if (status != VKTL_OK)
        FAIL(log, status, "the range test cannot be drawn: %s", vktl_status_text(status));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        TRY(in_folder(log, folder, names[i], &path));
        TRY(vktl_picture_save(log, picture, path));
        free(path);
        path = NULL;
    }
fail:
    free(path);
    vktl_picture_destroy(&picture);
    return status;
}

vktl_status vktl_lr_find_save(const struct vktl_log *log, const struct vktl_lr_find_result *result,
                              const char *folder)
{
    vktl_status status;
    TRY(folder_create_all(log, folder));
    TRY(save_csv(log, result, folder));
    if (result->count > 0)
        TRY(save_pictures(log, result, folder));
fail:
    return status;
}
