// What a picture is drawn with: text that is measured before it is placed, lines, areas, photos.
// Nothing here knows of charts; nothing outside canvas_cairo.c knows of Cairo.
//
// Lengths are units of the picture, x to the right and y down. A failure while drawing is
// remembered and told by canvas_finish, so that drawings need no checks.
#ifndef VIEW_CANVAS_H
#define VIEW_CANVAS_H

#include <vktl/picture.h>

#include "base/log.h"
#include "view/theme.h"

struct rect {
    double x, y, width, height;
};

// Where a text's ink lies, kept for tests: no two may meet, and none may leave the picture.
struct text_box {
    struct rect ink;
    char text[32]; // its beginning
};

struct vktl_picture {
    double width, height; // whole numbers
    const struct theme *theme;
    struct _cairo_surface *recording;
    struct _cairo *cairo;
    struct text_box *boxes;
    uint32_t box_count, box_capacity;
    bool is_out_of_memory;
};

enum { CANVAS_WIDTH = 800, CANVAS_MAX_SIDE = 16000 }; // units; PNG_2X still fits Cairo's 32767

// An empty picture without height, for canvas_finish. VKTL_USAGE without Cairo.
vktl_status canvas_create(const struct vktl_log *log, double width, enum vktl_theme theme,
                          struct vktl_picture **picture);

// Ends the drawing and gives the picture its height; after a failure it is destroyed, and NULL.
// VKTL_USAGE: too large; VKTL_NO_MEMORY.
vktl_status canvas_finish(const struct vktl_log *log, struct vktl_picture **picture, double height);

// As vktl_picture_bytes.
vktl_status canvas_encode(const struct vktl_log *log, const struct vktl_picture *picture,
                          enum vktl_picture_format format, unsigned char **bytes, size_t *size);

// ---- Text

enum align { ALIGN_LEFT, ALIGN_CENTRE, ALIGN_RIGHT };

struct text_style {
    struct colour colour;
    double size; // of the font
    bool is_bold;
    enum align align; // of the text to its x
    double max_width; // longer texts end in an ellipsis; 0: no limit
    bool is_path;     // the ellipsis stands at the beginning
    bool is_upward;   // turned a quarter to the left; `align` is along the text, from below
};

double canvas_text_width(struct vktl_picture *picture, const struct text_style *style,
                         const char *text);

// Places a text with the middle of its capitals on `y` (on `x`, where it is turned). Returns how
// wide it came out.
double canvas_text(struct vktl_picture *picture, double x, double y, const struct text_style *style,
                   const char *text);

// ---- Lines and areas

enum dash { DASH_NONE, DASH_LONG, DASH_DOTS };

struct stroke {
    struct colour colour;
    double width;
    enum dash dash;
};

enum marker { MARKER_NONE, MARKER_DISC, MARKER_SQUARE, MARKER_DIAMOND, MARKER_RING };

void canvas_move(struct vktl_picture *picture, double x, double y);
void canvas_line(struct vktl_picture *picture, double x, double y);
void canvas_stroke(struct vktl_picture *picture, const struct stroke *stroke);

void canvas_segment(struct vktl_picture *picture, double x0, double y0, double x1, double y1,
                    const struct stroke *stroke);
void canvas_fill(struct vktl_picture *picture, const struct rect *rect, struct colour colour);
void canvas_outline(struct vktl_picture *picture, const struct rect *rect,
                    const struct stroke *stroke);
void canvas_marker(struct vktl_picture *picture, double x, double y, enum marker marker,
                   double size, struct colour colour);

// Between the two, nothing is drawn outside `rect`.
void canvas_clip(struct vktl_picture *picture, const struct rect *rect);
void canvas_unclip(struct vktl_picture *picture);

// ---- Photos

// Stretches a photo over `rect`; smooth, or with its pixels as squares.
void canvas_photo(struct vktl_picture *picture, const struct vktl_photo *photo,
                  const struct rect *rect, bool is_smooth);

// The largest rectangle of the photo's proportions in the middle of `box`.
struct rect canvas_fit(const struct vktl_photo *photo, const struct rect *box);

// VKTL_USAGE, with a message, for a photo without pixels or with a side over 32767.
vktl_status canvas_check_photo(const struct vktl_log *log, const struct vktl_photo *photo);

#endif
