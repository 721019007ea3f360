/* The solid head: which point of the face lies under a point of the picture, how light falls
 * there, and the bare skin and ears. Features are left to features.c and hair.c. */
#include "face.h"

/* Half width of the head at height y: the skull above the eyes, tapering to the chin below. */
static double width_at(const struct identity *who, double y)
{
    return who->head_width * (1.0 - who->jaw_taper * smoothstep(-0.1, 1.25, y));
}

static struct rgb light_on(const struct photo *photo, struct vec3 n)
{
    double facing = n.x * photo->light.x + n.y * photo->light.y + n.z * photo->light.z;
    double wrapped = clamp(0.25 + 0.75 * facing, 0.0, 1.0) * 1.35;
    return (struct rgb){photo->ambient.r * 0.72 + photo->light_colour.r * wrapped,
                        photo->ambient.g * 0.72 + photo->light_colour.g * wrapped,
                        photo->ambient.b * 0.72 + photo->light_colour.b * wrapped};
}

struct point point_at(const struct identity *who, const struct photo *photo, double px, double py,
                      double sample)
{
    struct point at = {.who = who, .photo = photo, .px = px, .py = py};
    double dx = (px - photo->x) / photo->scale, dy = (py - photo->y) / photo->scale;
    at.x = dx * photo->roll_cos + dy * photo->roll_sin;
    at.y = dy * photo->roll_cos - dx * photo->roll_sin;
    at.soft = 1.6 * sample / photo->scale;

    double height = at.y < 0.0 ? 1.0 : who->chin;
    double width = width_at(who, at.y);
    double sx = at.x / width, sy = at.y / height;
    double round = length2(sx, sy), boxy = sqrt(length2(sx * sx, sy * sy));
    at.r = mix(round, boxy, at.y > 0.0 ? who->jaw_square * smoothstep(0.0, 0.5, at.y) : 0.0);
    if (at.r > 1.0) {
        sx /= at.r;
        sy /= at.r;
    }
    double sz = at.r < 1.0 ? sqrt(1.0 - at.r * at.r) : 0.0;
    at.lit = light_on(photo, (struct vec3){sx, sy, sz});

    double fx = sx * photo->yaw_cos - sz * photo->yaw_sin;
    double fz = sx * photo->yaw_sin + sz * photo->yaw_cos;
    double fy = sy * photo->pitch_cos - fz * photo->pitch_sin;
    at.u = fx * width;
    at.v = fy * height;
    return at;
}

struct rgb paint_ears(struct rgb base, const struct point *at, bool near)
{
    const struct identity *who = at->who;
    const struct photo *photo = at->photo;
    for (int side = -1; side <= 1; side += 2) {
        double depth = -photo->yaw_sin * side - 0.05;
        if ((depth > 0.0) != near)
            continue;
        double x = at->x - side * who->head_width * (photo->yaw_cos * 0.99 + 0.03);
        double y = at->y - 0.08 - 0.5 * photo->pitch_sin;
        double d = sd_ellipse(x, y, who->ear * 0.55, who->ear);
        struct rgb skin = rgb_mul(rgb_scale(who->skin, 0.93), at->lit);
        struct rgb inner = rgb_mul(rgb_mul(who->skin, (struct rgb){0.80, 0.64, 0.62}), at->lit);
        base = lay(base, skin, d, at->soft, 1.0);
        base = lay(base, inner, d + who->ear * 0.30, at->soft * 2.0, 0.8);
    }
    return base;
}

static struct rgb freckled(struct rgb skin, const struct point *at)
{
    double x = at->u * 17.0 + 40.0, y = at->v * 17.0 + 40.0;
    int cell_x = (int)x, cell_y = (int)y;
    unsigned hash = (unsigned)(cell_x * 7919 + cell_y * 104729) * 2654435761U;
    double ox = ((hash >> 8) & 255) / 512.0 + 0.25, oy = ((hash >> 16) & 255) / 512.0 + 0.25;
    double d = sd_circle(x - cell_x - ox, y - cell_y - oy, 0.27) / 17.0;
    double cheeks = smoothstep(0.62, 0.25, fabs(at->u)) * smoothstep(0.30, 0.12, fabs(at->v - 0.2));
    return lay(skin, rgb_mul(skin, (struct rgb){0.72, 0.55, 0.45}), d, at->soft, cheeks * 0.75);
}

struct rgb paint_skin(struct rgb base, const struct point *at)
{
    const struct identity *who = at->who;
    struct rgb skin = who->skin;
    struct rgb flushed = rgb_mul(skin, (struct rgb){1.02, 0.74, 0.72});
    double u = fabs(at->u);
    double cheek = sd_circle(u - 0.42, at->v - 0.30, 0.0);
    skin = rgb_mix(skin, flushed, who->blush * smoothstep(0.26, 0.0, cheek));
    if (who->freckles)
        skin = freckled(skin, at);
    double fold =
        fabs(sd_circle(u - 0.02, at->v - who->mouth_level + 0.02, who->mouth_width + 0.13));
    double where = smoothstep(0.04, -0.14, at->v - who->mouth_level) *
                   smoothstep(-0.36, -0.16, at->v - who->mouth_level);
    skin = lay(skin, rgb_scale(skin, 0.72), fold - 0.012, 0.06, who->lines * where * 1.6);
    if (who->mole)
        skin = lay(skin, (struct rgb){0.20, 0.11, 0.09},
                   sd_circle(at->u - who->mole_x, at->v - who->mole_y, 0.035), at->soft, 0.9);
    return lay(base, rgb_mul(skin, at->lit), (at->r - 1.0) * who->head_width, at->soft, 1.0);
}
