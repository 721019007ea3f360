// The classes of one image, most probable first.
#ifndef CLI_RANKING_H
#define CLI_RANKING_H

#include <stdint.h>

struct ranked {
    uint32_t index;
    float probability;
};

// Fills `ranking` (`count` of them): highest first; the first of equal ones before the others, as
// evaluation counts it.
void rank_classes(const float *probabilities, uint32_t count, struct ranked *ranking);

#endif
