/* How a photo was taken: all that changes from photo to photo and says nothing of the person. */
#ifndef FACEGEN_PHOTO_H
#define FACEGEN_PHOTO_H

#include "shapes.h"

#include <stdint.h>

enum background {
    BACKGROUND_GRADIENT,
    BACKGROUND_BLOBS,
    BACKGROUND_STRIPES,
    BACKGROUND_BOXES,
    BACKGROUND_HORIZON,
    BACKGROUND_COUNT
};

enum clothes { CLOTHES_PLAIN, CLOTHES_STRIPES, CLOTHES_COLLAR, CLOTHES_VEST, CLOTHES_COUNT };

enum occluder { OCCLUDER_NONE, OCCLUDER_MICROPHONE, OCCLUDER_SCARF, OCCLUDER_HAND, OCCLUDER_BLOCK };

enum { BLOB_COUNT = 7 };

struct blob {
    double x, y, radius, strength;
    struct rgb colour;
};

/* Picture coordinates run from -1 to 1 in both directions, y downwards. */
struct photo {
    double yaw_sin, yaw_cos, pitch_sin, pitch_cos, roll_sin, roll_cos;
    double scale, x, y; /* half a head's height, and where its centre lies */

    struct vec3 light; /* unit vector towards the light */
    struct rgb light_colour, ambient;
    double exposure, contrast;

    double smile, mouth_open, brow_raise, eye_open, gaze_x, gaze_y;

    enum background background;
    struct rgb back_a, back_b;
    double back_angle_sin, back_angle_cos, back_pitch, back_shift;
    struct blob blobs[BLOB_COUNT];

    enum clothes clothes;
    struct rgb cloth_a, cloth_b;
    double shoulder;

    enum occluder occluder;
    double occluder_x, occluder_y, occluder_lean;
    struct rgb occluder_colour;

    int blur_passes;
    double noise, quantiser; /* quantiser: step of the block transform; 0 leaves it out */
    uint64_t seed;           /* what the noise is drawn from, with the two below */
    uint32_t person, index;
};

struct photo photo_draw(uint64_t seed, uint32_t person, uint32_t index);

#endif
