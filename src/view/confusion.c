// Responsible for confusion matrices.
#include <vktl/picture.h>

#include <math.h>
#include <stdio.h>

#include "view/plot.h"
#include "view/scale.h"

enum { MAX_CLASSES = 1000 };

static const double margin = 12, title_room = 22, scale_room = 84, scale_height = 220,
                    max_names = 150, max_cell = 110, label_height = 14;

struct matrix {
    const struct vktl_confusion *data;
    struct vktl_picture *picture;
    struct rect area;
    double cell;
    bool has_counts, has_percents; // there is room for them in every cell
};

static uint32_t count_at(const struct matrix *matrix, uint32_t truth, uint32_t predicted)
{
    return matrix->data->counts[(size_t)truth * matrix->data->class_count + predicted];
}

static uint64_t row_total(const struct matrix *matrix, uint32_t truth)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < matrix->data->class_count; i++)
        total += count_at(matrix, truth, i);
    return total;
}

// A single mistake among many can still be told from none.
static struct colour shade(const struct matrix *matrix, double share)
{
    const struct theme *theme = matrix->picture->theme;
    return colour_mix(theme->background, theme->full, share > 0 ? 0.15 + 0.85 * share : 0);
}

// ---- Measures

static double widest_name(const struct matrix *matrix, const struct text_style *style)
{
    double widest = 0;
    for (uint32_t i = 0; i < matrix->data->class_count; i++)
        widest = fmax(widest, canvas_text_width(matrix->picture, style, matrix->data->classes[i]));
    return fmin(widest, max_names);
}

static double widest_count(const struct matrix *matrix, const struct text_style *style)
{
    const size_t cells = (size_t)matrix->data->class_count * matrix->data->class_count;
    uint32_t largest = 0;
    char text[16];
    for (size_t i = 0; i < cells; i++)
        largest = matrix->data->counts[i] > largest ? matrix->data->counts[i] : largest;
    snprintf(text, sizeof text, "%u", largest);
    return canvas_text_width(matrix->picture, style, text);
}

// ---- Parts

static void draw_cell(const struct matrix *matrix, uint32_t truth, uint32_t predicted,
                      uint64_t total)
{
    const uint32_t count = count_at(matrix, truth, predicted);
    const double share = total ? (double)count / (double)total : 0;
    const struct rect cell = {matrix->area.x + predicted * matrix->cell,
                              matrix->area.y + truth * matrix->cell, matrix->cell, matrix->cell};
    const double x = cell.x + cell.width / 2, y = cell.y + cell.height / 2;
    const struct colour fill = shade(matrix, share);
    const bool is_dark = colour_is_dark(fill);
    struct text_style style = {is_dark ? (struct colour){1, 1, 1} : (struct colour){0, 0, 0},
                               FONT_TEXT, .align = ALIGN_CENTRE};
    char text[32];
    canvas_fill(matrix->picture, &cell, fill);
    if (!matrix->has_counts || (count == 0 && truth != predicted))
        return;
    snprintf(text, sizeof text, "%u", count);
    style.is_bold = true;
    canvas_text(matrix->picture, x, matrix->has_percents ? y - 8 : y, &style, text);
    if (!matrix->has_percents || !total)
        return;
    snprintf(text, sizeof text, "%.0f %%", 100 * share);
    style.is_bold = false;
    style.size = FONT_SMALL;
    canvas_text(matrix->picture, x, y + 9, &style, text);
}

static void draw_cells(const struct matrix *matrix)
{
    const uint32_t count = matrix->data->class_count;
    const struct rect *area = &matrix->area;
    const struct stroke grid = {matrix->picture->theme->grid, 1, DASH_NONE};
    const struct stroke frame = {matrix->picture->theme->axis, 1, DASH_NONE};
    for (uint32_t truth = 0; truth < count; truth++) {
        const uint64_t total = row_total(matrix, truth);
        for (uint32_t predicted = 0; predicted < count; predicted++)
            draw_cell(matrix, truth, predicted, total);
    }
    for (uint32_t i = 1; i < count && matrix->cell >= 12; i++) {
        const double x = area->x + i * matrix->cell, y = area->y + i * matrix->cell;
        canvas_segment(matrix->picture, x, area->y, x, area->y + area->height, &grid);
        canvas_segment(matrix->picture, area->x, y, area->x + area->width, y, &grid);
    }
    // What is right is framed, so that it is found without colours too.
    for (uint32_t i = 0; i < count && matrix->cell >= 5; i++)
        canvas_outline(matrix->picture,
                       &(struct rect){area->x + i * matrix->cell, area->y + i * matrix->cell,
                                      matrix->cell, matrix->cell},
                       &frame);
    canvas_outline(matrix->picture, area, &frame);
}

// Where cells are lower than a line of text, every n-th class is named.
static void draw_names(const struct matrix *matrix, double names, bool are_upward)
{
    const uint32_t every = (uint32_t)fmax(1, ceil(label_height / matrix->cell));
    const double bottom = matrix->area.y + matrix->area.height;
    struct text_style row = {matrix->picture->theme->text, FONT_SMALL, .align = ALIGN_RIGHT,
                             .max_width = names};
    struct text_style column = row;
    column.align = are_upward ? ALIGN_RIGHT : ALIGN_CENTRE;
    column.is_upward = are_upward;
    column.max_width = are_upward ? names : matrix->cell - 6;
    for (uint32_t i = 0; i < matrix->data->class_count; i += every) {
        const double middle = (i + 0.5) * matrix->cell;
        canvas_text(matrix->picture, matrix->area.x - 6, matrix->area.y + middle, &row,
                    matrix->data->classes[i]);
        canvas_text(matrix->picture, matrix->area.x + middle, bottom + (are_upward ? 6 : 12),
                    &column, matrix->data->classes[i]);
    }
}

static void draw_scale(const struct matrix *matrix)
{
    static const char *const labels[] = {"0", "25", "50", "75", "100"};
    struct scale scale = {
        .labels = labels, .label_count = 5, .title = "share of the true class (%)"};
    for (int i = 0; i < SCALE_COLOURS; i++)
        scale.colours[i] = shade(matrix, (double)i / (SCALE_COLOURS - 1));
    scale_draw(
        matrix->picture,
        &(struct rect){matrix->area.x + matrix->area.width + 20, matrix->area.y, 14, scale_height},
        &scale);
}

static double draw_summary(const struct matrix *matrix, double y)
{
    const struct text_style style = {matrix->picture->theme->muted, FONT_TEXT};
    uint64_t total = 0, correct = 0;
    char text[128];
    for (uint32_t i = 0; i < matrix->data->class_count; i++) {
        total += row_total(matrix, i);
        correct += count_at(matrix, i, i);
    }
    if (total == 0)
        snprintf(text, sizeof text, "no images");
    else
        snprintf(text, sizeof text, "%llu of %llu images on the diagonal, %.1f %%",
                 (unsigned long long)correct, (unsigned long long)total,
                 100.0 * (double)correct / (double)total);
    canvas_text(matrix->picture, margin + 4, y + 8, &style, text);
    return y + 28;
}

static double draw(struct matrix *matrix)
{
    const uint32_t count = matrix->data->class_count;
    const struct theme *theme = matrix->picture->theme;
    const struct text_style small = {theme->text, FONT_SMALL};
    const struct text_style bold = {theme->text, FONT_TEXT, .is_bold = true};
    const double names = widest_name(matrix, &small), left = margin + title_room + names + 6;
    double y = draw_summary(matrix, title_draw(matrix->picture, matrix->data->title));

    matrix->cell = fmin((CANVAS_WIDTH - left - scale_room - margin) / count, max_cell);
    matrix->area = (struct rect){left, y, matrix->cell * count, matrix->cell * count};
    matrix->has_counts = matrix->cell >= 20 && widest_count(matrix, &bold) + 6 <= matrix->cell;
    matrix->has_percents = matrix->cell >= 38 &&
                           canvas_text_width(matrix->picture, &small, "100 %") + 4 <= matrix->cell;
    const bool are_upward = names + 6 > matrix->cell;
    draw_cells(matrix);
    draw_names(matrix, names, are_upward);
    draw_scale(matrix);

    struct text_style title = {theme->text, FONT_TEXT, .align = ALIGN_CENTRE};
    const double bottom = y + matrix->area.height + (are_upward ? names + 6 : 18) + 14;
    canvas_text(matrix->picture, left + matrix->area.width / 2, bottom, &title, "predicted class");
    title.is_upward = true;
    canvas_text(matrix->picture, margin + 8, y + matrix->area.height / 2, &title, "true class");
    return fmax(bottom, y + scale_height) + margin + 6;
}

vktl_status vktl_draw_confusion(const struct vktl_log *log, const struct vktl_confusion *confusion,
                                enum vktl_theme theme, struct vktl_picture **picture)
{
    vktl_status status;
    struct matrix matrix = {confusion};
    *picture = NULL;
    if (confusion->class_count == 0 || confusion->class_count > MAX_CLASSES)
        FAIL(log, VKTL_USAGE, "a confusion matrix of %u classes cannot be drawn: 1 to %d can",
             confusion->class_count, MAX_CLASSES);
    TRY(canvas_create(log, CANVAS_WIDTH, theme, picture));
    matrix.picture = *picture;
    TRY(canvas_finish(log, picture, draw(&matrix)));
fail:
    return status;
}
