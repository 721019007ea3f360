// A pair of axes, lines on them, and legends.
#ifndef VIEW_PLOT_H
#define VIEW_PLOT_H

#include "view/canvas.h"
#include "view/ticks.h"

// Font sizes, in units.
enum { FONT_TITLE = 16, FONT_HEADING = 13, FONT_TEXT = 12, FONT_SMALL = 11 };

struct axis {
    const char *title; // with its unit
    double low, high;
    bool is_log;
    bool is_whole; // ticks at whole numbers alone
    double step;   // between ticks of a linear axis that was widened; 0: chosen anew
    struct ticks ticks;
};

struct plot {
    struct vktl_picture *picture;
    struct rect area; // where the data are
    struct axis x, y;
};

// Widens low..high (either order of magnitude, or not finite where there are no values) to an axis
// that can be drawn and ends on ticks.
void axis_widen(struct axis *axis, uint32_t most);

// The smallest and the largest of the finite values, and positive ones where `is_log`, taken into
// low..high. Begin with low = INFINITY, high = -INFINITY.
void axis_take(struct axis *axis, const double *values, uint32_t count);

// Draws grid, frame, tick labels and titles within `outer`, and sets `area` to what is left. Both
// axes must have been widened.
void plot_axes(struct plot *plot, const struct rect *outer);

double plot_x(const struct plot *plot, double value);
double plot_y(const struct plot *plot, double value);

// A line through the points; gaps where one is not finite (or not positive on a logarithmic axis),
// a point of its own between two gaps. With a marker, at every point, or a dozen of many.
void plot_line(const struct plot *plot, const double *x, const double *y, uint32_t count,
               const struct stroke *stroke, enum marker marker);

// ---- Legend

struct legend_entry {
    const char *text;
    struct stroke stroke; // width 0: no line
    enum marker marker;   // MARKER_SQUARE without a line is an area
};

// Draws the entries in rows of at most `width`, the first with its middle on `y`; returns the
// height of the rows.
double legend_draw(struct vktl_picture *picture, double x, double y, double width,
                   const struct legend_entry *entries, uint32_t count);

// The title, with its middle 24 units down, where there is one. Returns the y where the rest
// begins.
double title_draw(struct vktl_picture *picture, const char *title);

#endif
