// Responsible for fingerprints of bytes. What is hashed, and why, is the callers' business.
#include "base/hash.h"

#include <string.h>

static const uint64_t factor[2] = {UINT64_C(0x87c37b91114253d5), UINT64_C(0x4cf5ad432745937f)};

static uint64_t rotate(uint64_t word, int bits)
{
    return word << bits | word >> (64 - bits);
}

static uint64_t finish(uint64_t word)
{
    word = (word ^ word >> 33) * UINT64_C(0xff51afd7ed558ccd);
    word = (word ^ word >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return word ^ word >> 33;
}

// Little endian, whatever the machine is; compilers make one load of it.
static uint64_t word_at(const unsigned char *bytes)
{
    uint64_t word = 0;
    for (int i = 7; i >= 0; i--)
        word = word << 8 | bytes[i];
    return word;
}

static void mix_first(uint64_t half[2], uint64_t word)
{
    half[0] ^= rotate(word * factor[0], 31) * factor[1];
}

static void mix_second(uint64_t half[2], uint64_t word)
{
    half[1] ^= rotate(word * factor[1], 33) * factor[0];
}

struct hash hash_bytes(struct hash before, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    uint64_t half[2] = {before.half[0], before.half[1]};
    size_t left = size;
    for (; left >= 16; at += 16, left -= 16) {
        mix_first(half, word_at(at));
        half[0] = (rotate(half[0], 27) + half[1]) * 5 + 0x52dce729;
        mix_second(half, word_at(at + 8));
        half[1] = (rotate(half[1], 31) + half[0]) * 5 + 0x38495ab5;
    }
    unsigned char tail[16] = {0};
    if (left > 0)
        memcpy(tail, at, left);
    mix_second(half, word_at(tail + 8));
    mix_first(half, word_at(tail));
    half[0] ^= size;
    half[1] ^= size;
    half[0] += half[1];
    half[1] += half[0];
    half[0] = finish(half[0]);
    half[1] = finish(half[1]);
    half[0] += half[1];
    return (struct hash){{half[0], half[1] + half[0]}};
}

struct hash hash_text(struct hash before, const char *text)
{
    return hash_bytes(before, text, strlen(text) + 1);
}
