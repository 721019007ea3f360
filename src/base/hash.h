// A fingerprint of bytes: 128 bits that two different contents share by accident once in 2^64 pairs
// or so. It finds change and damage, and guards against nobody.
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash {
    uint64_t half[2];
};

// MurmurHash3_x64_128 (Austin Appleby, public domain), begun with both halves of `before` in place
// of its seed: so several pieces make one hash. {0} begins. The same on every machine. Written into
// files: it must never change.
struct hash hash_bytes(struct hash before, const void *bytes, size_t size);

// The same of a string, with its end.
struct hash hash_text(struct hash before, const char *text);

static inline bool hash_equal(struct hash a, struct hash b)
{
    return a.half[0] == b.half[0] && a.half[1] == b.half[1];
}

#endif
