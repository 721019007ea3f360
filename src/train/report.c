// Responsible for the course of a report: what of a run can still be looked at, predictions of it,
// and the page. What stands in the sections is in the other report_*.c.
#include "train/report_parts.h"

#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "data/dataset.h"
#include "gpu/record.h"

enum { DEFAULT_CARDS = 8, MOST_CARDS = 64 };

// ---- Memory ------------------------------------------------------------------------------------

const char *report_format(struct report *report, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, arguments);
    vktl_assert(length >= 0);
    char *text = report_array(report, (size_t)length + 1, 1);
    if (text)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(arguments);
    return text ? text : "";
}

void *report_array(struct report *report, size_t count, size_t size)
{
    void *array = arena_alloc_array(&report->strings, count, size);
    report->is_out_of_memory |= !array;
    return array;
}

const char *report_class(const struct report *report, uint32_t index)
{
    return vktl_model_class_name(report->model, index);
}

// ---- The images to judge by --------------------------------------------------------------------

// The run's own images of one set, those that are still there; the others are named.
static vktl_status open_own_images(struct report *report, const char *const *names,
                                   bool is_validation)
{
    enum { NAMED = 5 };
    vktl_status status;
    uint32_t missing = 0;
    TRY(dataset_create(report->log, &report->dataset));
    TRY(dataset_name_classes(report->log, report->dataset, names,
                             vktl_model_class_count(report->model)));
    for (uint32_t i = 0; i < report->image_count; i++) {
        const struct report_image *image = &report->images[i];
        const struct dataset_item item = {.path = image->path, .class_index = image->class_index};
        if (image->is_validation != is_validation)
            continue;
        if (file_exists(image->path))
            TRY(dataset_add(report->log, report->dataset, &item));
        else if (missing++ < NAMED)
            log_warning(report->log, "%s is no longer there; left out", image->path);
    }
    if (missing > NAMED)
        log_warning(report->log, "%u more images are no longer there; left out", missing - NAMED);
    if (!vktl_dataset_count(report->dataset))
        vktl_dataset_destroy(&report->dataset);
fail:
    return status;
}

static vktl_status open_images(struct report *report)
{
    vktl_status status;
    const uint32_t count = vktl_model_class_count(report->model);
    const char **names = report_array(report, (size_t)count + 1, sizeof *names);
    bool is_validated = false;
    TRY_ALLOC(report->log, names);
    for (uint32_t i = 0; i < count; i++)
        names[i] = report_class(report, i);
    for (uint32_t i = 0; i < report->image_count; i++)
        is_validated = is_validated || report->images[i].is_validation;
    report->judged_by = is_validated ? "validation images" : "training images";
    if (!report->params.image_folder)
        return open_own_images(report, names, is_validated);
    report->judged_by =
        report_format(report, "images of %s", path_name(report->params.image_folder));
    TRY(vktl_dataset_open(report->log, report->params.image_folder, names, count,
                          &report->dataset));
fail:
    return status;
}

static vktl_status predict(struct report *report)
{
    vktl_status status;
    const struct vktl_infer_params params = {.progress = report->params.progress,
                                             .should_stop = report->params.should_stop,
                                             .user = report->params.user};
    TRY(open_images(report));
    if (!report->dataset) {
        log_warning(report->log,
                    "none of the run's %s is there any more: the report shows no predictions; "
                    "--images names others",
                    report->judged_by);
        return VKTL_OK;
    }
    TRY(vktl_predict(report->log, report->device, report->model, report->dataset, &params,
                     &report->predictions));
    TRY(vktl_evaluate(report->log, report->dataset, &report->predictions, 0, &report->evaluation));
    if (!report->evaluation.count)
        vktl_dataset_destroy(&report->dataset); // nothing to show: each was named in a warning
fail:
    return status;
}

// ---- The page ----------------------------------------------------------------------------------

static const char *make_verdict(struct report *report)
{
    const struct vktl_evaluation *evaluation = &report->evaluation;
    const uint32_t epochs = report->history.epochs;
    const char *best = report->best_epoch
                           ? report_format(report, "the best of %u epochs was number %u", epochs,
                                           report->best_epoch)
                           : report_format(report, "trained for %u epochs", epochs);
    if (!report->dataset)
        return report_format(report, "%u classes; %s.", vktl_model_class_count(report->model),
                             best);
    return report_format(report, "The model recognises %u of %u %s (%.1f %%); %s.",
                         evaluation->correct, evaluation->count, report->judged_by,
                         100 * evaluation->accuracy, best);
}

// The folder's own name, also of "runs/a/" and ".".
static const char *make_title(struct report *report)
{
    char *folder = arena_copy_text(&report->strings, report->params.run_folder);
    if (!folder)
        return "";
    for (size_t length = strlen(folder); length > 1 && folder[length - 1] == '/'; length--)
        folder[length - 1] = '\0';
    return report_format(report, "Training run %s", path_name(folder));
}

static vktl_status write_page(struct report *report)
{
    vktl_status status;
    struct text html;
    char *path = path_join(report->params.run_folder, "report.html");
    text_init(&html);
    TRY_ALLOC(report->log, path);
    TRY(page_finish(report->log, &report->page, make_title(report), make_verdict(report), &html));
    if (report->is_out_of_memory)
        FAIL(report->log, VKTL_NO_MEMORY, "out of host memory");
    TRY(file_write_all(report->log, path, html.data, html.length));
    log_info(report->log, "Wrote %s", path);
fail:
    text_deinit(&html);
    free(path);
    return status;
}

static vktl_status write_confusion(struct report *report)
{
    vktl_status status;
    struct vktl_picture *picture = NULL;
    char *path = path_join(report->params.run_folder, "confusion.png");
    TRY_ALLOC(report->log, path);
    TRY(vktl_evaluation_draw_confusion(report->log, report->model, &report->evaluation, VKTL_LIGHT,
                                       &picture));
    TRY(vktl_picture_save(report->log, picture, path));
fail:
    vktl_picture_destroy(&picture);
    free(path);
    return status;
}

// ---- The course --------------------------------------------------------------------------------

static bool can_draw(void)
{
    unsigned char pixel[3] = {0};
    struct vktl_photo photo = {1, 1, pixel};
    struct vktl_picture *picture = NULL;
    const bool can = vktl_draw_photo(NULL, &photo, &picture) == VKTL_OK;
    vktl_picture_destroy(&picture);
    return can;
}

static uint32_t cards(uint32_t asked)
{
    const uint32_t count = asked ? asked : DEFAULT_CARDS;
    return count < MOST_CARDS ? count : MOST_CARDS;
}

static vktl_status make(struct report *report)
{
    vktl_status status;
    TRY(report_read(report));
    TRY(predict(report));
    TRY(report_add_training(report));
    if (report->dataset) {
        TRY(report_add_evaluation(report));
        TRY(report_add_predictions(report));
        if (report->has_pictures)
            TRY(write_confusion(report));
    }
    report_add_data(report);
    report_add_settings(report);
    report_add_files(report);
    TRY(write_page(report));
fail:
    return status;
}

vktl_status vktl_report(const struct vktl_log *log, struct vktl_device *device,
                        const struct vktl_report_params *params)
{
    struct report report = {
        .log = log, .device = device, .params = *params, .has_pictures = can_draw()};
    report.params.samples = cards(params->samples);
    report.params.worst = cards(params->worst);
    page_init(&report.page);
    if (!report.has_pictures)
        log_warning(log, "this vktl was built without Cairo: the report has no pictures");
    const struct vktl_log *before = device_redirect_log(device, log);
    const vktl_status status = make(&report);
    page_deinit(&report.page);
    vktl_cam_close(&report.cam);
    vktl_evaluation_free(&report.evaluation);
    vktl_predictions_free(&report.predictions);
    vktl_dataset_destroy(&report.dataset);
    vktl_model_destroy(&report.model);
    cJSON_Delete(report.config);
    arena_deinit(&report.strings);
    device_redirect_log(device, before);
    return status;
}
