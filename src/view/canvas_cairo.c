// Responsible for drawing and encoding through Cairo: a picture is a recording, played back for
// each format. What is drawn, and where, is left to the drawings.
#include "view/canvas.h"

#ifdef VKTL_CAIRO

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cairo-svg.h>
#include <cairo.h>

#include "view/bidi.h"
#include "view/label.h"

static const char font_family[] = "DejaVu Sans"; // else what the system has without serifs

// Above the baseline: half the height of a capital, in font sizes (of DejaVu Sans).
static const double capital_middle = 0.365;

bool vktl_picture_can_draw(void)
{
    return true;
}

// ---- Life

static vktl_status check(const struct vktl_log *log, cairo_status_t status)
{
    if (status == CAIRO_STATUS_SUCCESS)
        return VKTL_OK;
    if (status == CAIRO_STATUS_NO_MEMORY)
        return log_fail(log, VKTL_NO_MEMORY, "out of host memory");
    return log_fail(log, VKTL_FAILED, "a picture cannot be drawn: %s",
                    cairo_status_to_string(status));
}

// Laid out once for all sizes: no hinting that moves letters.
static void set_up_text(cairo_t *cairo)
{
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_set_font_options(cairo, options);
    cairo_font_options_destroy(options);
}

vktl_status canvas_create(const struct vktl_log *log, double width, enum vktl_theme theme,
                          struct vktl_picture **picture)
{
    vktl_status status;
    struct vktl_picture *new = calloc(1, sizeof *new);
    *picture = NULL;
    TRY_ALLOC(log, new);
    new->width = ceil(width);
    new->theme = theme_of(theme);
    // Extents, as large as a picture may be: those of a recording without any are read
    // uninitialised when Cairo 1.16 writes SVG, which then differs from run to run and refers to a
    // clip path that is not there.
    new->recording = cairo_recording_surface_create(
        CAIRO_CONTENT_COLOR_ALPHA, &(cairo_rectangle_t){0, 0, CANVAS_MAX_SIDE, CANVAS_MAX_SIDE});
    new->cairo = cairo_create(new->recording);
    set_up_text(new->cairo);
    TRY(check(log, cairo_status(new->cairo)));
    *picture = new;
    return VKTL_OK;
fail:
    vktl_picture_destroy(&new);
    return status;
}

vktl_status canvas_finish(const struct vktl_log *log, struct vktl_picture **picture, double height)
{
    vktl_status status;
    struct vktl_picture *done = *picture;
    done->height = ceil(height);
    if (done->width > CANVAS_MAX_SIDE || done->height > CANVAS_MAX_SIDE)
        FAIL(log, VKTL_USAGE, "a picture of %.0f x %.0f units is too large: a side has at most %d",
             done->width, done->height, CANVAS_MAX_SIDE);
    if (done->is_out_of_memory)
        FAIL(log, VKTL_NO_MEMORY, "out of host memory");
    TRY(check(log, cairo_status(done->cairo)));
    TRY(check(log, cairo_surface_status(done->recording)));
    return VKTL_OK;
fail:
    vktl_picture_destroy(picture);
    return status;
}

void vktl_picture_destroy(struct vktl_picture **picture)
{
    if (!*picture)
        return;
    cairo_destroy((*picture)->cairo);
    // Cairo 1.16 keeps references to a recording that it wrote as SVG: what is in it goes now.
    cairo_surface_finish((*picture)->recording);
    cairo_surface_destroy((*picture)->recording);
    free((*picture)->boxes);
    free(*picture);
    *picture = NULL;
}

// ---- Encoding

struct buffer {
    unsigned char *bytes;
    size_t size, capacity;
};

static cairo_status_t append(void *user, const unsigned char *bytes, unsigned size)
{
    struct buffer *buffer = user;
    if (size > buffer->capacity - buffer->size) {
        const size_t capacity = (buffer->size + size) * 2;
        unsigned char *grown = realloc(buffer->bytes, capacity);
        if (!grown)
            return CAIRO_STATUS_NO_MEMORY;
        buffer->bytes = grown;
        buffer->capacity = capacity;
    }
    memcpy(buffer->bytes + buffer->size, bytes, size);
    buffer->size += size;
    return CAIRO_STATUS_SUCCESS;
}

// Plays the recording back onto a surface, over the background.
static cairo_status_t play(const struct vktl_picture *picture, cairo_surface_t *surface)
{
    const struct colour *background = &picture->theme->background;
    cairo_t *cairo = cairo_create(surface);
    cairo_set_source_rgb(cairo, background->red, background->green, background->blue);
    cairo_paint(cairo);
    cairo_set_source_surface(cairo, picture->recording, 0, 0);
    cairo_paint(cairo);
    const cairo_status_t status = cairo_status(cairo);
    cairo_destroy(cairo);
    return status;
}

static cairo_status_t encode_png(const struct vktl_picture *picture, int scale,
                                 struct buffer *buffer)
{
    cairo_surface_t *surface = cairo_image_surface_create(
        CAIRO_FORMAT_RGB24, (int)picture->width * scale, (int)picture->height * scale);
    cairo_surface_set_device_scale(surface, scale, scale);
    cairo_status_t status = play(picture, surface);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_write_to_png_stream(surface, append, buffer);
    cairo_surface_destroy(surface);
    return status;
}

static cairo_status_t encode_svg(const struct vktl_picture *picture, struct buffer *buffer)
{
    cairo_surface_t *surface =
        cairo_svg_surface_create_for_stream(append, buffer, picture->width, picture->height);
    cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PX);
    cairo_status_t status = play(picture, surface);
    cairo_surface_finish(surface);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    return status;
}

vktl_status canvas_encode(const struct vktl_log *log, const struct vktl_picture *picture,
                          enum vktl_picture_format format, unsigned char **bytes, size_t *size)
{
    vktl_status status;
    struct buffer buffer = {0};
    *bytes = NULL;
    *size = 0;
    TRY(check(log, format == VKTL_SVG
                       ? encode_svg(picture, &buffer)
                       : encode_png(picture, format == VKTL_PNG_2X ? 2 : 1, &buffer)));
    *bytes = buffer.bytes;
    *size = buffer.size;
    return VKTL_OK;
fail:
    free(buffer.bytes);
    return status;
}

// ---- Text

static void use_colour(struct vktl_picture *picture, struct colour colour)
{
    cairo_set_source_rgb(picture->cairo, colour.red, colour.green, colour.blue);
}

static void use_font(struct vktl_picture *picture, const struct text_style *style)
{
    cairo_select_font_face(picture->cairo, font_family, CAIRO_FONT_SLANT_NORMAL,
                           style->is_bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(picture->cairo, style->size);
}

static double advance_of(struct vktl_picture *picture, const char *text)
{
    cairo_text_extents_t extents;
    cairo_text_extents(picture->cairo, text, &extents);
    return extents.x_advance;
}

// The longest beginning, or end of a path, that fits with its ellipsis, by halving.
static void shorten(struct vktl_picture *picture, const struct text_style *style,
                    struct label *label)
{
    void (*const cut)(const struct label *, size_t, struct label *) =
        style->is_path ? label_shorten_start : label_shorten;
    const struct label whole = *label;
    size_t fits = 0, too_long = strlen(whole.text);
    while (fits + 1 < too_long) {
        const size_t middle = (fits + too_long) / 2;
        cut(&whole, middle, label);
        if (advance_of(picture, label->text) <= style->max_width)
            fits = middle;
        else
            too_long = middle;
    }
    cut(&whole, fits, label);
}

double canvas_text_width(struct vktl_picture *picture, const struct text_style *style,
                         const char *text)
{
    struct label label;
    label_clean(text, &label);
    use_font(picture, style);
    return advance_of(picture, label.text);
}

static void remember(struct vktl_picture *picture, const struct rect *ink, const char *text)
{
    if (picture->box_count == picture->box_capacity) {
        const uint32_t capacity = picture->box_capacity ? picture->box_capacity * 2 : 64;
        struct text_box *grown = realloc(picture->boxes, capacity * sizeof *grown);
        if (!grown) {
            picture->is_out_of_memory = true;
            return;
        }
        picture->boxes = grown;
        picture->box_capacity = capacity;
    }
    struct text_box *box = &picture->boxes[picture->box_count++];
    *box = (struct text_box){*ink, ""};
    for (size_t i = 0; i + 1 < sizeof box->text && text[i]; i++)
        box->text[i] = text[i];
}

double canvas_text(struct vktl_picture *picture, double x, double y, const struct text_style *style,
                   const char *text)
{
    cairo_t *cairo = picture->cairo;
    cairo_text_extents_t extents;
    struct label label;
    label_clean(text, &label);
    use_font(picture, style);
    use_colour(picture, style->colour);
    if (style->max_width > 0 && advance_of(picture, label.text) > style->max_width)
        shorten(picture, style, &label);
    bidi_reorder(&label);
    cairo_text_extents(cairo, label.text, &extents);
    const double along = -extents.x_advance * (style->align == ALIGN_LEFT     ? 0
                                               : style->align == ALIGN_CENTRE ? 0.5
                                                                              : 1);
    const double down = capital_middle * style->size;
    struct rect ink = {x + along + extents.x_bearing, y + down + extents.y_bearing, extents.width,
                       extents.height};
    cairo_save(cairo);
    cairo_translate(cairo, x, y);
    if (style->is_upward) {
        ink = (struct rect){x + down + extents.y_bearing,
                            y - along - extents.x_bearing - extents.width, extents.height,
                            extents.width};
        cairo_rotate(cairo, -acos(0));
    }
    cairo_move_to(cairo, along, down);
    cairo_show_text(cairo, label.text);
    cairo_restore(cairo);
    cairo_new_path(cairo);
    if (extents.width > 0)
        remember(picture, &ink, label.text);
    return extents.x_advance;
}

// ---- Lines and areas

void canvas_move(struct vktl_picture *picture, double x, double y)
{
    cairo_move_to(picture->cairo, x, y);
}

void canvas_line(struct vktl_picture *picture, double x, double y)
{
    cairo_line_to(picture->cairo, x, y);
}

void canvas_stroke(struct vktl_picture *picture, const struct stroke *stroke)
{
    static const double dashes[][2] = {[DASH_LONG] = {3, 2}, [DASH_DOTS] = {1, 1.6}}; // in widths
    double lengths[2] = {dashes[stroke->dash][0] * stroke->width * 1.5,
                         dashes[stroke->dash][1] * stroke->width * 1.5};
    use_colour(picture, stroke->colour);
    cairo_set_line_width(picture->cairo, stroke->width);
    cairo_set_line_join(picture->cairo, CAIRO_LINE_JOIN_ROUND);
    cairo_set_dash(picture->cairo, lengths, stroke->dash == DASH_NONE ? 0 : 2, 0);
    cairo_stroke(picture->cairo);
}

static void add_rect(struct vktl_picture *picture, const struct rect *rect)
{
    cairo_rectangle(picture->cairo, rect->x, rect->y, rect->width, rect->height);
}

void canvas_fill(struct vktl_picture *picture, const struct rect *rect, struct colour colour)
{
    use_colour(picture, colour);
    add_rect(picture, rect);
    cairo_fill(picture->cairo);
}

void canvas_outline(struct vktl_picture *picture, const struct rect *rect,
                    const struct stroke *stroke)
{
    add_rect(picture, rect);
    canvas_stroke(picture, stroke);
}

void canvas_marker(struct vktl_picture *picture, double x, double y, enum marker marker,
                   double size, struct colour colour)
{
    const double half = size / 2;
    use_colour(picture, colour);
    cairo_new_path(picture->cairo);
    switch (marker) {
    case MARKER_NONE:
        break;
    case MARKER_DISC:
    case MARKER_RING:
        cairo_arc(picture->cairo, x, y, half, 0, 4 * acos(0));
        break;
    case MARKER_SQUARE:
        cairo_rectangle(picture->cairo, x - half * 0.9, y - half * 0.9, size * 0.9, size * 0.9);
        break;
    case MARKER_DIAMOND:
        cairo_move_to(picture->cairo, x, y - half * 1.2);
        cairo_line_to(picture->cairo, x + half * 1.2, y);
        cairo_line_to(picture->cairo, x, y + half * 1.2);
        cairo_line_to(picture->cairo, x - half * 1.2, y);
        cairo_close_path(picture->cairo);
        break;
    }
    if (marker == MARKER_RING)
        canvas_stroke(picture, &(struct stroke){colour, size / 5, DASH_NONE});
    else
        cairo_fill(picture->cairo);
}

void canvas_clip(struct vktl_picture *picture, const struct rect *rect)
{
    cairo_save(picture->cairo);
    add_rect(picture, rect);
    cairo_clip(picture->cairo);
}

void canvas_unclip(struct vktl_picture *picture)
{
    cairo_restore(picture->cairo);
}

// ---- Photos

static void copy_rows(const struct vktl_photo *photo, cairo_surface_t *surface)
{
    const size_t stride = (size_t)cairo_image_surface_get_stride(surface);
    unsigned char *to = cairo_image_surface_get_data(surface);
    cairo_surface_flush(surface);
    for (uint32_t y = 0; y < photo->height; y++) {
        const unsigned char *from = photo->pixels + (size_t)y * photo->width * 3;
        for (uint32_t x = 0; x < photo->width; x++, from += 3) {
            const uint32_t pixel = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];
            memcpy(to + y * stride + x * sizeof pixel, &pixel, sizeof pixel);
        }
    }
    cairo_surface_mark_dirty(surface);
}

void canvas_photo(struct vktl_picture *picture, const struct vktl_photo *photo,
                  const struct rect *rect, bool is_smooth)
{
    cairo_surface_t *surface =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)photo->width, (int)photo->height);
    if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) {
        picture->is_out_of_memory = true; // its size was checked
        cairo_surface_destroy(surface);
        return;
    }
    copy_rows(photo, surface);
    cairo_save(picture->cairo);
    cairo_translate(picture->cairo, rect->x, rect->y);
    cairo_scale(picture->cairo, rect->width / photo->width, rect->height / photo->height);
    cairo_rectangle(picture->cairo, 0, 0, photo->width, photo->height);
    cairo_set_source_surface(picture->cairo, surface, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(picture->cairo),
                             is_smooth ? CAIRO_FILTER_GOOD : CAIRO_FILTER_NEAREST);
    cairo_pattern_set_extend(cairo_get_source(picture->cairo), CAIRO_EXTEND_PAD); // no faint edge
    cairo_fill(picture->cairo);
    cairo_restore(picture->cairo);
    cairo_surface_destroy(surface);
}

#else
// An empty translation unit is not C.
typedef int canvas_cairo_is_left_out;
#endif
