// SHA-256 (FIPS 180-4), for fingerprints that others compute as well; hash.h is faster, and ours
// alone.
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <nettle/sha2.h>
#include <stddef.h>

enum { DIGEST_TEXT_SIZE = 2 * SHA256_DIGEST_SIZE + 1 };

// Plain data: a copy goes on by itself.
struct digest {
    struct sha256_ctx state;
};

struct digest digest_begin(void);
void digest_add(struct digest *digest, const void *bytes, size_t size);

// Of what was added so far, in hexadecimal digits as sha256sum prints them.
void digest_text(const struct digest *digest, char text[DIGEST_TEXT_SIZE]);

#endif
