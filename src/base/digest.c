// Responsible for SHA-256 as text; Nettle computes it.
#include "base/digest.h"

#include <stdint.h>
#include <stdio.h>

struct digest digest_begin(void)
{
    struct digest digest;
    sha256_init(&digest.state);
    return digest;
}

void digest_add(struct digest *digest, const void *bytes, size_t size)
{
    sha256_update(&digest->state, size, bytes);
}

void digest_text(const struct digest *digest, char text[DIGEST_TEXT_SIZE])
{
    struct digest last = *digest;
    uint8_t bytes[SHA256_DIGEST_SIZE];
    sha256_digest(&last.state, sizeof bytes, bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}
