// Responsible for the picture of what lies in memory when.
#include <vktl/picture.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "view/plot.h"

static const double margin = 12, map_height = 420, live_height = 130, span_height = 20,
                    mebibyte = 1048576;

struct drawing {
    const struct vktl_memory_map *data;
    struct vktl_picture *picture;
    uint32_t start, end; // of time; steps are as wide as their number
    double *live;        // (end - start), in MiB
};

static double in_mebibytes(uint64_t size)
{
    return (double)size / mebibyte;
}

// Pale, so that names can be read on them.
static struct colour colour_of(const struct drawing *drawing, enum vktl_memory_kind kind)
{
    const struct theme *theme = drawing->picture->theme;
    const struct colour colours[] = {
        [VKTL_MEMORY_INPUT] = theme->good,          [VKTL_MEMORY_OUTPUT] = theme->training,
        [VKTL_MEMORY_GRADIENT] = theme->validation, [VKTL_MEMORY_WEIGHT_GRADIENT] = theme->accent,
        [VKTL_MEMORY_SCRATCH] = theme->axis,
    };
    return colour_mix(theme->background, colours[kind], 0.6);
}

static struct stroke limit_stroke(const struct drawing *drawing)
{
    return (struct stroke){drawing->picture->theme->bad, 1.5, DASH_LONG};
}

// ---- The parts

static double draw_legend(const struct drawing *drawing, double y)
{
    static const char *const names[] = {"input", "output of a layer", "gradient of an output",
                                        "gradient of weights", "scratch"};
    struct legend_entry entries[VKTL_MEMORY_KIND_COUNT + 1];
    char taken[48];
    bool is_there[VKTL_MEMORY_KIND_COUNT] = {false};
    uint32_t count = 0;
    for (uint32_t i = 0; i < drawing->data->tensor_count; i++)
        is_there[drawing->data->tensors[i].kind] = true;
    for (int kind = 0; kind < VKTL_MEMORY_KIND_COUNT; kind++)
        if (is_there[kind])
            entries[count++] = (struct legend_entry){
                names[kind], {colour_of(drawing, (enum vktl_memory_kind)kind), 0}, MARKER_SQUARE};
    snprintf(taken, sizeof taken, "memory taken, %.1f MiB", in_mebibytes(drawing->data->size));
    entries[count++] = (struct legend_entry){taken, limit_stroke(drawing), MARKER_NONE};
    return y + legend_draw(drawing->picture, margin + 4, y, CANVAS_WIDTH - 2 * margin - 4, entries,
                           count);
}

// A step takes the room up to the next one.
static struct rect place_of(const struct plot *plot, const struct vktl_memory_tensor *tensor)
{
    const double left = plot_x(plot, tensor->first), right = plot_x(plot, tensor->last + 1.0);
    const double top = plot_y(plot, in_mebibytes(tensor->address + tensor->size));
    const double bottom = plot_y(plot, in_mebibytes(tensor->address));
    return (struct rect){left, top, right - left, bottom - top};
}

// With the size or without, and upwards, as there is room.
static void draw_name(const struct drawing *drawing, const struct rect *place,
                      const struct vktl_memory_tensor *tensor, struct colour fill)
{
    const double along = fmax(place->width, place->height) - 8;
    const double across = fmin(place->width, place->height);
    const struct text_style style = {.colour = colour_is_dark(fill) ? (struct colour){1, 1, 1}
                                                                    : (struct colour){0, 0, 0},
                                     .size = FONT_SMALL,
                                     .align = ALIGN_CENTRE,
                                     .is_upward = place->height > place->width};
    char text[160];
    const double size = in_mebibytes(tensor->size);
    snprintf(text, sizeof text, "%.100s, %.*f MiB", tensor->name, size < 1 ? 2 : 1, size);
    if (canvas_text_width(drawing->picture, &style, text) > along)
        snprintf(text, sizeof text, "%.100s", tensor->name);
    if (across >= FONT_SMALL + 3 && canvas_text_width(drawing->picture, &style, text) <= along)
        canvas_text(drawing->picture, place->x + place->width / 2, place->y + place->height / 2,
                    &style, text);
}

static void draw_tensor(const struct drawing *drawing, const struct plot *plot,
                        const struct vktl_memory_tensor *tensor)
{
    const struct rect place = place_of(plot, tensor);
    const struct colour fill = colour_of(drawing, tensor->kind);
    const double line = fmin(1, fmin(place.width, place.height) / 4);
    canvas_fill(drawing->picture, &place, fill);
    canvas_outline(drawing->picture, &place,
                   &(struct stroke){drawing->picture->theme->background, line, DASH_NONE});
    draw_name(drawing, &place, tensor, fill);
}

static void draw_spans(const struct drawing *drawing, const struct plot *plot, double y)
{
    const struct theme *theme = drawing->picture->theme;
    const struct stroke border = {theme->axis, 1, DASH_NONE};
    struct text_style style = {theme->text, FONT_TEXT, .align = ALIGN_CENTRE};
    for (uint32_t i = 0; i < drawing->data->span_count; i++) {
        const struct vktl_memory_span *span = &drawing->data->spans[i];
        const double left = plot_x(plot, span->first), right = plot_x(plot, span->last + 1.0);
        style.max_width = right - left - 8;
        if (i > 0)
            canvas_segment(drawing->picture, left, y - span_height / 2, left,
                           plot->area.y + plot->area.height, &border);
        if (canvas_text_width(drawing->picture, &style, span->name) <= style.max_width)
            canvas_text(drawing->picture, (left + right) / 2, y, &style, span->name);
    }
}

static void draw_map(const struct drawing *drawing, double y)
{
    const struct vktl_memory_map *data = drawing->data;
    struct plot plot = {drawing->picture, .x = {"", drawing->start, drawing->end},
                        .y = {"address, MiB", 0, in_mebibytes(data->size)}};
    plot_axes(&plot,
              &(struct rect){margin, y + span_height, CANVAS_WIDTH - 2 * margin, map_height});
    draw_spans(drawing, &plot, y + span_height / 2);
    canvas_clip(drawing->picture, &plot.area);
    for (uint32_t i = 0; i < data->tensor_count; i++)
        draw_tensor(drawing, &plot, &data->tensors[i]);
    canvas_unclip(drawing->picture);
}

// A column a step, and how much memory there is for it.
static void draw_live(const struct drawing *drawing, double y)
{
    const struct theme *theme = drawing->picture->theme;
    const double all = in_mebibytes(drawing->data->size);
    struct plot plot = {drawing->picture, .x = {"step", drawing->start, drawing->end},
                        .y = {"lives, MiB", 0, 1.1 * all}};
    plot_axes(&plot, &(struct rect){margin, y, CANVAS_WIDTH - 2 * margin, live_height});
    for (uint32_t step = drawing->start; step < drawing->end; step++) {
        const double left = plot_x(&plot, step),
                     top = plot_y(&plot, drawing->live[step - drawing->start]);
        canvas_fill(drawing->picture,
                    &(struct rect){left, top, plot_x(&plot, step + 1.0) - left,
                                   plot.area.y + plot.area.height - top},
                    theme->bar);
    }
    const struct stroke limit = limit_stroke(drawing);
    canvas_segment(drawing->picture, plot.area.x, plot_y(&plot, all), plot.area.x + plot.area.width,
                   plot_y(&plot, all), &limit);
}

static double draw(const struct drawing *drawing)
{
    const double y = draw_legend(drawing, title_draw(drawing->picture, drawing->data->title) + 8);
    draw_map(drawing, y);
    draw_live(drawing, y + span_height + map_height + 8);
    return y + span_height + map_height + 8 + live_height + margin;
}

// ---- What lives

static void count_live(struct drawing *drawing)
{
    for (uint32_t i = 0; i < drawing->data->tensor_count; i++) {
        const struct vktl_memory_tensor *tensor = &drawing->data->tensors[i];
        for (uint32_t step = tensor->first; step <= tensor->last; step++)
            drawing->live[step - drawing->start] += in_mebibytes(tensor->size);
    }
}

static bool makes_sense(const struct vktl_memory_map *data)
{
    if (!data->tensor_count || !data->span_count || !data->size)
        return false;
    const uint32_t start = data->spans[0].first, end = data->spans[data->span_count - 1].last;
    for (uint32_t i = 0; i < data->tensor_count; i++) {
        const struct vktl_memory_tensor *tensor = &data->tensors[i];
        if (tensor->first < start || tensor->last > end || tensor->first > tensor->last ||
            tensor->address > data->size || tensor->size > data->size - tensor->address ||
            tensor->kind >= VKTL_MEMORY_KIND_COUNT)
            return false;
    }
    return end < UINT32_MAX && start <= end;
}

vktl_status vktl_draw_memory(const struct vktl_log *log, const struct vktl_memory_map *data,
                             enum vktl_theme theme, struct vktl_picture **picture)
{
    vktl_status status;
    struct drawing drawing = {.data = data};
    *picture = NULL;
    if (!makes_sense(data))
        FAIL(log, VKTL_USAGE, "a picture of memory needs tensors within its size and its steps");
    drawing.start = data->spans[0].first;
    drawing.end = data->spans[data->span_count - 1].last + 1;
    drawing.live = calloc(drawing.end - drawing.start, sizeof *drawing.live);
    TRY_ALLOC(log, drawing.live);
    count_live(&drawing);
    TRY(canvas_create(log, CANVAS_WIDTH, theme, picture));
    drawing.picture = *picture;
    TRY(canvas_finish(log, picture, draw(&drawing)));
fail:
    free(drawing.live);
    return status;
}
