// Responsible for predictions as pictures: which images go into which file, and what is said of
// each. How it looks is the library's.
#include "cli/infer_chart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vktl/picture.h>

#include "base/files.h"
#include "base/text.h"
#include "cli/ranking.h"

enum { PHOTO_SIDE = 336 }; // pixels: twice what is shown, for dense screens

struct page {
    struct console *console;
    const struct vktl_model *model;
    const struct vktl_dataset *dataset;
    const struct vktl_predictions *predictions;
    uint32_t bars;
    struct ranked *ranking;
    uint32_t count;
    struct vktl_photo photos[CHART_IMAGES];
    struct vktl_bars_row rows[CHART_IMAGES];
    const char *names[CHART_IMAGES][CHART_BARS];
    float probabilities[CHART_IMAGES][CHART_BARS];
};

static void page_clear(struct page *page)
{
    for (uint32_t i = 0; i < page->count; i++)
        vktl_photo_free(&page->photos[i]);
    page->count = 0;
}

static vktl_status page_add(struct page *page, uint32_t image)
{
    vktl_status status;
    const uint32_t class_count = page->predictions->class_count, row = page->count;
    const char *path = vktl_dataset_path(page->dataset, image);
    TRY(vktl_photo_read(&page->console->log, path, PHOTO_SIDE, &page->photos[row]));
    page->count++;
    rank_classes(page->predictions->probabilities + (size_t)image * class_count, class_count,
                 page->ranking);
    for (uint32_t i = 0; i < page->bars; i++) {
        page->names[row][i] = vktl_model_class_name(page->model, page->ranking[i].index);
        page->probabilities[row][i] = page->ranking[i].probability;
    }
    page->rows[row] = (struct vktl_bars_row){.photo = &page->photos[row],
                                             .caption = path,
                                             .count = page->bars,
                                             .names = page->names[row],
                                             .probabilities = page->probabilities[row]};
fail:
    return status;
}

static vktl_status page_write(struct page *page, const char *path)
{
    vktl_status status;
    struct vktl_picture *picture = NULL;
    const struct vktl_bars bars = {.row_count = page->count, .rows = page->rows};
    TRY(vktl_draw_bars(&page->console->log, &bars, VKTL_LIGHT, &picture));
    TRY(vktl_picture_save(&page->console->log, picture, path));
    console_say(page->console, "Wrote %s", path);
fail:
    vktl_picture_destroy(&picture);
    return status;
}

// "charts/faces.png" becomes "charts/faces-03.png"; what says the format stays at the end.
static vktl_status numbered(const struct vktl_log *log, const char *path, uint32_t number,
                            uint32_t last, struct text *text)
{
    const char *end = path_extension(path) - 1;
    char digits[16];
    if (end - path >= 3 && strncmp(end - 3, "@2x", 3) == 0)
        end -= 3;
    text_append_bytes(text, path, (size_t)(end - path));
    text_format(text, "-%0*u%s", snprintf(digits, sizeof digits, "%u", last), number, end);
    return text_status(log, text);
}

static vktl_status write_pages(struct page *page, const char *path)
{
    vktl_status status = VKTL_OK;
    const uint32_t readable = page->predictions->count - page->predictions->unreadable;
    const uint32_t pages = (readable + CHART_IMAGES - 1) / CHART_IMAGES;
    uint32_t done = 0, number = 0;
    struct text name = {0};
    for (uint32_t i = 0; i < page->predictions->count; i++) {
        if (page->predictions->statuses[i] != VKTL_OK)
            continue;
        TRY(page_add(page, i));
        if (++done < readable && page->count < CHART_IMAGES)
            continue;
        text_init(&name);
        if (pages > 1)
            TRY(numbered(&page->console->log, path, ++number, pages, &name));
        TRY(page_write(page, pages > 1 ? name.data : path));
        text_deinit(&name);
        page_clear(page);
    }
fail:
    text_deinit(&name);
    return status;
}

vktl_status infer_chart_write(struct console *console, const char *path,
                              const struct vktl_model *model, const struct vktl_dataset *dataset,
                              const struct vktl_predictions *predictions, uint32_t top)
{
    vktl_status status;
    struct page *page = calloc(1, sizeof *page);
    TRY_ALLOC(&console->log, page);
    page->console = console;
    page->model = model;
    page->dataset = dataset;
    page->predictions = predictions;
    page->bars = top < CHART_BARS ? top : CHART_BARS;
    page->ranking = calloc(predictions->class_count, sizeof *page->ranking);
    TRY_ALLOC(&console->log, page->ranking);
    TRY(write_pages(page, path));
fail:
    if (page) {
        page_clear(page);
        free(page->ranking);
    }
    free(page);
    return status;
}
