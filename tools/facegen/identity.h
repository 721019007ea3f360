/* Who somebody is: all that stays the same from photo to photo. */
#ifndef FACEGEN_IDENTITY_H
#define FACEGEN_IDENTITY_H

#include "shapes.h"

#include <stdbool.h>
#include <stdint.h>

enum hair_style {
    HAIR_BALD,
    HAIR_SIDES, /* bald on top */
    HAIR_CROP,
    HAIR_SHORT,
    HAIR_QUIFF,
    HAIR_CURLY,
    HAIR_BOB,
    HAIR_LONG,
    HAIR_WAVY,
    HAIR_BUN,
    HAIR_TAIL
};

enum fringe {
    FRINGE_ROUND,
    FRINGE_STRAIGHT,
    FRINGE_LEFT,
    FRINGE_RIGHT,
    FRINGE_CURTAIN,
    FRINGE_PEAK
};

enum glasses { GLASSES_NONE, GLASSES_ROUND, GLASSES_SQUARE, GLASSES_WIDE, GLASSES_HALF };

enum beard { BEARD_NONE, BEARD_STUBBLE, BEARD_MOUSTACHE, BEARD_GOATEE, BEARD_FULL, BEARD_STRAP };

/* Lengths are in halves of a head's height: the head's centre is (0, 0), the top of the skull is at
 * y = -1 and the chin near y = 1. Angles are given as slopes. */
struct identity {
    struct rgb skin, hair, iris, lips, frame;
    double head_width, jaw_square, jaw_taper, chin, ear;

    enum hair_style hair_style;
    enum fringe fringe;
    double hairline, hair_volume, hair_length, hair_strands;

    double eye_gap, eye_width, eye_height, eye_slope, eye_level, lash;
    double brow_width, brow_thickness, brow_arch, brow_slope, brow_gap;
    double nose_length, nose_width, nose_bridge;
    double mouth_level, mouth_width, lip_upper, lip_lower;

    enum glasses glasses;
    double glasses_size;
    enum beard beard;
    double beard_volume;

    bool freckles, mole;
    double mole_x, mole_y;
    double blush, lines;
};

struct identity identity_draw(uint64_t seed, uint32_t person);

#endif
