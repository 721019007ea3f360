// Responsible for handing the figures of an evaluation to the drawings of view.
#include <vktl/evaluate.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/files.h"
#include "base/log.h"

vktl_status vktl_evaluation_draw_confusion(const struct vktl_log *log,
                                           const struct vktl_model *model,
                                           const struct vktl_evaluation *evaluation,
                                           enum vktl_theme theme, struct vktl_picture **picture)
{
    vktl_status status;
    const char **names = calloc((size_t)evaluation->class_count + 1, sizeof *names);
    *picture = NULL;
    TRY_ALLOC(log, names);
    for (uint32_t i = 0; i < evaluation->class_count; i++)
        names[i] = vktl_model_class_name(model, i);
    const struct vktl_confusion confusion = {
        .class_count = evaluation->class_count,
        .classes = names,
        .counts = evaluation->confusion,
    };
    TRY(vktl_draw_confusion(log, &confusion, theme, picture));
fail:
    free(names);
    return status;
}

// ---- Reliability

// A series with the columns that it points to.
struct series {
    char name[48];
    double confidence[VKTL_RELIABILITY_BINS], accuracy[VKTL_RELIABILITY_BINS];
    uint32_t counts[VKTL_RELIABILITY_BINS];
};

static struct vktl_reliability_series fill_series(const struct vktl_evaluation *evaluation,
                                                  double temperature, struct series *series)
{
    if (temperature == 1)
        snprintf(series->name, sizeof series->name, "as trained");
    else
        snprintf(series->name, sizeof series->name, "temperature %.3g", temperature);
    for (uint32_t i = 0; i < VKTL_RELIABILITY_BINS; i++) {
        series->confidence[i] = evaluation->bins[i].confidence;
        series->accuracy[i] = evaluation->bins[i].accuracy;
        series->counts[i] = evaluation->bins[i].images;
    }
    return (struct vktl_reliability_series){
        .name = series->name,
        .confidence = series->confidence,
        .accuracy = series->accuracy,
        .counts = series->counts,
        .ece = evaluation->calibration_error,
    };
}

vktl_status vktl_evaluation_draw_reliability(const struct vktl_log *log,
                                             const struct vktl_evaluation *before,
                                             const struct vktl_evaluation *evaluation,
                                             double temperature, enum vktl_theme theme,
                                             struct vktl_picture **picture)
{
    struct series columns[2];
    struct vktl_reliability_series series[2];
    uint32_t count = 0;
    if (before)
        series[count++] = fill_series(before, 1, &columns[0]);
    series[count++] = fill_series(evaluation, temperature, &columns[1]);
    const struct vktl_reliability reliability = {
        .bin_count = VKTL_RELIABILITY_BINS, .series_count = count, .series = series};
    return vktl_draw_reliability(log, &reliability, theme, picture);
}

// ---- The worst

enum { COLUMNS = 4, PHOTO_SIDE = 400, CAPTION_SIZE = 512 };

static void write_caption(const struct vktl_dataset *dataset,
                          const struct vktl_predictions *predictions, uint32_t image,
                          char caption[CAPTION_SIZE])
{
    const uint32_t truth = vktl_dataset_class(dataset, image);
    const uint32_t guess = vktl_predictions_class(predictions, image);
    const float *probabilities =
        predictions->probabilities + (size_t)image * predictions->class_count;
    char verdict[160] = "right";
    if (guess != truth)
        snprintf(verdict, sizeof verdict, "taken for %.120s",
                 vktl_dataset_class_name(dataset, guess));
    snprintf(caption, CAPTION_SIZE, "%.120s\n%s, %.1f %%\nloss %.3f, %.120s",
             vktl_dataset_class_name(dataset, truth), verdict, 100.0 * (double)probabilities[guess],
             (double)predictions->losses[image], path_name(vktl_dataset_path(dataset, image)));
}

vktl_status vktl_evaluation_draw_worst(const struct vktl_log *log,
                                       const struct vktl_dataset *dataset,
                                       const struct vktl_predictions *predictions,
                                       const struct vktl_evaluation *evaluation, uint32_t count,
                                       enum vktl_theme theme, struct vktl_picture **picture)
{
    vktl_status status;
    const uint32_t shown = count < evaluation->count ? count : evaluation->count;
    struct vktl_contact_tile *tiles = calloc((size_t)shown + 1, sizeof *tiles);
    struct vktl_photo *photos = calloc((size_t)shown + 1, sizeof *photos);
    char(*captions)[CAPTION_SIZE] = calloc((size_t)shown + 1, sizeof *captions);
    *picture = NULL;
    if (!tiles || !photos || !captions)
        FAIL(log, VKTL_NO_MEMORY, "out of host memory");
    for (uint32_t i = 0; i < shown; i++) {
        const uint32_t image = evaluation->worst[i];
        status = vktl_photo_read(log, vktl_dataset_path(dataset, image), PHOTO_SIDE, &photos[i]);
        if (status != VKTL_OK && status != VKTL_INPUT)
            goto fail;
        write_caption(dataset, predictions, image, captions[i]);
        tiles[i] = (struct vktl_contact_tile){photos[i].pixels ? &photos[i] : NULL, captions[i]};
    }
    const struct vktl_contact_sheet sheet = {.title = "Worst predicted (highest loss)",
                                             .columns = shown < COLUMNS ? shown : COLUMNS,
                                             .tile_count = shown,
                                             .tiles = tiles,
                                             .tile_size = shown < COLUMNS ? 180 : 0};
    TRY(vktl_draw_contact_sheet(log, &sheet, theme, picture));
fail:
    for (uint32_t i = 0; photos && i < shown; i++)
        vktl_photo_free(&photos[i]);
    free(tiles);
    free(photos);
    free(captions);
    return status;
}
