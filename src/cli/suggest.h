// "Did you mean ...?"
#ifndef CLI_SUGGEST_H
#define CLI_SUGGEST_H

#include <stdint.h>

// The name nearest to `word` by the letters to change, add, drop or swap, or NULL where none is
// near. Names are `name(user, 0)`, `name(user, 1)`, ... up to NULL, empty ones left out; a name
// that begins with a word of three letters or more is near as well.
const char *suggest_nearest(const char *word, const char *(*name)(const void *user, uint32_t index),
                            const void *user);

#endif
