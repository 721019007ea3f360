// Colours: of the light and the dark theme, of series, and colour maps.
#ifndef VIEW_THEME_H
#define VIEW_THEME_H

#include <vktl/picture.h>

struct colour {
    double red, green, blue; // sRGB, 0..1
};

struct theme {
    struct colour background;
    struct colour text;
    struct colour muted; // captions, labels of axes
    struct colour axis;  // frames of plots
    struct colour grid;  // fainter still
    // Okabe and Ito, "Color Universal Design" (2008), those that stand out from the background.
    struct colour training, validation; // blues and oranges
    struct colour good, bad;            // greens and reds; never the only sign
    struct colour accent;               // marks: purple
    struct colour bar;                  // areas of bars
    struct colour full;                 // the far end of a shading that begins in `background`
};

const struct theme *theme_of(enum vktl_theme theme);

// `share` of the way from one colour to another; outside 0..1 the nearer end.
struct colour colour_mix(struct colour from, struct colour to, double share);

// As the three bytes of a pixel.
void colour_write(struct colour colour, unsigned char pixel[3]);

// Whether white text reads better on it than black text (WCAG 2.1's contrast ratio).
bool colour_is_dark(struct colour colour);

enum colour_map { COLOUR_MAP_VIRIDIS, COLOUR_MAP_INFERNO, COLOUR_MAP_GREY };

// 0 to 1 along a perceptually uniform map, in lightness too; outside, the nearer end.
struct colour colour_map_at(enum colour_map map, double value);

#endif
