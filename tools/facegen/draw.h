/* Random draws by counter: the n-th draw for (seed, person, photo, purpose) is a function of those
 * numbers alone, so that more people, more photos or another purpose never change what exists. */
#ifndef FACEGEN_DRAW_H
#define FACEGEN_DRAW_H

#include <stdbool.h>
#include <stdint.h>

/* What a stream of draws decides. Identity is drawn with photo 0, nuisance with the photo's own
 * index; new purposes go to the end. */
enum purpose {
    PURPOSE_TONES,
    PURPOSE_HEAD,
    PURPOSE_HAIR,
    PURPOSE_EYES,
    PURPOSE_NOSE,
    PURPOSE_MOUTH,
    PURPOSE_GLASSES,
    PURPOSE_BEARD,
    PURPOSE_MARKS,
    PURPOSE_POSE,
    PURPOSE_LIGHT,
    PURPOSE_EXPRESSION,
    PURPOSE_BACKGROUND,
    PURPOSE_CLOTHES,
    PURPOSE_OCCLUDER,
    PURPOSE_CAMERA,
    PURPOSE_NOISE
};

struct draw {
    uint64_t key;
    uint64_t count; /* draws made so far */
};

struct draw draw_start(uint64_t seed, uint32_t person, uint32_t photo, enum purpose purpose);

/* A uniform value in [low, high). */
double draw_uniform(struct draw *draw, double low, double high);

/* A bell-shaped value (sum of three uniforms) with this mean and standard deviation; it never
 * strays more than three deviations. */
double draw_bell(struct draw *draw, double mean, double deviation);

/* An index from 0 to count - 1. */
int draw_index(struct draw *draw, int count);

/* True with this probability. */
bool draw_chance(struct draw *draw, double probability);

#endif
