// Responsible for the order in which the classes of an image are shown.
#include "cli/ranking.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    const struct ranked *left = a, *right = b;
    if (left->probability != right->probability)
        return left->probability > right->probability ? -1 : 1;
    return left->index < right->index ? -1 : 1;
}

void rank_classes(const float *probabilities, uint32_t count, struct ranked *ranking)
{
    for (uint32_t i = 0; i < count; i++)
        ranking[i] = (struct ranked){i, probabilities[i]};
    qsort(ranking, count, sizeof *ranking, compare);
}
