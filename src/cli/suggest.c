// Responsible for finding the known name that a mistyped one stands for. What the names are, and
// how the suggestion is worded, is its callers' business.
#include "cli/suggest.h"

#include <stddef.h>
#include <string.h>

// Longer words are not looked at: no option has so long a name.
enum { MAX_LETTERS = 40 };

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

// Letters to change, add, drop or swap with their neighbour: the "optimal string alignment"
// distance, over three rows of its table.
static uint32_t distance(const char *a, const char *b)
{
    const size_t a_length = strlen(a), b_length = strlen(b);
    if (a_length > MAX_LETTERS || b_length > MAX_LETTERS)
        return UINT32_MAX;
    uint32_t rows[3][MAX_LETTERS + 1];
    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = (uint32_t)j;
    for (size_t i = 1; i <= a_length; i++) {
        uint32_t *row = rows[i % 3];
        const uint32_t *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = (uint32_t)i;
        for (size_t j = 1; j <= b_length; j++) {
            row[j] = least(above[j - 1] + (a[i - 1] != b[j - 1]), least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[a_length % 3][b_length];
}

const char *suggest_nearest(const char *word, const char *(*name)(const void *user, uint32_t index),
                            const void *user)
{
    const size_t length = strlen(word);
    const char *nearest = NULL;
    uint32_t least_distance = (uint32_t)(length < 4 ? 1 : 1 + length / 4);
    for (uint32_t i = 0;; i++) {
        const char *candidate = name(user, i);
        if (!candidate)
            return nearest;
        if (!*candidate)
            continue;
        const uint32_t d = distance(word, candidate);
        if (d < least_distance || (d == least_distance && !nearest)) {
            least_distance = d;
            nearest = candidate;
        } else if (!nearest && length >= 3 && strncmp(word, candidate, length) == 0) {
            nearest = candidate;
        }
    }
}
