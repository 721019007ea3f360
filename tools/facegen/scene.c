/* What surrounds the face: background, neck and clothes, and what may stand in front of it. */
#include "face.h"

static double waves(double x, double period)
{
    return sin(x * 6.283185307179586 / period);
}

static struct rgb boxes(const struct photo *photo, double x, double y)
{
    struct rgb base = rgb_mix(photo->back_a, photo->back_b, 0.5 + 0.5 * y);
    for (int i = 0; i < BLOB_COUNT; i++) {
        const struct blob *blob = &photo->blobs[i];
        double d = sd_box(x - blob->x, y - blob->y, blob->radius, 1.2 * blob->radius, 0.02);
        base = lay(base, blob->colour, d, 0.05, blob->strength);
    }
    return base;
}

static struct rgb blobs(const struct photo *photo, double x, double y)
{
    struct rgb base = rgb_mix(photo->back_a, photo->back_b, 0.5 + 0.5 * x);
    for (int i = 0; i < BLOB_COUNT; i++) {
        const struct blob *blob = &photo->blobs[i];
        double d = sd_circle(x - blob->x, y - blob->y, blob->radius);
        base = lay(base, blob->colour, d, 0.12, blob->strength);
    }
    return base;
}

struct rgb paint_background(struct rgb base, const struct point *at)
{
    const struct photo *photo = at->photo;
    double x = at->px, y = at->py;
    double across = x * photo->back_angle_cos + y * photo->back_angle_sin;
    switch (photo->background) {
    case BACKGROUND_BLOBS:
        return blobs(photo, x, y);
    case BACKGROUND_BOXES:
        return boxes(photo, x, y);
    case BACKGROUND_STRIPES:
        return rgb_mix(photo->back_a, photo->back_b,
                       smoothstep(-0.25, 0.25, waves(across, photo->back_pitch)));
    case BACKGROUND_HORIZON:
        base = rgb_mix(photo->back_a, (struct rgb){0.92, 0.93, 0.95}, 0.35 + 0.3 * y);
        return lay(base, rgb_scale(photo->back_b, 0.8),
                   photo->back_shift - y +
                       0.06 * waves(x + photo->back_shift, photo->back_pitch * 2.0),
                   0.06, 1.0);
    default:
        return rgb_mix(photo->back_a, photo->back_b, smoothstep(-1.2, 1.2, across));
    }
}

static struct rgb cloth(const struct photo *photo, double x, double y)
{
    struct rgb colour = photo->cloth_a;
    if (photo->clothes == CLOTHES_STRIPES)
        colour = rgb_mix(colour, photo->cloth_b, smoothstep(-0.2, 0.2, waves(y, 0.30)));
    if (photo->clothes == CLOTHES_VEST)
        colour = lay(colour, photo->cloth_b, fabs(x) - 0.42 + 0.10 * (y - 1.0), 0.05, 1.0);
    return rgb_scale(colour, 0.86 + 0.14 * smoothstep(1.3, 0.2, fabs(x)));
}

struct rgb paint_body(struct rgb base, const struct point *at)
{
    const struct photo *photo = at->photo;
    const struct identity *who = at->who;
    /* The body does not lean with the head. */
    double x = (at->px - photo->x) / photo->scale;
    double y = (at->py - photo->y) / photo->scale;
    double torso = sd_ellipse(x, y - 2.35, photo->shoulder, 1.12);
    struct rgb shirt = rgb_mul(cloth(photo, x, y), rgb_mix(at->lit, photo->ambient, 0.7));
    struct rgb skin = rgb_mul(who->skin, rgb_mix(at->lit, photo->ambient, 0.5));
    skin = rgb_scale(skin, 0.66 + 0.26 * smoothstep(1.0, 1.5, y));
    base = lay(base, shirt, torso, at->soft, 1.0);
    double neck = sd_box(x, y - 0.8, who->head_width * 0.52, 0.62, 0.12);
    double neckline = sd_ellipse(x, y - 1.30, who->head_width * 0.62, 0.22);
    base = lay(base, skin, neck < neckline ? neck : neckline, at->soft, 1.0);
    if (photo->clothes == CLOTHES_COLLAR) {
        double flap = sd_box(fabs(x) - 0.36, y - 1.36 + 0.5 * (0.36 - fabs(x)), 0.22, 0.10, 0.03);
        base = lay(base, rgb_mul(photo->cloth_b, photo->ambient), flap, at->soft, 1.0);
    }
    return base;
}

static struct rgb microphone(struct rgb base, const struct point *at, double x, double y)
{
    double lean = at->photo->occluder_lean;
    struct rgb dark = rgb_scale(at->photo->occluder_colour, 0.35);
    base = lay(base, dark, sd_segment(x, y, 0.0, 0.0, lean, 1.4) - 0.08, at->soft, 1.0);
    struct rgb mesh =
        rgb_scale((struct rgb){0.42, 0.42, 0.44}, 1.0 + 0.2 * sin(50.0 * x) * sin(50.0 * y));
    return lay(base, mesh, sd_circle(x, y, 0.20), at->soft, 1.0);
}

static struct rgb hand(struct rgb base, const struct point *at, double x, double y)
{
    struct rgb skin = rgb_mul(at->who->skin, rgb_mix(at->lit, at->photo->ambient, 0.3));
    double side = at->photo->occluder_lean < 0.0 ? -1.0 : 1.0;
    double d = sd_box(x - side * 0.30, y - 0.42, 0.26, 0.34, 0.14);
    base = lay(base, skin, d, at->soft, 1.0);
    for (int i = 0; i < 4; i++) {
        double fx = side * 0.30 + (i - 1.5) * 0.135;
        double finger =
            sd_segment(x, y, fx, 0.20, fx - side * 0.06, -0.16 + 0.05 * (i - 1.5) * (i - 1.5)) -
            0.066;
        base = lay(base, rgb_scale(skin, 0.72), finger - 0.014, at->soft, 1.0);
        base = lay(base, skin, finger, at->soft, 1.0);
    }
    return base;
}

struct rgb paint_occluder(struct rgb base, const struct point *at)
{
    const struct photo *photo = at->photo;
    double x = at->x - photo->occluder_x, y = at->y - photo->occluder_y;
    struct rgb colour = rgb_mul(photo->occluder_colour, rgb_mix(at->lit, photo->ambient, 0.4));
    switch (photo->occluder) {
    case OCCLUDER_MICROPHONE:
        return microphone(base, at, x, y);
    case OCCLUDER_HAND:
        return hand(base, at, x, y);
    case OCCLUDER_SCARF: {
        double edge = photo->occluder_y + 0.12 + 0.10 * waves(at->x, 1.7) - at->y;
        double round = fabs(at->x) - at->who->head_width - 0.15;
        struct rgb fold = rgb_scale(colour, 0.9 + 0.12 * sin(16.0 * (at->y + 0.3 * at->x * at->x)));
        return lay(base, fold, edge > round ? edge : round, at->soft, 1.0);
    }
    case OCCLUDER_BLOCK: {
        double side = photo->occluder_x < 0.0 ? -1.0 : 1.0;
        double d =
            sd_box(at->x - side * 0.75, at->y, 0.22 + 0.2 * fabs(photo->occluder_lean), 0.55, 0.04);
        return lay(base, colour, d, at->soft, 1.0);
    }
    default:
        return base;
    }
}
