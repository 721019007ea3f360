/* Counter-based random draws: the finaliser of SplitMix64 over a key and a counter. What the draws
 * mean is decided by identity.c and photo.c. */
#include "draw.h"

static const uint64_t golden = 0x9e3779b97f4a7c15U;

static uint64_t scramble(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

struct draw draw_start(uint64_t seed, uint32_t person, uint32_t photo, enum purpose purpose)
{
    uint64_t key = scramble(seed + golden);
    key = scramble(key ^ (((uint64_t)person << 32) | photo));
    key = scramble(key + golden * ((uint64_t)purpose + 1));
    return (struct draw){key, 0};
}

double draw_uniform(struct draw *draw, double low, double high)
{
    uint64_t bits = scramble(draw->key + golden * ++draw->count);
    return low + (high - low) * ((double)(bits >> 11) * 0x1p-53);
}

double draw_bell(struct draw *draw, double mean, double deviation)
{
    double sum = 0.0;
    for (int i = 0; i < 3; i++)
        sum += draw_uniform(draw, -1.0, 1.0);
    return mean + deviation * sum; /* the sum of three has variance 1 */
}

int draw_index(struct draw *draw, int count)
{
    return (int)draw_uniform(draw, 0.0, (double)count);
}

bool draw_chance(struct draw *draw, double probability)
{
    return draw_uniform(draw, 0.0, 1.0) < probability;
}
