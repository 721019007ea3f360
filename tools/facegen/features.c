/* Eyes with their brows, nose, mouth and glasses, painted on the face as seen from the front. */
#include "face.h"

/* Colours that no light of the scene tints fully, such as the white of an eye, still darken. */
static struct rgb lit(const struct point *at, double r, double g, double b)
{
    return rgb_mul((struct rgb){r, g, b}, rgb_mix(at->lit, (struct rgb){0.8, 0.8, 0.8}, 0.35));
}

/* One eye; x grows from the nose outwards, y downwards, both from the eye's centre. */
static struct rgb eye(struct rgb base, const struct point *at, double x, double y, double side)
{
    const struct identity *who = at->who;
    const struct photo *photo = at->photo;
    y += who->eye_slope * x;
    double a = who->eye_width, b = who->eye_height * photo->eye_open;
    double bow = clamp(1.0 - square(x / a), -1.0, 1.0);
    double top = -b * bow, bottom = 0.62 * b * bow;
    double inside = top - y > y - bottom ? top - y : y - bottom;
    struct rgb lid = rgb_mul(rgb_scale(who->skin, 0.70), at->lit);
    double crease = fabs(y - top + 0.055) - 0.012;
    base = lay(base, lid, fabs(x) < a ? crease : 1.0, at->soft * 1.5, 0.55);
    struct rgb white = lit(at, 0.97, 0.96, 0.95);

    double ix = x - side * photo->gaze_x * 0.4 * a, iy = y - photo->gaze_y * 0.5 * b + 0.10 * b;
    double radius = 0.078;
    struct rgb ball = lay(white, rgb_mul(who->iris, lit(at, 1.1, 1.1, 1.1)),
                          sd_circle(ix, iy, radius), at->soft, 1.0);
    ball =
        lay(ball, (struct rgb){0.03, 0.03, 0.04}, sd_circle(ix, iy, radius * 0.5), at->soft, 1.0);
    ball = lay(ball, (struct rgb){1.0, 1.0, 1.0}, sd_circle(ix + side * 0.025, iy + 0.03, 0.022),
               at->soft, 0.9);
    base = lay(base, ball, inside, at->soft, fabs(x) < a ? 1.0 : 0.0);

    double lash = fabs(y - top) - who->lash * (0.7 + 0.6 * clamp(x / a, -0.5, 1.0));
    struct rgb dark = lit(at, 0.10, 0.07, 0.07);
    return lay(base, dark, fabs(x) < a * 1.08 ? lash : 1.0, at->soft, 0.9);
}

static struct rgb brow(struct rgb base, const struct point *at, double x, double y)
{
    const struct identity *who = at->who;
    double t = x / who->brow_width;
    double curve = who->brow_arch * (square(t - 0.25) - 0.5) + who->brow_slope * -x;
    double thickness = who->brow_thickness * clamp(1.15 - 0.45 * t * t - 0.25 * t, 0.2, 1.2);
    double d = fabs(y - curve) - thickness;
    double ends = fabs(x) - who->brow_width;
    struct rgb colour = rgb_mix(who->hair, (struct rgb){0.12, 0.08, 0.07}, 0.45);
    return lay(base, rgb_mul(colour, at->lit), d > ends ? d : ends, at->soft, 0.92);
}

struct rgb paint_eyes(struct rgb base, const struct point *at)
{
    const struct identity *who = at->who;
    double side = at->u < 0.0 ? -1.0 : 1.0;
    double x = at->u * side - who->eye_gap, y = at->v - who->eye_level;
    if (fabs(x) > 0.3 || fabs(y) > 0.55)
        return base;
    double socket = sd_ellipse(x + 0.02, y + 0.04, who->eye_width * 1.35, 0.17);
    base = lay(base, rgb_scale(base, 0.84), socket, 0.16, 0.8);
    base = eye(base, at, x, y, side);
    return brow(base, at, x, y + who->brow_gap + at->photo->brow_raise);
}

struct rgb paint_nose(struct rgb base, const struct point *at)
{
    const struct identity *who = at->who;
    /* The tip stands out of the face, so that a turn carries it further than the eyes. */
    double along = clamp((at->v - who->eye_level) / who->nose_length, 0.0, 1.0);
    double u = at->u - 0.16 * at->photo->yaw_sin * along;
    double v = at->v - who->eye_level - who->nose_length - 0.10 * at->photo->pitch_sin;
    if (fabs(u) > 0.32 || v > 0.2 || v < -0.6)
        return base;
    double w = who->nose_width;
    double away = at->photo->light.x > 0.0 ? -1.0 : 1.0;
    struct rgb shade = rgb_mul(base, (struct rgb){0.74, 0.66, 0.64});
    double flank =
        sd_segment(u, v, away * w * 0.38, -who->nose_length * 0.85, away * w * 0.75, -0.05);
    base = lay(base, shade, flank - w * 0.22, 0.07, 0.75 * who->nose_bridge);
    double under = sd_ellipse(u, v - 0.045, w * 0.95, 0.035);
    base = lay(base, shade, under, 0.05, 0.8);
    double bulb = sd_ellipse(u, v + 0.03, w * 0.62, w * 0.55);
    base = lay(base, rgb_scale(base, 1.10), bulb, 0.08, 0.9);
    double ridge = sd_segment(u, v, 0.0, -who->nose_length * 0.8, 0.0, -0.08);
    base = lay(base, rgb_scale(base, 1.10), ridge - w * 0.22, 0.06, 0.8);
    struct rgb dark = rgb_mul(base, (struct rgb){0.52, 0.40, 0.38});
    double wing = fabs(sd_circle(fabs(u) - w * 0.72, v - 0.0, w * 0.36)) - 0.010;
    base = lay(base, dark, fabs(u) > w * 0.72 ? wing : 1.0, at->soft * 1.4, 0.75);
    double nostril = sd_ellipse(fabs(u) - w * 0.45, v - 0.035, w * 0.26, 0.024);
    return lay(base, dark, nostril, at->soft, 0.95);
}

struct rgb paint_mouth(struct rgb base, const struct point *at)
{
    const struct identity *who = at->who;
    const struct photo *photo = at->photo;
    double half = who->mouth_width * (1.0 + 0.18 * photo->smile);
    double t = at->u / half;
    if (fabs(t) > 1.25)
        return base;
    double bow = clamp(1.0 - t * t, 0.0, 1.0);
    double y = at->v - who->mouth_level + 0.10 * photo->smile * (t * t - 0.4);
    double open = photo->mouth_open * bow;
    double peak = 1.0 - 0.30 * smoothstep(0.22, 0.0, fabs(t));
    double top = -0.35 * open - who->lip_upper * bow * peak;
    double bottom = 0.65 * open + who->lip_lower * sqrt(bow);
    double lips = top - y > y - bottom ? top - y : y - bottom;
    struct rgb red = rgb_mul(who->lips, at->lit);
    struct rgb upper = rgb_scale(red, 0.86);
    double in_reach = fabs(t) < 1.0 ? 1.0 : 0.0;
    base = lay(base, y < 0.15 * open ? upper : red, lips, at->soft, in_reach * 0.95);

    double gap = -0.35 * open - y > y - 0.65 * open ? -0.35 * open - y : y - 0.65 * open;
    struct rgb inner = lit(at, 0.30, 0.07, 0.08);
    inner = lay(inner, lit(at, 0.96, 0.95, 0.92), y - 0.10 * open, at->soft, 1.0);
    base = lay(base, inner, gap, at->soft, in_reach * (photo->mouth_open > 0.0 ? 1.0 : 0.0));
    double line = fabs(y) - 0.012;
    base = lay(base, rgb_scale(red, 0.42), fabs(t) < 1.04 ? line : 1.0, at->soft * 1.2,
               photo->mouth_open > 0.0 ? 0.25 : 0.85);
    double chin = sd_ellipse(at->u, y - who->lip_lower - open - 0.075, half * 0.6, 0.03);
    return lay(base, rgb_scale(base, 0.86), chin, 0.07, 0.7);
}

static double lens(const struct identity *who, double x, double y)
{
    double s = who->glasses_size;
    switch (who->glasses) {
    case GLASSES_ROUND:
        return sd_circle(x, y, s * 0.98);
    case GLASSES_SQUARE:
        return sd_box(x, y, s, s * 0.78, 0.06);
    case GLASSES_WIDE:
        return sd_box(x, y + 0.12 * x, s * 1.1, s * 0.66, s * 0.45);
    default:
        return sd_box(x, y, s * 1.05, s * 0.58, 0.10);
    }
}

struct rgb paint_glasses(struct rgb base, const struct point *at)
{
    const struct identity *who = at->who;
    if (who->glasses == GLASSES_NONE || at->r > 1.04)
        return base;
    double u = at->u - 0.05 * at->photo->yaw_sin, v = at->v - who->eye_level - 0.015;
    double x = fabs(u) - who->eye_gap;
    double rim = lens(who, x, v);
    base = lay(base, (struct rgb){0.85, 0.92, 1.0}, rim, at->soft, 0.10);
    double glare = fabs(x + v * 0.9 + 0.04) - 0.03;
    base = lay(base, (struct rgb){1.0, 1.0, 1.0}, rim > glare - 0.0 ? rim + 0.03 : glare,
               at->soft * 2.0, 0.16);
    double width = who->glasses == GLASSES_SQUARE ? 0.034 : 0.026;
    double frame = fabs(rim) - width;
    if (who->glasses == GLASSES_HALF && v > 0.02)
        frame = 1.0;
    double bridge = fabs(u) < who->eye_gap ? fabs(v + 0.06 - 0.3 * u * u) - 0.024 : 1.0;
    double temple = x > 0.0 ? fabs(v + 0.04) - 0.024 : 1.0;
    double arms = rim > 0.0 ? (bridge < temple ? bridge : temple) : 1.0;
    struct rgb colour = rgb_mul(who->frame, rgb_mix(at->lit, (struct rgb){1.0, 1.0, 1.0}, 0.4));
    return lay(base, colour, frame < arms ? frame : arms, at->soft, 0.95);
}
