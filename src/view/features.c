// Responsible for sheets of feature maps: tiles of channels, and vectors as bars or strips.
#include <vktl/picture.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "view/plot.h"
#include "view/scale.h"

enum { MAX_BARS = 40, MAX_MAP_SIDE = 16384 };

static const double margin = 16, between = 8, label_room = 18;

struct sheet {
    const struct vktl_feature_sheet *data;
    struct vktl_picture *picture;
    unsigned char *pixels; // room for one channel, or for the vector
    uint32_t height, width, channels;
};

struct range {
    double low, high; // of the finite values; low > high where there are none
};

static void take(struct range *range, double value)
{
    if (!isfinite(value))
        return;
    range->low = fmin(range->low, value);
    range->high = fmax(range->high, value);
}

static double share_of(const struct range *range, double value)
{
    return range->high > range->low ? (value - range->low) / (range->high - range->low) : 0;
}

// Values that are no numbers are grey in viridis, and red in grey.
static struct colour colour_of(const struct sheet *sheet, const struct range *range, double value)
{
    if (!isfinite(value))
        return sheet->data->is_grey ? (struct colour){0.8, 0, 0} : (struct colour){0.5, 0.5, 0.5};
    return colour_map_at(sheet->data->is_grey ? COLOUR_MAP_GREY : COLOUR_MAP_VIRIDIS,
                         share_of(range, value));
}

static struct range vector_range(const struct sheet *sheet)
{
    struct range range = {INFINITY, -INFINITY};
    for (uint32_t i = 0; i < sheet->channels; i++)
        take(&range, sheet->data->map->values[i]);
    return range;
}

// ---- Titles

static double draw_title(const struct sheet *sheet, const char *details)
{
    const struct vktl_feature_map *map = sheet->data->map;
    const struct text_style style = {sheet->picture->theme->muted, FONT_TEXT,
                                     .max_width = CANVAS_WIDTH - 2 * margin};
    char title[256];
    snprintf(title, sizeof title, "Layer %u: %.200s", map->layer_index, map->layer_name);
    const double y = title_draw(sheet->picture, title);
    canvas_text(sheet->picture, margin, y + 4, &style, details);
    return y + 22;
}

// ---- Channels as tiles

static uint32_t shown_count(const struct sheet *sheet)
{
    const uint32_t rest = sheet->channels - sheet->data->first;
    return rest < VKTL_FEATURE_TILES ? rest : VKTL_FEATURE_TILES;
}

// Fills `pixels` with a channel.
static struct range read_channel(const struct sheet *sheet, uint32_t channel)
{
    const size_t count = (size_t)sheet->height * sheet->width;
    const float *values = sheet->data->map->values + channel;
    struct range range = {INFINITY, -INFINITY};
    for (size_t i = 0; i < count; i++)
        take(&range, values[i * sheet->channels]);
    for (size_t i = 0; i < count; i++)
        colour_write(colour_of(sheet, &range, values[i * sheet->channels]), sheet->pixels + 3 * i);
    return range;
}

static void draw_tile(const struct sheet *sheet, uint32_t channel, const struct rect *tile)
{
    const struct text_style style = {sheet->picture->theme->muted, FONT_SMALL,
                                     .align = ALIGN_CENTRE, .max_width = tile->width};
    const struct range range = read_channel(sheet, channel);
    const struct vktl_photo photo = {sheet->width, sheet->height, sheet->pixels};
    struct rect place = canvas_fit(&photo, tile);
    char label[32];
    place.width = fmax(place.width, 8);
    place.height = fmax(place.height, 8);
    canvas_photo(sheet->picture, &photo, &place, photo.width > 2 * place.width);
    if (!(range.low < range.high))
        canvas_outline(sheet->picture, &place,
                       &(struct stroke){sheet->picture->theme->axis, 1, DASH_DOTS});
    snprintf(label, sizeof label, "%u%s", channel,
             range.low < range.high    ? ""
             : range.low == range.high ? " flat"
                                       : " NaN");
    canvas_text(sheet->picture, tile->x + tile->width / 2, tile->y + tile->height + 9, &style,
                label);
}

static double draw_tiles(const struct sheet *sheet)
{
    const uint32_t count = shown_count(sheet), first = sheet->data->first;
    const uint32_t columns = count <= 4 ? count : count <= 16 ? 4 : 8;
    const double room = CANVAS_WIDTH - 2 * margin - between * (columns - 1);
    const double side = fmin(floor(room / columns), 250);
    const double tile_height = fmin(side, fmax(8, side * sheet->height / sheet->width));
    char details[160];
    snprintf(details, sizeof details,
             "%u x %u x %u, channels %u to %u, each from its own minimum (%s) to its maximum",
             sheet->height, sheet->width, sheet->channels, first, first + count - 1,
             sheet->data->is_grey ? "black" : "dark");
    const double top = draw_title(sheet, details), row = tile_height + label_room + between;
    for (uint32_t i = 0; i < count; i++)
        draw_tile(sheet, first + i,
                  &(struct rect){margin + (i % columns) * (side + between),
                                 top + (i / columns) * row, side, tile_height});
    return top + (count + columns - 1) / columns * row - between + margin;
}

// ---- Few numbers as bars

static void channel_name(const struct sheet *sheet, uint32_t channel, char name[160])
{
    if (sheet->data->classes)
        snprintf(name, 160, "%.150s", sheet->data->classes[channel]);
    else
        snprintf(name, 160, "%u", channel);
}

static double draw_bars(const struct sheet *sheet)
{
    const struct theme *theme = sheet->picture->theme;
    const double line = 22, bar_height = 13, value_room = 90, max_names = 220;
    struct text_style style = {theme->text, FONT_TEXT, .align = ALIGN_RIGHT,
                               .max_width = max_names};
    struct range range = vector_range(sheet);
    char text[160];
    double names = 0, y = 0;
    snprintf(text, sizeof text, "%u values", sheet->channels);
    y = draw_title(sheet, text);
    for (uint32_t i = 0; i < sheet->channels; i++) {
        channel_name(sheet, i, text);
        names = fmax(names, canvas_text_width(sheet->picture, &style, text));
    }
    names = fmin(names, max_names);
    const double left = margin + names + 10, width = CANVAS_WIDTH - margin - value_room - left;
    range.low = fmin(range.low, 0);
    range.high = fmax(range.high, range.low < 0 ? 0 : 1e-30);
    const double zero = left + width * share_of(&range, 0);
    for (uint32_t i = 0; i < sheet->channels; i++) {
        const double value = sheet->data->map->values[i], middle = y + (i + 0.5) * line;
        const double end = isfinite(value) ? left + width * share_of(&range, value) : zero;
        channel_name(sheet, i, text);
        style.max_width = max_names;
        canvas_text(sheet->picture, margin + names, middle, &style, text);
        canvas_fill(
            sheet->picture,
            &(struct rect){fmin(zero, end), middle - bar_height / 2, fabs(end - zero), bar_height},
            value < 0 ? theme->bad : theme->training);
        snprintf(text, sizeof text, "%.4g", value + 0.0); // no -0
        style.max_width = value_room - 8;
        canvas_text(sheet->picture, CANVAS_WIDTH - margin, middle, &style, text);
    }
    const double bottom = y + sheet->channels * line;
    canvas_segment(sheet->picture, zero, y, zero, bottom, &(struct stroke){theme->axis, 1});
    return bottom + margin;
}

// ---- Many numbers as a strip

static double draw_strip(const struct sheet *sheet)
{
    const double index_room = 56, scale_room = 84, max_height = 640, max_cell = 16;
    const double width = CANVAS_WIDTH - 2 * margin - index_room - scale_room;
    const struct range range = vector_range(sheet);
    // As wide as the page, and more cells in a row where it would become too high.
    const double wanted = ceil(sqrt(sheet->channels * width / max_height) / 64) * 64;
    const uint32_t columns = (uint32_t)fmin(sheet->channels, wanted);
    const uint32_t rows = (sheet->channels + columns - 1) / columns;
    const double cell = fmin(width / columns, max_cell);
    char texts[3][32], details[64];
    snprintf(details, sizeof details, "%u values, %u in a row", sheet->channels, columns);
    const double top = draw_title(sheet, details) + 4;
    for (size_t i = 0; i < (size_t)rows * columns; i++)
        colour_write(i < sheet->channels ? colour_of(sheet, &range, sheet->data->map->values[i])
                                         : sheet->picture->theme->background,
                     sheet->pixels + 3 * i);
    const struct vktl_photo photo = {columns, rows, sheet->pixels};
    const struct rect place = {margin + index_room, top, cell * columns, fmax(cell * rows, 12)};
    canvas_photo(sheet->picture, &photo, &place, cell < 1);

    const struct text_style style = {sheet->picture->theme->muted, FONT_SMALL,
                                     .align = ALIGN_RIGHT};
    const uint32_t every = (uint32_t)fmax(1, ceil(16 / cell));
    for (uint32_t i = 0; i < rows; i += every) {
        snprintf(texts[0], sizeof texts[0], "%u", i * columns);
        canvas_text(sheet->picture, place.x - 6, top + fmax((i + 0.5) * cell, 6), &style, texts[0]);
    }
    const bool is_finite = range.low <= range.high;
    struct scale scale = {.labels = (const char *const[]){texts[0], texts[1], texts[2]},
                          .label_count = 3};
    for (int i = 0; i < 3; i++)
        snprintf(texts[i], sizeof texts[i], is_finite ? "%.4g" : "\u2013",
                 range.low + (range.high - range.low) * i / 2);
    for (int i = 0; i < SCALE_COLOURS; i++)
        scale.colours[i] = colour_map_at(
            sheet->data->is_grey ? COLOUR_MAP_GREY : COLOUR_MAP_VIRIDIS, i / (SCALE_COLOURS - 1.0));
    const double scale_height = fmax(fmin(place.height, 200), 60);
    scale_draw(sheet->picture,
               &(struct rect){CANVAS_WIDTH - margin - scale_room + 20, top, 12, scale_height},
               &scale);
    return top + fmax(place.height, scale_height) + margin;
}

// ---- The sheet

static vktl_status check(const struct vktl_log *log, const struct vktl_feature_sheet *sheet)
{
    const struct vktl_feature_map *map = sheet->map;
    bool is_empty = !map->values || (map->rank != 2 && map->rank != 4);
    for (uint32_t i = 0; i < map->rank && i < 4; i++)
        is_empty |= map->shape[i] == 0;
    if (is_empty || sheet->first >= map->shape[map->rank - 1])
        return log_fail(log, VKTL_USAGE, "%s: there are no such channels to draw", map->layer_name);
    if (map->rank == 4 && (map->shape[1] > MAX_MAP_SIDE || map->shape[2] > MAX_MAP_SIDE))
        return log_fail(log, VKTL_USAGE, "%s: maps of %u x %u are too large to be drawn",
                        map->layer_name, map->shape[1], map->shape[2]);
    return VKTL_OK;
}

vktl_status vktl_draw_features(const struct vktl_log *log, const struct vktl_feature_sheet *data,
                               enum vktl_theme theme, struct vktl_picture **picture)
{
    vktl_status status;
    struct sheet sheet = {data};
    *picture = NULL;
    TRY(check(log, data));
    const struct vktl_feature_map *map = data->map;
    const bool has_tiles = map->rank == 4;
    sheet.height = has_tiles ? map->shape[1] : 1;
    sheet.width = has_tiles ? map->shape[2] : 1;
    sheet.channels = map->shape[map->rank - 1];
    // A strip is padded to whole rows, at most twice as many cells as values or one row more.
    const size_t room = has_tiles ? (size_t)sheet.height * sheet.width : 2 * (size_t)sheet.channels;
    sheet.pixels = calloc(room + 64, 3);
    TRY_ALLOC(log, sheet.pixels);
    TRY(canvas_create(log, CANVAS_WIDTH, theme, picture));
    sheet.picture = *picture;
    TRY(canvas_finish(log, picture,
                      has_tiles                    ? draw_tiles(&sheet)
                      : sheet.channels <= MAX_BARS ? draw_bars(&sheet)
                                                   : draw_strip(&sheet)));
fail:
    free(sheet.pixels);
    return status;
}

uint32_t vktl_feature_sheet_count(const struct vktl_feature_map *map)
{
    return map->rank == 4 ? (map->shape[3] + VKTL_FEATURE_TILES - 1) / VKTL_FEATURE_TILES : 1;
}
