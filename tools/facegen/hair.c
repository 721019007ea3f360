/* Hair in front of and behind the head, and beards. */
#include "face.h"

/* Colour of hair with its strands and shine at a point. */
static struct rgb strands(const struct point *at)
{
    const struct identity *who = at->who;
    double wave = who->hair_style == HAIR_WAVY ? 0.10 * sin(9.0 * at->y) : 0.02 * sin(5.0 * at->y);
    double strand = sin(who->hair_strands * (at->u + wave + 0.25 * at->v));
    if (who->hair_style == HAIR_CURLY)
        strand = sin(17.0 * at->x + 2.0 * sin(11.0 * at->y)) * sin(15.0 * at->y);
    double shine = smoothstep(0.22, 0.0, fabs(at->v + 0.62)) * 0.22;
    struct rgb colour = rgb_scale(who->hair, 0.92 + 0.13 * strand + shine);
    colour.r += 0.03;
    colour.g += 0.03;
    colour.b += 0.035;
    return rgb_mul(colour, at->lit);
}

static bool is_long(enum hair_style style)
{
    return style == HAIR_BOB || style == HAIR_LONG || style == HAIR_WAVY;
}

/* How far below the centre of the head the hair falls, or the sides of short hair reach. */
static double fall(const struct identity *who)
{
    switch (who->hair_style) {
    case HAIR_BOB:
        return 0.55 + 0.40 * who->hair_length;
    case HAIR_LONG:
    case HAIR_WAVY:
        return 1.15 + 0.60 * who->hair_length;
    case HAIR_BUN:
    case HAIR_TAIL:
        return -0.08;
    default:
        return 0.04 + 0.16 * who->hair_length;
    }
}

static double behind_distance(const struct point *at)
{
    const struct identity *who = at->who;
    double shift = at->photo->yaw_sin;
    double x = at->x + 0.22 * shift, y = at->y;
    switch (who->hair_style) {
    case HAIR_CURLY: {
        double ruffle = 0.035 * sin(13.0 * at->x) * sin(13.0 * at->y);
        return sd_ellipse(x, y + 0.22, who->head_width + who->hair_volume * 1.9,
                          0.80 + who->hair_volume * 2.0) +
               ruffle;
    }
    case HAIR_BUN:
        return sd_circle(x + 0.1 * shift, y + 1.10 + 0.1 * who->hair_length,
                         0.24 + 0.10 * who->hair_length);
    case HAIR_TAIL: {
        double side = who->hair_length < 0.5 ? -1.0 : 1.0;
        return sd_segment(x, y, side * 0.62, -0.55, side * (who->head_width + 0.20), 0.75) - 0.17 +
               0.07 * smoothstep(0.2, 0.9, y);
    }
    case HAIR_BOB:
    case HAIR_LONG:
    case HAIR_WAVY: {
        double wave = who->hair_style == HAIR_WAVY ? 0.05 * sin(9.0 * y) : 0.0;
        double bottom = fall(who);
        double flare = who->hair_style == HAIR_BOB ? 0.06 * smoothstep(0.0, bottom, y) : 0.0;
        double half = who->head_width + who->hair_volume * 0.5 + wave + flare;
        return sd_box(x, y - bottom * 0.5, half, bottom * 0.5 + 0.1, 0.10);
    }
    default:
        return 1.0;
    }
}

struct rgb paint_hair_behind(struct rgb base, const struct point *at)
{
    struct rgb colour = rgb_scale(strands(at), 0.72);
    return lay(base, colour, behind_distance(at), at->soft, 1.0);
}

/* Height of the hairline over the forehead at u. */
static double hairline_at(const struct identity *who, double u)
{
    double line = who->hairline;
    switch (who->fringe) {
    case FRINGE_STRAIGHT:
        return -0.34 + 0.15 * (line + 0.6) + 0.015 * sin(38.0 * u);
    case FRINGE_LEFT:
        return line + 0.13 + 0.42 * u + 0.25 * u * u;
    case FRINGE_RIGHT:
        return line + 0.13 - 0.42 * u + 0.25 * u * u;
    case FRINGE_CURTAIN:
        return line - 0.14 + 0.85 * fabs(u);
    case FRINGE_PEAK:
        return line + 0.16 * smoothstep(0.26, 0.0, fabs(u)) + 0.30 * square(u);
    default:
        return line + 0.55 * u * u;
    }
}

/* Thickness of the hair over the skull, by height. */
static double volume_at(const struct point *at)
{
    const struct identity *who = at->who;
    double top = smoothstep(0.1, -0.8, at->y);
    switch (who->hair_style) {
    case HAIR_CROP:
        return 0.025 + 0.02 * top;
    case HAIR_QUIFF:
        return 0.03 + (0.16 + who->hair_volume) * smoothstep(-0.45, -0.95, at->y) *
                          (1.0 + 0.5 * sin(3.0 * at->u));
    case HAIR_SIDES:
        return 0.06 * smoothstep(-0.75, -0.35, at->y);
    case HAIR_BUN:
    case HAIR_TAIL:
        return 0.03 + 0.05 * top;
    case HAIR_CURLY:
        return who->hair_volume * (0.6 + top) + 0.03 * sin(13.0 * at->x) * sin(13.0 * at->y);
    case HAIR_SHORT:
        return who->hair_volume * (0.25 + 0.75 * top) * smoothstep(0.35, -0.35, at->y);
    default:
        return who->hair_volume * (0.5 + 0.5 * top);
    }
}

/* Distance to the opening that the hair leaves for the face; negative inside it. */
static double window_distance(const struct point *at)
{
    const struct identity *who = at->who;
    double side = who->head_width * (is_long(who->hair_style) ? 0.80 : 0.93);
    double line = hairline_at(who, at->u);
    if (who->hair_style == HAIR_CROP || who->hair_style == HAIR_SIDES)
        line = who->hairline + 0.35 * at->u * at->u;
    if (who->hair_style == HAIR_SIDES)
        line = -2.0;
    double sides = fabs(at->u) - side;
    double above = line - at->v;
    return sides > above ? sides : above;
}

struct rgb paint_hair(struct rgb base, const struct point *at)
{
    const struct identity *who = at->who;
    if (who->hair_style == HAIR_BALD)
        return base;
    double outer = (at->r - 1.0 - volume_at(at)) * who->head_width;
    double ends = at->y - fall(who);
    double window = -window_distance(at);
    double d = outer > ends ? outer : ends;
    d = d > window ? d : window;
    /* A shadow of the fringe on the forehead sets it off from the skin. */
    double shadow = window - 0.05 > outer ? window - 0.05 : outer;
    shadow = shadow > ends ? shadow : ends;
    base = lay(base, rgb_scale(base, 0.80), shadow, 0.07, 0.8);
    double alpha = who->hair_style == HAIR_CROP ? 0.85 : 1.0;
    return lay(base, strands(at), d, at->soft, alpha);
}

/* Distance to the bearded part of the face. */
static double beard_distance(const struct point *at)
{
    const struct identity *who = at->who;
    double u = at->u, v = at->v - who->mouth_level;
    double smile = 0.08 * at->photo->smile;
    double moustache = fabs(v + 0.075 + who->lip_upper + smile * 0.4 - 0.8 * u * u) - 0.048;
    double reach = fabs(u) - who->mouth_width * 1.05;
    moustache = moustache > reach ? moustache : reach;
    double chin = sd_ellipse(u, v - 0.24, who->mouth_width * 0.95, 0.20);
    double jaw = -0.10 - 0.9 * u * u - v;
    double cheeks = sd_ellipse(u, v + 0.06, who->head_width * 0.62, 0.30);
    double strap = jaw > -cheeks ? jaw : -cheeks;
    switch (who->beard) {
    case BEARD_MOUSTACHE:
        return moustache;
    case BEARD_GOATEE:
        return moustache < chin ? moustache : chin;
    case BEARD_STRAP:
        return strap;
    default:
        return moustache < jaw ? moustache : jaw;
    }
}

struct rgb paint_beard(struct rgb base, const struct point *at)
{
    const struct identity *who = at->who;
    if (who->beard == BEARD_NONE || at->y < -0.1)
        return base;
    bool thick = who->beard != BEARD_STUBBLE && who->beard != BEARD_MOUSTACHE;
    double volume = thick ? who->beard_volume * smoothstep(0.3, 0.8, at->y) : 0.0;
    double outer = (at->r - 1.0 - volume) * who->head_width;
    double d = beard_distance(at);
    d = d > outer ? d : outer;
    struct rgb hair = rgb_scale(rgb_mix(who->hair, (struct rgb){0.16, 0.10, 0.08}, 0.25),
                                0.94 + 0.10 * sin(45.0 * at->u) * sin(31.0 * at->v));
    double alpha = who->beard == BEARD_STUBBLE ? 0.34 : 0.93;
    return lay(base, rgb_mul(hair, at->lit), d, at->soft + 0.04, alpha);
}
