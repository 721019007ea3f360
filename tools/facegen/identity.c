/* Draws who a person is. The ranges are what keeps people human and apart from one another; how a
 * trait looks is left to the files that paint it. */
#include "identity.h"

#include "draw.h"

/* Picks a colour on the line through `stops`; t is 0 at the first and 1 at the last. */
static struct rgb ramp(const struct rgb *stops, int count, double t)
{
    double place = clamp(t, 0.0, 0.9999) * (count - 1);
    int stop = (int)place;
    return rgb_mix(stops[stop], stops[stop + 1], place - stop);
}

static void tones(struct identity *who, struct draw draw)
{
    static const struct rgb skins[] = {{0.98, 0.83, 0.72},
                                       {0.93, 0.73, 0.58},
                                       {0.84, 0.62, 0.46},
                                       {0.68, 0.46, 0.32},
                                       {0.48, 0.31, 0.22}};
    static const struct rgb hairs[] = {{0.10, 0.08, 0.09},
                                       {0.22, 0.14, 0.10},
                                       {0.38, 0.23, 0.13},
                                       {0.55, 0.30, 0.14},
                                       {0.80, 0.60, 0.32}};
    static const struct rgb irises[] = {
        {0.22, 0.12, 0.07}, {0.38, 0.24, 0.12}, {0.34, 0.45, 0.22}, {0.28, 0.50, 0.62}};
    double tone = draw_uniform(&draw, 0.0, 1.0);
    double warmth = draw_uniform(&draw, -0.02, 0.02);
    who->skin = ramp(skins, 5, tone);
    who->skin.r += warmth;
    who->skin.b -= warmth;
    /* Dark skin seldom comes with fair hair or light eyes. */
    double lightest = tone < 0.6 ? 1.0 : 0.45;
    who->hair = ramp(hairs, 5, draw_uniform(&draw, 0.0, lightest));
    if (draw_chance(&draw, 0.12))
        who->hair = (struct rgb){0.66, 0.65, 0.66};
    who->iris = ramp(irises, 4, draw_uniform(&draw, 0.0, lightest));
}

static void head(struct identity *who, struct draw draw)
{
    who->head_width = draw_uniform(&draw, 0.68, 0.86);
    who->jaw_square = draw_uniform(&draw, 0.0, 0.85);
    who->jaw_taper = draw_uniform(&draw, 0.05, 0.42);
    who->chin = draw_uniform(&draw, 0.92, 1.10);
    who->ear = draw_uniform(&draw, 0.15, 0.25);
}

static void hair(struct identity *who, struct draw draw, bool masculine)
{
    static const enum hair_style short_styles[] = {HAIR_BALD,  HAIR_SIDES, HAIR_CROP,  HAIR_SHORT,
                                                   HAIR_SHORT, HAIR_QUIFF, HAIR_CURLY, HAIR_LONG};
    static const enum hair_style long_styles[] = {HAIR_SHORT, HAIR_CURLY, HAIR_BOB, HAIR_BOB,
                                                  HAIR_LONG,  HAIR_WAVY,  HAIR_BUN, HAIR_TAIL};
    int choice = draw_index(&draw, 8);
    who->hair_style = masculine ? short_styles[choice] : long_styles[choice];
    who->fringe = (enum fringe)draw_index(&draw, FRINGE_PEAK + 1);
    who->hairline = draw_uniform(&draw, -0.72, -0.52);
    who->hair_volume = draw_uniform(&draw, 0.07, 0.20);
    who->hair_length = draw_uniform(&draw, 0.0, 1.0);
    who->hair_strands = draw_uniform(&draw, 14.0, 30.0);
}

static void eyes(struct identity *who, struct draw draw, bool masculine)
{
    who->eye_gap = draw_uniform(&draw, 0.28, 0.38);
    who->eye_width = draw_uniform(&draw, 0.135, 0.195);
    who->eye_height = draw_uniform(&draw, 0.07, 0.125);
    who->eye_slope = draw_uniform(&draw, -0.22, 0.25);
    who->eye_level = draw_uniform(&draw, -0.06, 0.06);
    who->lash = masculine ? 0.022 : draw_uniform(&draw, 0.028, 0.045);
    who->brow_width = draw_uniform(&draw, 0.16, 0.23);
    who->brow_thickness = draw_uniform(&draw, 0.022, masculine ? 0.062 : 0.045);
    who->brow_arch = draw_uniform(&draw, 0.0, 0.10);
    who->brow_slope = draw_uniform(&draw, -0.28, 0.22);
    who->brow_gap = draw_uniform(&draw, 0.17, 0.29);
}

static void nose(struct identity *who, struct draw draw)
{
    who->nose_length = draw_uniform(&draw, 0.26, 0.42);
    who->nose_width = draw_uniform(&draw, 0.085, 0.17);
    who->nose_bridge = draw_uniform(&draw, 0.3, 1.0);
}

static void mouth(struct identity *who, struct draw draw, bool masculine)
{
    static const struct rgb painted[] = {
        {0.74, 0.16, 0.22}, {0.60, 0.15, 0.30}, {0.85, 0.36, 0.36}};
    who->mouth_level = who->eye_level + who->nose_length + draw_uniform(&draw, 0.17, 0.26);
    who->mouth_width = draw_uniform(&draw, 0.17, 0.30);
    who->lip_upper = draw_uniform(&draw, 0.022, 0.065);
    who->lip_lower = draw_uniform(&draw, 0.035, 0.085);
    who->lips = rgb_mul(who->skin, (struct rgb){0.86, 0.62, 0.62});
    if (draw_chance(&draw, 0.35) && !masculine)
        who->lips = painted[draw_index(&draw, 3)];
}

static void glasses(struct identity *who, struct draw draw)
{
    static const struct rgb frames[] = {{0.07, 0.07, 0.09},
                                        {0.30, 0.17, 0.09},
                                        {0.62, 0.15, 0.16},
                                        {0.12, 0.22, 0.42},
                                        {0.70, 0.60, 0.38}};
    who->glasses = GLASSES_NONE;
    if (draw_chance(&draw, 0.36))
        who->glasses = (enum glasses)(1 + draw_index(&draw, GLASSES_HALF));
    who->frame = frames[draw_index(&draw, 5)];
    who->glasses_size = draw_uniform(&draw, 0.20, 0.26);
}

static void beard(struct identity *who, struct draw draw, bool masculine)
{
    who->beard = BEARD_NONE;
    if (draw_chance(&draw, 0.62) && masculine)
        who->beard = (enum beard)(1 + draw_index(&draw, BEARD_STRAP));
    who->beard_volume = draw_uniform(&draw, 0.02, 0.12);
}

static void marks(struct identity *who, struct draw draw)
{
    who->freckles = draw_chance(&draw, 0.2) && who->skin.r > 0.8;
    who->mole = draw_chance(&draw, 0.25);
    who->mole_x = draw_uniform(&draw, 0.22, 0.45) * (draw_chance(&draw, 0.5) ? 1.0 : -1.0);
    who->mole_y = draw_uniform(&draw, 0.22, 0.6);
    who->blush = draw_uniform(&draw, 0.0, 0.45);
    who->lines = draw_chance(&draw, 0.4) ? draw_uniform(&draw, 0.2, 0.55) : 0.0;
}

struct identity identity_draw(uint64_t seed, uint32_t person)
{
    struct identity who = {0};
    struct draw draw = draw_start(seed, person, 0, PURPOSE_HEAD);
    bool masculine = draw_chance(&draw, 0.5);
    head(&who, draw);
    tones(&who, draw_start(seed, person, 0, PURPOSE_TONES));
    hair(&who, draw_start(seed, person, 0, PURPOSE_HAIR), masculine);
    eyes(&who, draw_start(seed, person, 0, PURPOSE_EYES), masculine);
    nose(&who, draw_start(seed, person, 0, PURPOSE_NOSE));
    mouth(&who, draw_start(seed, person, 0, PURPOSE_MOUTH), masculine);
    glasses(&who, draw_start(seed, person, 0, PURPOSE_GLASSES));
    beard(&who, draw_start(seed, person, 0, PURPOSE_BEARD), masculine);
    marks(&who, draw_start(seed, person, 0, PURPOSE_MARKS));
    return who;
}
