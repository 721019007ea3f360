// Responsible for photos in a grid.
#include <vktl/picture.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "view/plot.h"

enum { MAX_COLUMNS = 32, MAX_TILE = 1024, MAX_LINES = 8 };

static const double margin = 16, between = 10, line = 15, apart = 14;

struct grid {
    const struct vktl_contact_sheet *data;
    struct vktl_picture *picture;
    double tile;
};

static double tile_size(const struct vktl_contact_sheet *sheet)
{
    const double apart_room = sheet->originals_first ? apart : 0;
    if (sheet->tile_size)
        return sheet->tile_size;
    return floor((CANVAS_WIDTH - 2 * margin - apart_room - between * (sheet->columns - 1)) /
                 sheet->columns);
}

static double column_x(const struct grid *grid, uint32_t column)
{
    const double shift = column > 0 && grid->data->originals_first ? apart : 0;
    return margin + column * (grid->tile + between) + shift;
}

static double page_width(const struct grid *grid)
{
    return grid->data->tile_size ? column_x(grid, grid->data->columns - 1) + grid->tile + margin
                                 : CANVAS_WIDTH;
}

// Draws a caption's lines and returns how high they are.
static double draw_caption(const struct grid *grid, const char *caption, double x, double y)
{
    const struct text_style style = {grid->picture->theme->muted, FONT_SMALL,
                                     .max_width = grid->tile};
    double height = 0;
    for (uint32_t i = 0; caption && i < MAX_LINES; i++) {
        const char *end = strchr(caption, '\n');
        char text[256];
        const size_t length = end ? (size_t)(end - caption) : strlen(caption);
        const size_t taken = length < sizeof text ? length : sizeof text - 1;
        memcpy(text, caption, taken);
        text[taken] = '\0';
        height += line;
        canvas_text(grid->picture, x, y + height - line / 2 + 2, &style, text);
        caption = end ? end + 1 : NULL;
    }
    return height;
}

static double row_photo_height(const struct grid *grid, uint32_t first, uint32_t end)
{
    double height = 0;
    for (uint32_t i = first; i < end; i++) {
        const struct vktl_photo *photo = grid->data->tiles[i].photo;
        if (photo)
            height = fmax(height,
                          canvas_fit(photo, &(struct rect){0, 0, grid->tile, grid->tile}).height);
    }
    return height > 0 ? height : grid->tile;
}

static double draw_row(const struct grid *grid, uint32_t first, double y)
{
    const uint32_t rest = grid->data->tile_count - first;
    const uint32_t end = first + (rest < grid->data->columns ? rest : grid->data->columns);
    const double height = row_photo_height(grid, first, end);
    double captions = 0;
    for (uint32_t i = first; i < end; i++) {
        const struct vktl_contact_tile *tile = &grid->data->tiles[i];
        const double x = column_x(grid, i - first);
        if (tile->photo) {
            const struct rect box = {x, y, grid->tile, height};
            const struct rect place = canvas_fit(tile->photo, &box);
            canvas_photo(grid->picture, tile->photo, &place, true);
        }
        captions = fmax(captions, draw_caption(grid, tile->caption, x, y + height + 2));
    }
    return y + height + captions + between;
}

static double draw_headings(const struct grid *grid, double y)
{
    const struct text_style style = {grid->picture->theme->text, FONT_TEXT, .is_bold = true,
                                     .max_width = grid->tile};
    if (!grid->data->headings)
        return y;
    for (uint32_t i = 0; i < grid->data->columns; i++)
        canvas_text(grid->picture, column_x(grid, i), y + 8, &style, grid->data->headings[i]);
    return y + 24;
}

static double draw(const struct grid *grid)
{
    const struct stroke rule = {grid->picture->theme->axis, 1, DASH_NONE};
    const double top = fmax(title_draw(grid->picture, grid->data->title), margin);
    double y = draw_headings(grid, top);
    for (uint32_t i = 0; i < grid->data->tile_count; i += grid->data->columns)
        y = draw_row(grid, i, y);
    if (grid->data->originals_first && grid->data->columns > 1) {
        const double x = column_x(grid, 1) - (between + apart) / 2;
        canvas_segment(grid->picture, x, top, x, y - between, &rule);
    }
    return y - between + margin;
}

static vktl_status check(const struct vktl_log *log, const struct vktl_contact_sheet *sheet)
{
    vktl_status status = VKTL_OK;
    if (sheet->tile_count == 0 || sheet->columns == 0 || sheet->columns > MAX_COLUMNS)
        FAIL(log, VKTL_USAGE, "a contact sheet needs at least one photo and 1 to %d columns",
             MAX_COLUMNS);
    if (sheet->tile_size > MAX_TILE)
        FAIL(log, VKTL_USAGE, "photos of %u units are too large for a contact sheet: at most %d",
             sheet->tile_size, MAX_TILE);
    for (uint32_t i = 0; i < sheet->tile_count; i++)
        if (sheet->tiles[i].photo)
            TRY(canvas_check_photo(log, sheet->tiles[i].photo));
fail:
    return status;
}

vktl_status vktl_draw_contact_sheet(const struct vktl_log *log,
                                    const struct vktl_contact_sheet *sheet, enum vktl_theme theme,
                                    struct vktl_picture **picture)
{
    vktl_status status;
    struct grid grid = {sheet};
    *picture = NULL;
    TRY(check(log, sheet));
    grid.tile = tile_size(sheet);
    TRY(canvas_create(log, page_width(&grid), theme, picture));
    grid.picture = *picture;
    TRY(canvas_finish(log, picture, draw(&grid)));
fail:
    return status;
}
