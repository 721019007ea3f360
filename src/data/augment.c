// Responsible for what is done to a training image: numbers drawn within their limits, and the map
// that they make. Doing it is the operator augment's.
#include "data/augment.h"

#include <math.h>
#include <string.h>

#include "base/log.h"
#include "base/rng.h"

// ---- Names and limits --------------------------------------------------------------------------

static const char *const fills[] = {
    [VKTL_FILL_NEAREST] = "nearest",
    [VKTL_FILL_CONSTANT] = "constant",
    [VKTL_FILL_REFLECT] = "reflect",
    [VKTL_FILL_WRAP] = "wrap",
};
enum { FILL_COUNT = sizeof fills / sizeof *fills };

_Static_assert(VKTL_FILL_NEAREST == AUGMENT_NEAREST && VKTL_FILL_CONSTANT == AUGMENT_CONSTANT &&
                   VKTL_FILL_REFLECT == AUGMENT_REFLECT && VKTL_FILL_WRAP == AUGMENT_WRAP,
               "fillings are counted alike on host and device");

const char *vktl_fill_name(vktl_fill fill)
{
    return fills[fill];
}

bool vktl_fill_find(const char *name, vktl_fill *found)
{
    for (int i = 0; i < FILL_COUNT; i++) {
        if (strcmp(fills[i], name) != 0)
            continue;
        *found = (vktl_fill)i;
        return true;
    }
    return false;
}

static bool zooms(const struct vktl_augment *augment)
{
    return (augment->zoom_low != 0 || augment->zoom_high != 0) &&
           (augment->zoom_low != 1 || augment->zoom_high != 1);
}

static bool brightens(const struct vktl_augment *augment)
{
    return augment->brightness_low != 0 || augment->brightness_high != 0;
}

bool vktl_augment_is_on(const struct vktl_augment *augment)
{
    return augment->rotation_range != 0 || augment->width_shift_range != 0 ||
           augment->height_shift_range != 0 || augment->shear_range != 0 || zooms(augment) ||
           augment->channel_shift_range != 0 || brightens(augment) || augment->horizontal_flip ||
           augment->vertical_flip;
}

// Written so that a NaN fails.
static vktl_status check_limits(const struct vktl_log *log, const char *option, double low,
                                double high, double minimum, double maximum)
{
    if (low >= minimum && high <= maximum && low <= high)
        return VKTL_OK;
    return log_fail(log, VKTL_USAGE,
                    "--%s: %g to %g; expected two numbers from %g to %g, the "
                    "smaller first",
                    option, low, high, minimum, maximum);
}

vktl_status vktl_augment_check(const struct vktl_log *log, const struct vktl_augment *augment)
{
    const struct {
        const char *option;
        double value, maximum;
    } ranges[] = {
        {"rotation-range", augment->rotation_range, 360},
        {"width-shift-range", augment->width_shift_range, 65535},
        {"height-shift-range", augment->height_shift_range, 65535},
        {"shear-range", augment->shear_range, 89},
        {"channel-shift-range", augment->channel_shift_range, 255},
        {"cval", augment->constant, 255},
    };
    vktl_status status = VKTL_OK;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (!(ranges[i].value >= 0 && ranges[i].value <= ranges[i].maximum))
            FAIL(log, VKTL_USAGE, "--%s: %g; expected a number from 0 to %g", ranges[i].option,
                 ranges[i].value, ranges[i].maximum);
    if (zooms(augment))
        TRY(check_limits(log, "zoom-range", augment->zoom_low, augment->zoom_high, 0.01, 100));
    TRY(check_limits(log, "brightness-range", augment->brightness_low, augment->brightness_high, 0,
                     255));
fail:
    return status;
}

// ---- Drawing -----------------------------------------------------------------------------------

// Numbers of one picture, in the order in which Keras draws; a number's place is its own, whether
// or not others are wanted.
enum number { THETA, TX, TY, SHEAR, ZX, ZY, HORIZONTAL, VERTICAL, CHANNEL, BRIGHTNESS, NUMBERS };
enum { WORDS = (NUMBERS + 3) / 4 * 4 };

static void draw_words(uint64_t seed, uint32_t variant, uint32_t item, uint32_t words[WORDS])
{
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    for (uint32_t i = 0; i < WORDS / 4; i++)
        philox4x32(words + 4 * i, (const uint32_t[]){RNG_AUGMENT, variant, item, i}, key);
}

static double between(uint32_t word, double low, double high)
{
    return low + (high - low) * (word * 0x1p-32);
}

static double shift_of(uint32_t word, double range, uint32_t size)
{
    return between(word, -range, range) * (range < 1 ? size : 1);
}

void vktl_augment_draw(const struct vktl_augment *augment, uint64_t seed, uint32_t variant,
                       uint32_t item, uint32_t height, uint32_t width,
                       struct vktl_augment_draw *draw)
{
    uint32_t words[WORDS];
    draw_words(seed, variant, item, words);
    *draw = (struct vktl_augment_draw){
        .theta = between(words[THETA], -augment->rotation_range, augment->rotation_range),
        .tx = shift_of(words[TX], augment->height_shift_range, height),
        .ty = shift_of(words[TY], augment->width_shift_range, width),
        .shear = between(words[SHEAR], -augment->shear_range, augment->shear_range),
        .zx = 1,
        .zy = 1,
        .flip_horizontal = augment->horizontal_flip && words[HORIZONTAL] >> 31,
        .flip_vertical = augment->vertical_flip && words[VERTICAL] >> 31,
        .has_channel_shift = augment->channel_shift_range != 0,
        .has_brightness = brightens(augment),
        .channel_shift =
            between(words[CHANNEL], -augment->channel_shift_range, augment->channel_shift_range),
        .brightness = between(words[BRIGHTNESS], augment->brightness_low, augment->brightness_high),
    };
    if (!zooms(augment))
        return;
    draw->zx = between(words[ZX], augment->zoom_low, augment->zoom_high);
    draw->zy = between(words[ZY], augment->zoom_low, augment->zoom_high);
}

// ---- The map -----------------------------------------------------------------------------------

// Two rows of an affine map: (x, y, 1) to (x, y).
struct affine {
    double m[2][3];
};

static struct affine after(const struct affine *first, const struct affine *then)
{
    struct affine both;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 3; j++)
            both.m[i][j] = first->m[i][0] * then->m[0][j] + first->m[i][1] * then->m[1][j] +
                           (j == 2 ? first->m[i][2] : 0);
    return both;
}

static double radians(double degrees)
{
    return degrees * (3.14159265358979323846 / 180);
}

// Keras's apply_affine_transform (keras/src/legacy/preprocessing/image.py): rotation, shift, shear
// and zoom, each applied to what comes after it, about the middle pixel.
static struct affine map_of(const struct vktl_augment_draw *draw, uint32_t height, uint32_t width)
{
    const double theta = radians(draw->theta), shear = radians(draw->shear);
    const double x = height / 2.0 - 0.5, y = width / 2.0 - 0.5;
    const struct affine steps[] = {
        {{{1, 0, x}, {0, 1, y}}},
        {{{cos(theta), -sin(theta), 0}, {sin(theta), cos(theta), 0}}},
        {{{1, 0, draw->tx}, {0, 1, draw->ty}}},
        {{{1, -sin(shear), 0}, {0, cos(shear), 0}}},
        {{{draw->zx, 0, 0}, {0, draw->zy, 0}}},
        {{{1, 0, -x}, {0, 1, -y}}},
    };
    struct affine map = steps[0];
    for (size_t i = 1; i < sizeof steps / sizeof *steps; i++)
        map = after(&map, &steps[i]);
    return map;
}

// Rows for columns and columns for rows, as Keras does with a map made for (row, column), although
// its centre and its shifts were already meant so.
static struct affine swapped(const struct affine *map)
{
    return (struct affine){
        {{map->m[1][1], map->m[1][0], map->m[1][2]}, {map->m[0][1], map->m[0][0], map->m[0][2]}}};
}

static void store_fixed(double value, int32_t *whole, uint32_t *fraction)
{
    const double limit = 0x1p30; // far outside of any image
    const int64_t fixed = llround(fmax(-limit, fmin(limit, value)) * 0x1p32);
    *fraction = (uint32_t)(uint64_t)fixed;
    *whole = (int32_t)((fixed - (int64_t)*fraction) / (INT64_C(1) << 32));
}

void augment_encode(const struct vktl_augment_draw *draw, bool keras_quirks, uint32_t height,
                    uint32_t width, struct augment_image *image)
{
    *image = (struct augment_image){.shift = (float)draw->channel_shift,
                                    .brightness = (float)draw->brightness};
    if (draw->flip_vertical)
        image->flags |= AUGMENT_FLIP_ROWS;
    if (draw->flip_horizontal)
        image->flags |= AUGMENT_FLIP_COLS;
    if (draw->has_channel_shift)
        image->flags |= AUGMENT_SHIFT;
    if (draw->has_brightness)
        image->flags |= AUGMENT_BRIGHTNESS;
    if (draw->theta == 0 && draw->tx == 0 && draw->ty == 0 && draw->shear == 0 && draw->zx == 1 &&
        draw->zy == 1)
        return;
    struct affine map = map_of(draw, height, width);
    if (keras_quirks)
        map = swapped(&map);
    image->flags |= AUGMENT_RESAMPLE;
    store_fixed(map.m[0][0], &image->row_by_row, &image->row_by_row_fraction);
    store_fixed(map.m[0][1], &image->row_by_col, &image->row_by_col_fraction);
    store_fixed(map.m[0][2], &image->row_start, &image->row_start_fraction);
    store_fixed(map.m[1][0], &image->col_by_row, &image->col_by_row_fraction);
    store_fixed(map.m[1][1], &image->col_by_col, &image->col_by_col_fraction);
    store_fixed(map.m[1][2], &image->col_start, &image->col_start_fraction);
}
