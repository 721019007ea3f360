// Responsible for every colour of a picture; what is drawn in them is left to the drawings.
#include "view/theme.h"

#include <math.h>

#define RGB(hex)                                                                                   \
    {                                                                                              \
        ((hex) >> 16 & 255) / 255.0, ((hex) >> 8 & 255) / 255.0, ((hex)&255) / 255.0               \
    }

static const struct theme light = {
    .background = RGB(0xffffff),
    .text = RGB(0x1b1f24),
    .muted = RGB(0x57606a),
    .axis = RGB(0x8c959f),
    .grid = RGB(0xe1e5e9),
    .training = RGB(0x0072b2),
    .validation = RGB(0xd55e00),
    .good = RGB(0x009e73),
    .bad = RGB(0xd55e00),
    .accent = RGB(0xb0528a), // Okabe and Ito's reddish purple, darker for text on white
    .bar = RGB(0x56b4e9),
    .full = RGB(0x084d8a),
};

static const struct theme dark = {
    .background = RGB(0x0d1117),
    .text = RGB(0xe6edf3),
    .muted = RGB(0xa0aab4),
    .axis = RGB(0x6e7681),
    .grid = RGB(0x272d35),
    .training = RGB(0x56b4e9),
    .validation = RGB(0xe69f00),
    .good = RGB(0x2fc79a), // bluish green, lighter for text on black
    .bad = RGB(0xf0793a),  // vermillion, likewise
    .accent = RGB(0xcc79a7),
    .bar = RGB(0x0072b2),
    .full = RGB(0x56b4e9),
};

const struct theme *theme_of(enum vktl_theme theme)
{
    return theme == VKTL_DARK ? &dark : &light;
}

struct colour colour_mix(struct colour from, struct colour to, double share)
{
    share = share > 0 ? fmin(share, 1) : 0;
    return (struct colour){from.red + (to.red - from.red) * share,
                           from.green + (to.green - from.green) * share,
                           from.blue + (to.blue - from.blue) * share};
}

void colour_write(struct colour colour, unsigned char pixel[3])
{
    pixel[0] = (unsigned char)lround(255 * colour.red);
    pixel[1] = (unsigned char)lround(255 * colour.green);
    pixel[2] = (unsigned char)lround(255 * colour.blue);
}

// ---- Contrast

static double linear(double value)
{
    return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

bool colour_is_dark(struct colour colour)
{
    const double luminance =
        0.2126 * linear(colour.red) + 0.7152 * linear(colour.green) + 0.0722 * linear(colour.blue);
    // (1 + 0.05) / (L + 0.05) > (L + 0.05) / (0 + 0.05)
    return (luminance + 0.05) * (luminance + 0.05) < 1.05 * 0.05;
}

// ---- Colour maps

// Ten colours evenly spaced on the maps of van der Walt and Smith (matplotlib 2.0,
// bids.github.io/colormap, CC0); between them the error stays below what the eye sees.
enum { STOPS = 10 };
static const struct colour stops[][STOPS] = {
    [COLOUR_MAP_VIRIDIS] = {RGB(0x440154), RGB(0x482878), RGB(0x3e4a89), RGB(0x31688e),
                            RGB(0x26828e), RGB(0x1f9e89), RGB(0x35b779), RGB(0x6dcd59),
                            RGB(0xb4de2c), RGB(0xfde725)},
    [COLOUR_MAP_INFERNO] = {RGB(0x000004), RGB(0x1b0c42), RGB(0x4b0c6b), RGB(0x781c6d),
                            RGB(0xa52c60), RGB(0xcf4446), RGB(0xed6925), RGB(0xfb9a06),
                            RGB(0xf7d03c), RGB(0xfcffa4)},
};

struct colour colour_map_at(enum colour_map map, double value)
{
    value = value > 0 ? fmin(value, 1) : 0;
    if (map == COLOUR_MAP_GREY)
        return (struct colour){value, value, value};
    const double place = value * (STOPS - 1);
    const int stop = place < STOPS - 1 ? (int)place : STOPS - 2;
    return colour_mix(stops[map][stop], stops[map][stop + 1], place - stop);
}
