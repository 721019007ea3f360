// Images that were decoded before, by any program of this user, and what came out: so that a folder
// that is read again is not decoded again. Kept in the user's cache folder.
#ifndef DATA_KNOWN_H
#define DATA_KNOWN_H

#include <vktl/dataset.h>

#include "base/hash.h"
#include "base/log.h"

struct known;

// Those that were brought to squares of `image_size` by that interpolation. NULL: the cache folder
// cannot be used; all functions take it and know nothing then.
struct known *known_open(const struct vktl_log *log, uint32_t image_size,
                         vktl_interpolation interpolation);
void known_close(struct known **known);

// The fingerprint of the square's bytes. `identity` is file_identity's.
bool known_find(struct known *known, struct hash identity, struct hash *pixels);
void known_add(struct known *known, struct hash identity, struct hash pixels);

#endif
