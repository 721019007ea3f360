// Responsible for the photos of a report: which are shown, and what the model makes of them.
#include "train/report_parts.h"

#include <stdlib.h>

#include "gpu/record.h"
#include "view/cam.h"

enum { PHOTO_SIDE = 192, BARS = 5 };

// ---- One card ----------------------------------------------------------------------------------

// The photo as PNG. Small ones are shown larger.
static vktl_status encode(struct report *report, const struct vktl_photo *photo, const char *alt,
                          struct page_picture *encoded)
{
    vktl_status status;
    struct vktl_picture *picture = NULL;
    unsigned char *bytes = NULL;
    const uint32_t side = photo->width > photo->height ? photo->width : photo->height;
    const uint32_t scale = side < PHOTO_SIDE ? PHOTO_SIDE / side : 1;
    TRY(vktl_draw_photo(report->log, photo, &picture));
    TRY(vktl_picture_bytes(report->log, picture, VKTL_PNG, &bytes, &encoded->light_size));
    encoded->type = "image/png";
    encoded->alt = alt;
    encoded->light = bytes;
    encoded->width = photo->width * scale;
    encoded->height = photo->height * scale;
fail:
    vktl_picture_destroy(&picture);
    return status;
}

// The photo under the map of what speaks for the predicted class.
static vktl_status encode_cam(struct report *report, const char *path,
                              const struct vktl_photo *photo, struct page_picture *encoded)
{
    vktl_status status;
    struct vktl_cam_result cam = {0};
    struct vktl_photo blended = {0};
    TRY(vktl_cam_compute(report->cam, path, VKTL_CAM_PREDICTED, &cam));
    const struct vktl_cam_overlay overlay = {
        .photo = photo, .map_width = cam.width, .map_height = cam.height, .map = cam.map};
    TRY(cam_blend(report->log, &overlay, PHOTO_SIDE, &blended));
    TRY(encode(report, &blended,
               report_format(report, "The same photo; bright is what speaks for %s",
                             report_class(report, cam.class_index)),
               encoded));
fail:
    free(blended.pixels);
    vktl_cam_result_free(&cam);
    return status;
}

// At most two pictures; none where the photo cannot be read (a warning names it).
static vktl_status read_pictures(struct report *report, const char *path, const char *alt,
                                 struct page_picture pictures[2], uint32_t *count)
{
    vktl_status status;
    struct vktl_photo photo = {0};
    const struct vktl_log log = log_softened(report->log);
    status = vktl_photo_read(&log, path, PHOTO_SIDE, &photo);
    if (status == VKTL_INPUT)
        return VKTL_OK;
    TRY(status);
    TRY(encode(report, &photo, alt, &pictures[(*count)++]));
    if (report->cam)
        status = encode_cam(report, path, &photo, &pictures[*count]);
    *count += report->cam && status == VKTL_OK;
    if (status == VKTL_INPUT) {
        log_warning(report->log, "%s: cannot be read any more, so where it is seen is left out",
                    path);
        status = VKTL_OK;
    }
fail:
    vktl_photo_free(&photo);
    return status;
}

// The most probable classes, the first of equal ones first.
static uint32_t rank(const struct report *report, uint32_t image, struct page_bar bars[BARS])
{
    const uint32_t classes = report->predictions.class_count;
    const float *probabilities = report->predictions.probabilities + (size_t)image * classes;
    const uint32_t truth = vktl_dataset_class(report->dataset, image);
    uint32_t best[BARS], count = 0;
    for (uint32_t i = 0; i < classes; i++) {
        uint32_t place = count < BARS ? count : BARS;
        for (; place > 0 && probabilities[i] > probabilities[best[place - 1]]; place--)
            if (place < BARS)
                best[place] = best[place - 1];
        if (place < BARS)
            best[place] = i;
        count += count < BARS;
    }
    for (uint32_t i = 0; i < count; i++)
        bars[i] = (struct page_bar){report_class(report, best[i]), (double)probabilities[best[i]],
                                    best[i] == truth};
    return count;
}

static vktl_status add_card(struct report *report, uint32_t image)
{
    vktl_status status = VKTL_OK;
    const uint32_t truth = vktl_dataset_class(report->dataset, image);
    const uint32_t guess = vktl_predictions_class(&report->predictions, image);
    const char *path = vktl_dataset_path(report->dataset, image);
    struct page_picture pictures[2] = {{0}};
    struct page_bar bars[BARS];
    struct page_card card = {
        .pictures = pictures,
        .bars = bars,
        .bar_count = rank(report, image, bars),
        .mark = "the true class",
        .is_good = truth == guess,
        .detail =
            report_format(report, "loss %.3f, %s", (double)report->predictions.losses[image], path),
    };
    card.verdict = card.is_good
                       ? report_format(report, "%s: right", report_class(report, guess))
                       : report_format(report, "%s: taken for %s", report_class(report, truth),
                                       report_class(report, guess));
    if (report->has_pictures)
        TRY(read_pictures(report, path,
                          report_format(report, "Photo of class %s", report_class(report, truth)),
                          pictures, &card.picture_count));
    page_card(&report->page, &card);
fail:
    free((void *)pictures[0].light);
    free((void *)pictures[1].light);
    return status;
}

// ---- Which -------------------------------------------------------------------------------------

// The first image of each class, then the second, and so on. Images that cannot be read are passed
// over. `taken` holds each class's images shown so far.
static vktl_status add_samples(struct report *report)
{
    vktl_status status = VKTL_OK;
    const uint32_t count = vktl_dataset_count(report->dataset);
    uint32_t left = report->params.samples;
    uint32_t *taken = calloc((size_t)report->predictions.class_count + 1, sizeof *taken);
    bool *is_shown = calloc((size_t)count + 1, sizeof *is_shown);
    TRY_ALLOC(report->log, taken);
    TRY_ALLOC(report->log, is_shown);
    page_cards_begin(&report->page);
    for (uint32_t round = 1, found = 1; left && found; round++) {
        found = 0;
        for (uint32_t i = 0; i < count && left; i++) {
            const uint32_t class_index = vktl_dataset_class(report->dataset, i);
            if (is_shown[i] || taken[class_index] == round ||
                report->predictions.statuses[i] != VKTL_OK)
                continue;
            TRY(add_card(report, i));
            is_shown[i] = true;
            taken[class_index] = round;
            found++;
            left--;
        }
    }
    page_cards_end(&report->page);
fail:
    free(taken);
    free(is_shown);
    return status;
}

// A model may have no layer with a map, or no memory for one: then there are photos alone.
static void open_cam(struct report *report)
{
    if (!report->has_pictures)
        return;
    const struct vktl_log *before = device_redirect_log(report->device, NULL);
    if (vktl_cam_open(NULL, report->device, report->model, NULL, &report->cam) != VKTL_OK)
        report->cam = NULL;
    device_redirect_log(report->device, before);
}

vktl_status report_add_predictions(struct report *report)
{
    vktl_status status;
    const struct vktl_evaluation *evaluation = &report->evaluation;
    const uint32_t wrong = evaluation->count - evaluation->correct;
    const uint32_t worst =
        report->params.worst < evaluation->count ? report->params.worst : evaluation->count;
    open_cam(report);
    page_section(&report->page, "samples", "Sample predictions");
    page_paragraph(&report->page,
                   report->cam
                       ? "The first images of each class; bold is the true class. Beside each "
                         "photo, bright: the places that speak for the predicted class (Grad-CAM)."
                       : "The first images of each class; bold is the true class.");
    TRY(add_samples(report));
    page_section(&report->page, "worst", "Worst predictions");
    page_paragraph(&report->page,
                   wrong ? report_format(report,
                                         "%u of %u are wrong. Those with the highest loss come "
                                         "first: confident mistakes, or labels to look at again.",
                                         wrong, evaluation->count)
                         : "None is wrong; these are the least certain.");
    page_cards_begin(&report->page);
    for (uint32_t i = 0; i < worst; i++)
        TRY(add_card(report, evaluation->worst[i]));
    page_cards_end(&report->page);
fail:
    return status;
}
