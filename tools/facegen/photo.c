/* Draws the circumstances of a photo. The ranges here set how hard the pictures are: pose, light
 * and background together move far more pixels than one person differs from the next. */
#include "photo.h"

#include "draw.h"

static const double radian = 3.14159265358979323846 / 180.0;

static void angle(struct draw *draw, double deviation_degrees, double *sine, double *cosine)
{
    double value = draw_bell(draw, 0.0, deviation_degrees) * radian;
    *sine = sin(value);
    *cosine = cos(value);
}

static struct rgb any_colour(struct draw *draw)
{
    struct rgb colour;
    colour.r = draw_uniform(draw, 0.06, 0.95);
    colour.g = draw_uniform(draw, 0.06, 0.95);
    colour.b = draw_uniform(draw, 0.06, 0.95);
    double grey = (colour.r + colour.g + colour.b) / 3.0;
    return rgb_mix(colour, (struct rgb){grey, grey, grey}, draw_uniform(draw, 0.1, 0.7));
}

static void pose(struct photo *photo, struct draw draw)
{
    angle(&draw, 17.0, &photo->yaw_sin, &photo->yaw_cos);
    angle(&draw, 7.5, &photo->pitch_sin, &photo->pitch_cos);
    angle(&draw, 9.0, &photo->roll_sin, &photo->roll_cos);
    photo->scale = draw_uniform(&draw, 0.50, 0.76);
    photo->x = draw_bell(&draw, 0.0, 0.12);
    photo->y = draw_bell(&draw, -0.04, 0.08);
}

static void light(struct photo *photo, struct draw draw)
{
    struct vec3 l;
    l.x = draw_uniform(&draw, -1.0, 1.0);
    l.y = draw_uniform(&draw, -0.9, 0.35);
    l.z = draw_uniform(&draw, 0.15, 0.9);
    double size = sqrt(l.x * l.x + l.y * l.y + l.z * l.z);
    photo->light = (struct vec3){l.x / size, l.y / size, l.z / size};
    double strength = draw_uniform(&draw, 0.35, 0.85);
    double warm = draw_bell(&draw, 0.0, 0.12), green = draw_bell(&draw, 0.0, 0.05);
    photo->light_colour = rgb_scale((struct rgb){1.0 + warm, 1.0 + green, 1.0 - warm}, strength);
    warm = draw_bell(&draw, 0.0, 0.12);
    green = draw_bell(&draw, 0.0, 0.04);
    photo->ambient =
        rgb_scale((struct rgb){1.0 + warm, 1.0 + green, 1.0 - warm}, 1.0 - 0.62 * strength);
}

static void expression(struct photo *photo, struct draw draw)
{
    photo->smile = draw_uniform(&draw, -0.35, 1.0);
    photo->mouth_open = draw_chance(&draw, 0.45) ? draw_uniform(&draw, 0.02, 0.12) : 0.0;
    photo->brow_raise = draw_uniform(&draw, -0.03, 0.07);
    photo->eye_open = draw_chance(&draw, 0.06) ? 0.12 : draw_uniform(&draw, 0.65, 1.1);
    photo->gaze_x = draw_uniform(&draw, -0.45, 0.45);
    photo->gaze_y = draw_uniform(&draw, -0.25, 0.25);
}

static void background(struct photo *photo, struct draw draw)
{
    photo->background = (enum background)draw_index(&draw, BACKGROUND_COUNT);
    photo->back_a = any_colour(&draw);
    photo->back_b = any_colour(&draw);
    double turn = draw_uniform(&draw, 0.0, 180.0) * radian;
    photo->back_angle_sin = sin(turn);
    photo->back_angle_cos = cos(turn);
    photo->back_pitch = draw_uniform(&draw, 0.12, 0.55);
    photo->back_shift = draw_uniform(&draw, -0.5, 0.5);
    for (int i = 0; i < BLOB_COUNT; i++) {
        struct blob *blob = &photo->blobs[i];
        blob->x = draw_uniform(&draw, -1.1, 1.1);
        blob->y = draw_uniform(&draw, -1.1, 1.1);
        blob->radius = draw_uniform(&draw, 0.12, 0.45);
        blob->strength = draw_uniform(&draw, 0.3, 0.9);
        blob->colour = any_colour(&draw);
    }
}

static void clothes(struct photo *photo, struct draw draw)
{
    photo->clothes = (enum clothes)draw_index(&draw, CLOTHES_COUNT);
    photo->cloth_a = any_colour(&draw);
    photo->cloth_b = any_colour(&draw);
    photo->shoulder = draw_uniform(&draw, 1.25, 1.65);
}

static void occluder(struct photo *photo, struct draw draw)
{
    photo->occluder = OCCLUDER_NONE;
    if (draw_chance(&draw, 0.26))
        photo->occluder = (enum occluder)(1 + draw_index(&draw, OCCLUDER_BLOCK));
    photo->occluder_x = draw_uniform(&draw, -0.6, 0.6);
    photo->occluder_y = draw_uniform(&draw, 0.62, 0.9);
    photo->occluder_lean = draw_uniform(&draw, -0.4, 0.4);
    photo->occluder_colour = any_colour(&draw);
}

static void camera(struct photo *photo, struct draw draw)
{
    photo->exposure = draw_uniform(&draw, 0.72, 1.32);
    photo->contrast = draw_uniform(&draw, 0.72, 1.2);
    photo->blur_passes = draw_chance(&draw, 0.45) ? draw_index(&draw, 3) : 0;
    photo->noise = draw_chance(&draw, 0.4) ? draw_uniform(&draw, 0.004, 0.016) : 0.0;
    photo->quantiser = draw_chance(&draw, 0.4) ? draw_uniform(&draw, 0.03, 0.10) : 0.0;
}

struct photo photo_draw(uint64_t seed, uint32_t person, uint32_t index)
{
    struct photo photo = {.seed = seed, .person = person, .index = index};
    pose(&photo, draw_start(seed, person, index, PURPOSE_POSE));
    light(&photo, draw_start(seed, person, index, PURPOSE_LIGHT));
    expression(&photo, draw_start(seed, person, index, PURPOSE_EXPRESSION));
    background(&photo, draw_start(seed, person, index, PURPOSE_BACKGROUND));
    clothes(&photo, draw_start(seed, person, index, PURPOSE_CLOTHES));
    occluder(&photo, draw_start(seed, person, index, PURPOSE_OCCLUDER));
    camera(&photo, draw_start(seed, person, index, PURPOSE_CAMERA));
    return photo;
}
